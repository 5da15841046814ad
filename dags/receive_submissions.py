"""Takes in what lies in the inbox and announces each month that has to be built again."""

from __future__ import annotations

import logging
from typing import Any

from airflow.sdk import DAG, Asset, AssetWatcher, task
from airflow.sdk.exceptions import AirflowSkipException
from dag_settings import DAG_SETTINGS, returns_arrived
from inbox_trigger import InboxTrigger

inbox = Asset(
    "inbox",
    uri="tmw-inbox://files",
    watchers=[AssetWatcher(name="inbox", trigger=InboxTrigger())],
)
log = logging.getLogger(__name__)

with DAG(
    "receive_submissions",
    description="Files from the inbox into the warehouse, and months that a decision reopened",
    schedule=[inbox],
    doc_md=__doc__,
    **DAG_SETTINGS,
):

    @task(outlets=[returns_arrived])
    def receive(*, outlet_events: Any) -> list[str]:
        """Take the whole inbox in as one batch; findings are no failure."""
        from ingest.receive import receive_inbox
        from warehouse.reopened import stale_months
        from warehouse.settings import load_settings

        settings = load_settings()
        batch = receive_inbox(settings)
        for sentence in batch.not_taken:
            log.error("%s", sentence)
        log.info("%s files, %s findings", len(batch.submissions), len(batch.findings))
        # Also the months of a batch whose run was killed before it could announce them.
        months = sorted({str(month) for month in [*batch.months, *stale_months(settings)]})
        if not months:
            raise AirflowSkipException("No month has changed.")
        outlet_events[returns_arrived].add_partitions(months)
        return months

    receive()
