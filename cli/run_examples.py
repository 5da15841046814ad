"""`make run`: the example month through the real scheduler, then what was published and held."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cli.output import print_table, progress, result
from warehouse.errors import WarehouseError
from warehouse.month import Month
from warehouse.settings import Settings

if TYPE_CHECKING:
    from ingest.landing import Receipt

MONTH = Month(2009, 11)
LIJIANG = "530700000000"
WAIT_SECONDS = 600
ENDED = ("held", "waiting_signature", "published")


def run_examples(settings: Settings) -> None:
    """Start the stack, send the returns, wait for the scheduler, and show the outcome.

    Safe to repeat: the same bytes are known and change nothing.
    """
    from cli.stack import stack_start
    from examples.lijiang.load import send_corrected_returns, send_first_returns

    with progress.status("Starting PostgreSQL and Airflow"):
        stack_start(settings)
    wait_for(settings, "the first returns", send_first_returns(settings))
    if state_of(settings, MONTH) != "published":
        show_held_month(settings)
        show_gate(settings)
    wait_for(settings, "the corrected returns of Huaping", send_corrected_returns(settings))
    show_published_month(settings)
    show_where_to_look(settings)


def state_of(settings: Settings, month: Month) -> str:
    """Return the state of a month."""
    from warehouse.status import month_status

    return month_status(settings, month).state


def wait_for(settings: Settings, what: str, receipts: Sequence[Receipt]) -> None:
    """Wait until the scheduler has taken these files in and judged the month."""
    deadline = time.monotonic() + WAIT_SECONDS
    with progress.status("") as spinner:
        while True:
            decided, state = decided_of(settings, receipts), state_of(settings, MONTH)
            folders = (settings.inbox_dir / receipt.receipt_no for receipt in receipts)
            waiting = any(folder.exists() for folder in folders)
            if decided == len(receipts) and not waiting and state in ENDED:
                return
            spinner.update(
                f"The scheduler takes {what} through {MONTH}: "
                f"{decided} of {len(receipts)} files decided, month {state}"
            )
            if time.monotonic() > deadline:
                raise WarehouseError(
                    f"{MONTH} is still {state!r} after {WAIT_SECONDS} s.",
                    remedy=f"Look at the runs in Airflow and at {settings.log_dir}.",
                )
            time.sleep(1)


def decided_of(settings: Settings, receipts: Sequence[Receipt]) -> int:
    """Return how many of these files have been accepted or answered with findings."""
    from warehouse.database import Role, connect

    with connect(settings, Role.publisher) as connection:
        row = connection.execute(
            "select count(*) from ops.submission"
            " where state <> 'received' and receipt_no = any(%s)",
            [[receipt.receipt_no for receipt in receipts]],
        ).fetchone()
    return int(row[0]) if row else 0


def show_gate(settings: Settings) -> None:
    """Run `tmw gate` as a person would, to show that its exit code tells of the hold."""
    tmw = Path(sys.executable).with_name("tmw")
    done = subprocess.run(
        [tmw, "gate", "--month", str(MONTH)],
        env={**os.environ, "TMW_HOME": str(settings.home)},
        capture_output=True,
        text=True,
        check=False,
    )
    last = (done.stdout.strip().splitlines() or [done.stderr.strip()])[-1]
    result.print(f"$ tmw gate --month {MONTH}   -> exit {done.returncode}: {last}\n")


def show_held_month(settings: Settings) -> None:
    """Show why the first returns did not lead to a publication."""
    rejected = query(
        settings,
        """
        select s.file_name, f.check_id, f.sheet || '!' || f.cell as cell, f.value, f.expected,
            f.message_en
        from ops.submission as s
        inner join ops.finding as f using (submission_id)
        where s.state = 'rejected' and f.severity = 'error' and s.stat_month = %(month)s
        order by s.submission_id, f.finding_id
        """,
    )
    print_table("Rejected returns", ["file", "check", "cell", "value", "expected", "why"], rejected)
    held = query(
        settings,
        """
        select g.check_id, g.severity, g.message_en
        from ops.gate_result as g
        inner join ops.build as b using (build_id)
        where b.in_force and b.stat_month = %(month)s and not g.success
        order by g.check_id
        """,
    )
    print_table(f"{MONTH} is {state_of(settings, MONTH)}", ["check", "severity", "why"], held)
    rows = query(
        settings, "select count(*) from published.fund_by_source where stat_month = %(month)s"
    )
    result.print(f"Rows of {MONTH} in published.fund_by_source: {rows[0][0]}\n")


def show_published_month(settings: Settings) -> None:
    """Show the release in force and a few of its figures."""
    releases = query(
        settings,
        """
        select p.publication_id, r.release_id, m.valid_from::timestamp(0), p.row_counts
        from ops.release_month as m
        inner join ops.publication as p using (publication_id)
        inner join ops.release as r on m.release_id = r.release_id
        where m.valid_to is null
        order by m.stat_month
        """,
    )
    print_table("Published", ["publication", "release", "since", "rows of each mart"], releases)
    figures = query(
        settings,
        """
        select programme_code, fund_source_code, issued_yuan_ytd, obs_status
        from published.fund_by_source
        where stat_month = %(month)s and area_code = %(area)s and programme_code in ('01', '03')
        order by programme_code, fund_source_code
        """,
    )
    print_table(
        "Lijiang (530700000000), money issued this year by source, yuan",
        ["programme", "source", "issued_yuan_ytd", "status"],
        figures,
    )
    held = query(
        settings,
        "select stat_month, state from ops.build where in_force and state <> 'published'",
    )
    print_table("Held or waiting", ["month", "state"], held)


def show_where_to_look(settings: Settings) -> None:
    """Show the addresses; passwords stay in their files."""
    from cli.stack import stack_status
    from warehouse.database import Role, database_url

    status = stack_status(settings)
    reader = database_url(settings, Role.reader).set(drivername="postgresql", password=None)
    print_table(
        "Where to look",
        ["what", "address", "login"],
        [
            ("Airflow", status.airflow_url, f"admin, password in {status.password_file}"),
            ("Published tables", reader.render_as_string(), "tmw db url prints it with password"),
            ("A figure's cells", ".venv/bin/tmw trace", "see README"),
        ],
    )


def query(settings: Settings, sql: str) -> list[tuple[Any, ...]]:
    """Run one query of the summary as the administrator of the home."""
    from warehouse.database import Role, connect

    with connect(settings, Role.admin) as connection:
        return connection.execute(sql, {"month": MONTH.first_day, "area": LIJIANG}).fetchall()
