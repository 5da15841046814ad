"""The calendar close: builds the month before once the last deadline (day 12) has passed.

It also finds the months in which nothing arrived at all. `airflow backfill` and runs by hand
(REST, with a `partition_key` such as `2009-11`) use this DAG.
"""

from __future__ import annotations

from airflow.sdk import DAG, CronPartitionTimetable
from dag_settings import DAG_SETTINGS
from month_graph import month_graph

with DAG(
    "monthly_monitoring",
    description="The month before, on the 13th",
    schedule=CronPartitionTimetable(
        "0 1 13 * *", timezone="Asia/Shanghai", run_offset=-1, key_format="%Y-%m"
    ),
    doc_md=__doc__,
    **DAG_SETTINGS,
):
    month_graph()
