"""A backfill through Airflow's REST API, and what it has to end in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from expectations.gate import gate_month
from warehouse.builds import build_month
from warehouse.contracts import mart_contracts
from warehouse.database import Role, connect
from warehouse.month import Month
from warehouse.releases import publish
from warehouse.settings import Settings
from warehouse.status import month_status

if TYPE_CHECKING:
    from tests.integration.stack.conftest import Stack

DAG_ID = "monthly_monitoring"
OTHERS = ("receive_submissions", "monthly_revision")


@contextmanager
def others_paused(stack: Stack) -> Iterator[None]:
    """Let nothing but the backfill work meanwhile."""

    def pause(paused: bool) -> None:
        for dag_id in OTHERS:
            stack.api.send("PATCH", f"/api/v2/dags/{dag_id}", {"is_paused": paused})

    pause(True)
    try:
        yield
    finally:
        pause(False)


def backfill(stack: Stack, first: Month, last: Month, seconds: float) -> None:
    """Create a backfill of these months, one run at a time, and wait for its end."""
    made = stack.api.send(
        "POST",
        "/api/v2/backfills",
        {
            "dag_id": DAG_ID,
            "from_date": f"{first.first_day}T00:00:00Z",
            "to_date": f"{last.last_day}T00:00:00Z",
            "max_active_runs": 1,
        },
    )
    path = f"/api/v2/backfills/{made['id']}"
    stack.wait_for(
        "the end of the backfill",
        lambda: stack.api.send("GET", path)["completed_at"] is not None or None,
        seconds,
    )


def run_in_order(settings: Settings, months: list[Month], signer: str | None = None) -> None:
    """Do what the runs of a DAG do, month by month, by calls of functions.

    A month that waits for a signature is signed where a signer is named, else left waiting.
    """
    for month in months:
        build_month(settings, month)
        verdict = gate_month(settings, month)
        if verdict.state == "ready":
            publish(settings, [month])
        elif signer is not None:
            sign_waiting(settings, [month], signer)


def sign_waiting(settings: Settings, months: list[Month], signer: str) -> None:
    """Publish the months that wait for a signature, one after the other, as `tmw publish` does."""
    for month in months:
        if month_status(settings, month).state == "waiting_signature":
            publish(settings, [month], signed_by=signer, reason="核实无误 verified")


def published_rows(settings: Settings, months: list[Month]) -> dict[str, list[Any]]:
    """Return every published row of these months, the ids of publication and release left out."""
    found = {}
    with connect(settings, Role.reader) as connection:
        for mart in mart_contracts(settings):
            rows = connection.execute(
                f"select to_jsonb(shown) - 'publication_id' - 'release_id'"
                f" from published.{mart.subject} as shown"
                " where stat_month = any(%s)".encode(),
                [[month.first_day for month in months]],
            ).fetchall()
            found[mart.subject] = sorted((row[0] for row in rows), key=repr)
    return found
