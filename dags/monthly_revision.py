"""Builds a month again as soon as a return of it has been taken in, late ones included."""

from __future__ import annotations

from airflow.sdk import DAG, PartitionedAssetTimetable
from dag_settings import DAG_SETTINGS, returns_arrived
from month_graph import month_graph

with DAG(
    "monthly_revision",
    description="A month, whenever returns of it arrive",
    schedule=PartitionedAssetTimetable(assets=returns_arrived),
    doc_md=__doc__,
    **DAG_SETTINGS,
):
    month_graph()
