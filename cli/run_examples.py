"""`make run`: the example month through the real scheduler, then what was published and held."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from cli.output import print_table, progress, result
from warehouse.errors import WarehouseError
from warehouse.month import Month
from warehouse.settings import Settings

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
    already = state_of(settings, MONTH) == "published"
    send_first_returns(settings)
    if not already:
        wait_for(settings, "the first returns", lambda state: state in ENDED)
        show_held_month(settings)
    send_corrected_returns(settings)
    wait_for(settings, "the corrected returns of Huaping", lambda state: state == "published")
    show_published_month(settings)
    show_where_to_look(settings)


def state_of(settings: Settings, month: Month) -> str:
    """Return the state of a month, `none` before its first return."""
    from warehouse.ledger import month_states

    states = month_states(settings, month)
    return str(states[0]["state"]) if states else "none"


def wait_for(settings: Settings, what: str, done: Callable[[str], bool]) -> None:
    """Wait until the scheduler has brought the month to such a state; no command is given."""
    deadline = time.monotonic() + WAIT_SECONDS
    with progress.status("") as spinner:
        while True:
            state = state_of(settings, MONTH)
            if done(state):
                return
            spinner.update(f"The scheduler takes {what} through {MONTH} (now: {state})")
            if time.monotonic() > deadline:
                raise WarehouseError(
                    f"{MONTH} is still {state!r} after {WAIT_SECONDS} s.",
                    remedy=f"Look at the runs in Airflow and at {settings.log_dir}.",
                )
            time.sleep(1)


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
        where b.in_force and b.stat_month = %(month)s and not g.success and not g.explained
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
