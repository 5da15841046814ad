"""What is done with one reporting month: build, gate, then publish, or say why it is not.

Published months that show this one's figures are built, gated and published together with it, in
one release: all or none. The tasks call the functions behind the `tmw` commands, in the process
of the task, so ending a task ends its work at once; they pass months and ids.
"""

from __future__ import annotations

import logging
from typing import Any

from airflow.sdk import get_current_context, task
from airflow.sdk.exceptions import AirflowSkipException
from dag_settings import returns_arrived, signature_due

from warehouse.month import Month
from warehouse.settings import load_settings

log = logging.getLogger(__name__)


def month_graph() -> None:
    """Add the tasks of a month to the DAG in whose context this is called."""
    months = build()
    outcomes = [publish(months), request_signature(months), report_hold(months)]
    gate(months) >> outcomes >> announce_later_months()


@task
def build() -> list[str]:
    """Build the run's month, then the published months that show it; return all of them."""
    from cli.revision import build_group

    return [str(month) for month in build_group(load_settings(), run_month(), log.info)]


@task.branch
def gate(months: list[str]) -> str:
    """Ask whether the candidates may be published; a held month is no failure."""
    from cli.revision import gate_group

    verdicts = gate_group(load_settings(), of(months))
    for verdict in verdicts:
        log.info("Build %s of %s is %s", verdict.build_id, verdict.month, verdict.state)
        for result in (result for result in verdict.failed if not result.explained):
            log.warning("%s %s: %s", result.check_id, result.severity, result.message_en)
    states = {verdict.state for verdict in verdicts}
    if states & {"held", "open"}:
        return "report_hold"
    return "request_signature" if "waiting_signature" in states else "publish"


@task
def publish(months: list[str]) -> None:
    """Publish the months in one release; the same figures again make none."""
    from warehouse.errors import MonthHeldError, NotGatedError
    from warehouse.releases import publish as publish_months

    try:
        log.info("Published: %s", publish_months(load_settings(), of(months)))
    except (NotGatedError, MonthHeldError) as error:  # built by hand since the gate: that counts
        raise AirflowSkipException(f"Nothing is published any more: {error}") from None


@task(outlets=[signature_due])
def request_signature(months: list[str], *, outlet_events: Any) -> int:
    """Ask for a signature; a run of `monthly_signature` shows the form and waits for it."""
    from warehouse.signature_requests import open_request

    request_id = open_request(load_settings(), of(months))
    if request_id is None:  # signed or built again meanwhile
        raise AirflowSkipException(f"{', '.join(months)}: nothing to be signed any more.")
    log.warning("Request %s: %s wait for a signature", request_id, ", ".join(months))
    outlet_events[signature_due].add_partitions([months[0]])
    return request_id


@task
def report_hold(months: list[str]) -> None:
    """Say in the log which months keep the others waiting, and for which returns."""
    from cli.revision import what_holds

    for sentence in what_holds(load_settings(), of(months)):
        log.warning("%s", sentence)


@task(outlets=[returns_arrived], trigger_rule="none_failed")
def announce_later_months(*, outlet_events: Any) -> list[str]:
    """Announce the later months that show this one beside their own and no longer fit it."""
    from warehouse.reopened import stale_months

    stale = stale_months(load_settings(), built=True)  # of others the receipt told, or a backfill
    months = [str(month) for month in stale if month > run_month()]
    if not months:  # without a key the event would be of this month, and the run without an end
        raise AirflowSkipException("No later month depends on this one.")
    outlet_events[returns_arrived].add_partitions(months)
    return months


def run_month() -> Month:
    """Return the month of this run, its partition key."""
    key = get_current_context()["dag_run"].partition_key
    if not key:
        raise ValueError("This run has no month. Start it with a partition key such as 2009-11.")
    return of([key])[0]


def of(months: list[str]) -> list[Month]:
    """Return months by their names."""
    return [Month.parse(month) for month in months]
