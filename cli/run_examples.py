"""`make run`: the example months through the real scheduler, then what was published and held."""

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

NOVEMBER, JUNE = Month(2009, 11), Month(2012, 6)
LIJIANG_CITY, MALIPO_COUNTY = "530700000000", "532624000000"
WAIT_SECONDS = 600
ENDED = ("held", "waiting_signature", "published")


def run_examples(settings: Settings) -> None:
    """Start the stack, send the returns, wait for the scheduler, and show the outcome.

    Safe to repeat: the same bytes are known and change nothing.
    """
    from cli.stack import stack_start
    from examples.load import send_corrected_returns, send_first_returns
    from examples.returns import LIJIANG, MALIPO

    with progress.status("Starting PostgreSQL and Airflow"):
        stack_start(settings)
    first = [
        *send_first_returns(settings, LIJIANG),
        *send_first_returns(settings, MALIPO),
    ]
    wait_for(settings, "the first returns", first, (NOVEMBER, JUNE))
    if state_of(settings, NOVEMBER) != "published":
        show_held_month(settings, NOVEMBER)
        show_gate(settings, NOVEMBER)
    corrected = send_corrected_returns(settings, LIJIANG)
    wait_for(settings, "the corrected returns of Huaping", corrected, (NOVEMBER,))
    show_published_months(settings)
    show_where_to_look(settings)


def state_of(settings: Settings, month: Month) -> str:
    """Return the state of a month."""
    from warehouse.status import month_status

    return month_status(settings, month).state


def wait_for(
    settings: Settings, what: str, receipts: Sequence[Receipt], months: Sequence[Month]
) -> None:
    """Wait until the scheduler has taken these files in and judged the months they belong to."""
    deadline = time.monotonic() + WAIT_SECONDS
    with progress.status("") as spinner:
        while True:
            decided = decided_of(settings, receipts)
            states = {month: state_of(settings, month) for month in months}
            folders = (settings.inbox_dir / receipt.receipt_no for receipt in receipts)
            waiting = any(folder.exists() for folder in folders)
            ended = all(state in ENDED for state in states.values())
            if decided == len(receipts) and not waiting and ended:
                return
            stand = ", ".join(f"{month} {state}" for month, state in states.items())
            spinner.update(
                f"The scheduler takes {what}: {decided} of {len(receipts)} files decided; {stand}"
            )
            if time.monotonic() > deadline:
                raise WarehouseError(
                    f"Not done after {WAIT_SECONDS} s: {stand}.",
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


def show_gate(settings: Settings, month: Month) -> None:
    """Run `tmw gate` as a person would, to show that its exit code tells of the hold."""
    tmw = Path(sys.executable).with_name("tmw")
    done = subprocess.run(
        [tmw, "gate", "--month", str(month)],
        env={**os.environ, "TMW_HOME": str(settings.home)},
        capture_output=True,
        text=True,
        check=False,
    )
    last = (done.stdout.strip().splitlines() or [done.stderr.strip()])[-1]
    result.print(f"$ tmw gate --month {month}   -> exit {done.returncode}: {last}\n")


def show_held_month(settings: Settings, month: Month) -> None:
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
        month=month.first_day,
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
        month=month.first_day,
    )
    print_table(f"{month} is {state_of(settings, month)}", ["check", "severity", "why"], held)
    rows = query(
        settings,
        "select count(*) from published.fund_by_source where stat_month = %(month)s",
        month=month.first_day,
    )
    result.print(f"Rows of {month} in published.fund_by_source: {rows[0][0]}\n")


def show_published_months(settings: Settings) -> None:
    """Show the releases in force, a few of their figures, and what is not published."""
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
    show_funds(settings, "Lijiang (530700000000)", NOVEMBER, LIJIANG_CITY, ("01", "03"))
    show_funds(settings, "Malipo (532624000000)", JUNE, MALIPO_COUNTY, ("00",))
    show_projects(settings)
    held = query(
        settings,
        """
        select b.stat_month, b.state, string_agg(g.message_en, '; ' order by g.check_id)
        from ops.build as b
        left join ops.gate_result as g on b.build_id = g.build_id and not g.success
        where b.in_force and b.state <> 'published'
        group by b.stat_month, b.state
        order by b.stat_month
        """,
    )
    print_table("Held or waiting", ["month", "state", "why"], held)


def show_funds(
    settings: Settings, name: str, month: Month, area: str, programmes: Sequence[str]
) -> None:
    """Show what one area was given in the year, by source."""
    figures = query(
        settings,
        """
        select programme_code, fund_source_code, issued_yuan_ytd, obs_status
        from published.fund_by_source
        where
            stat_month = %(month)s
            and area_code = %(area)s
            and programme_code = any(%(programmes)s)
        order by programme_code, fund_source_code
        """,
        month=month.first_day,
        area=area,
        programmes=list(programmes),
    )
    print_table(
        f"{name}, {month}, money issued this year by source, yuan",
        ["programme", "source", "issued_yuan_ytd", "status"],
        figures,
    )


def show_projects(settings: Settings) -> None:
    """Show how many projects are listed for the two areas, singly and as lines of several."""
    projects = query(
        settings,
        """
        select
            to_char(stat_month, 'YYYY-MM'), area_name_zh,
            count(*) filter (where row_kind = '1'), count(*) filter (where row_kind = '2')
        from published.project_status
        where
            (stat_month, area_code) in (
                (%(november)s, %(city)s), (%(june)s, %(county)s)
            )
        group by stat_month, area_name_zh
        order by stat_month
        """,
        november=NOVEMBER.first_day,
        city=LIJIANG_CITY,
        june=JUNE.first_day,
        county=MALIPO_COUNTY,
    )
    print_table("Projects", ["month", "area", "listed singly", "lines of projects"], projects)


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


def query(settings: Settings, sql: str, **values: Any) -> list[tuple[Any, ...]]:
    """Run one query of the summary as the administrator of the home."""
    from warehouse.database import Role, connect

    with connect(settings, Role.admin) as connection:
        return connection.execute(sql, values or None).fetchall()
