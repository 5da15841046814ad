"""What the DAGs share: how they run, and the events by which one starts another."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import Asset

returns_arrived = Asset("returns_arrived", uri="tmw-ledger://returns")
signature_due = Asset("signature_due", uri="tmw-ledger://signatures")

DAG_SETTINGS: dict[str, Any] = {
    "catchup": False,
    "max_active_runs": 1,
    "tags": ["tmw"],
    "default_args": {"retries": 3, "retry_delay": timedelta(seconds=15)},
}
