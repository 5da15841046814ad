"""What is done with one reporting month: build, gate, then publish or say why it is held.

The tasks call the functions behind the `tmw` commands, in the process of the task: no second
interpreter stands between Airflow and the work, so ending a task ends its work at once.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

from airflow.sdk import Asset, get_current_context, task
from airflow.sdk.exceptions import AirflowSkipException

returns_arrived = Asset("returns_arrived", uri="tmw-ledger://returns")

DAG_SETTINGS: dict[str, Any] = {
    "catchup": False,
    "max_active_runs": 1,
    "tags": ["tmw"],
    "default_args": {"retries": 3, "retry_delay": timedelta(seconds=15)},
}
log = logging.getLogger(__name__)


def month_graph() -> None:
    """Add the tasks of a month to the DAG in whose context this is called."""
    gate(build()) >> [publish(), report_hold()] >> announce_later_months()


@task
def build() -> int:
    """Build the candidate of the run's month; return the build's id."""
    from warehouse.builds import build_month
    from warehouse.settings import load_settings

    built = build_month(load_settings(), run_month())
    log.info("Build %s of %s is %s", built.build_id, built.stat_month, built.state)
    return built.build_id


@task.branch
def gate(build_id: int) -> str:
    """Ask whether the candidate may be published; a held month is no failure."""
    from expectations.gate import gate_month
    from warehouse.settings import load_settings

    verdict = gate_month(load_settings(), run_month())
    log.info("Build %s (asked for %s) is %s", verdict.build_id, build_id, verdict.state)
    for result in verdict.results:
        if not result.success and not result.explained:
            log.warning("%s %s: %s", result.check_id, result.severity, result.message_en)
    return "publish" if verdict.state in ("ready", "published") else "report_hold"


@task
def publish() -> str:
    """Publish the month; the same figures again make no new release."""
    from warehouse.releases import publish as publish_months
    from warehouse.settings import load_settings

    released = publish_months(load_settings(), [run_month()])
    log.info("Published: %s", released)
    return str(run_month())


@task
def report_hold() -> str:
    """Say in the log that the month waits, and for which returns."""
    from warehouse.settings import load_settings
    from warehouse.status import month_status

    status = month_status(load_settings(), run_month())
    log.warning("%s is %s; readers see %s", run_month(), status.state, status.publication_id)
    for due in status.returns:
        if due.owed and not due.state.startswith("accepted"):
            log.warning("%s %s is %s", due.form_code, due.area_code, due.state)
    return str(run_month())


@task(outlets=[returns_arrived], trigger_rule="none_failed")
def announce_later_months(*, outlet_events: Any) -> list[str]:
    """Announce the later months that show this one beside their own and no longer fit it."""
    from warehouse.builds import stale_months
    from warehouse.settings import load_settings

    months = [str(month) for month in stale_months(load_settings()) if month > run_month()]
    if not months:  # without a key the event would be of this month, and the run without an end
        raise AirflowSkipException("No later month depends on this one.")
    outlet_events[returns_arrived].add_partitions(months)
    return months


def run_month() -> Any:
    """Return the month of this run, its partition key."""
    from warehouse.month import Month

    key = get_current_context()["dag_run"].partition_key
    if not key:
        raise ValueError("This run has no month. Start it with a partition key such as 2009-11.")
    return Month.parse(key)
