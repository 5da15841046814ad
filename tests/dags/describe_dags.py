"""Run by test_dags.py in a fresh interpreter: parses the DAGs and prints what they are, as JSON."""

import json
import sys
from pathlib import Path
from typing import Any

import pendulum
from airflow.dag_processing.dagbag import BundleDagBag
from airflow.sdk import CronPartitionTimetable
from airflow.serialization.encoders import coerce_to_core_timetable
from airflow.timetables.base import DagRunInfo, TimeRestriction


def describe(dag: Any) -> dict[str, Any]:
    """Return what the tests ask about one DAG."""
    description = {
        "timetable": type(dag.timetable).__name__,
        "schedule": str(dag.timetable),
        "max_active_runs": dag.max_active_runs,
        "catchup": dag.catchup,
        "tasks": {
            task.task_id: {
                "retries": task.retries,
                "downstream": sorted(task.downstream_task_ids),
                "outlets": [outlet.name for outlet in task.outlets],
                "is_mapped": task.is_mapped,
                "operator": type(task).__name__,
            }
            for task in dag.tasks
        },
    }
    if isinstance(dag.timetable, CronPartitionTimetable):
        description |= describe_calendar(dag)
    return description


def describe_calendar(dag: Any) -> dict[str, Any]:
    """Return what the calendar of a DAG with a partition cron leads to."""
    timetable = coerce_to_core_timetable(dag.timetable)
    last = DagRunInfo(
        run_after=pendulum.datetime(2026, 11, 13, 1, tz="Asia/Shanghai"),
        data_interval=None,
        partition_date=None,
        partition_key=None,
    )
    close = timetable.next_dagrun_info_v2(
        last_dagrun_info=last, restriction=TimeRestriction(None, None, catchup=True)
    )
    november = timetable.iter_partition_dagrun_infos(
        earliest=pendulum.datetime(2009, 11, 1), latest=pendulum.datetime(2009, 11, 30)
    )
    return {
        "next_close": {
            "run_after": close.run_after.in_timezone("Asia/Shanghai").isoformat(),
            "partition_key": close.partition_key,
        },
        "backfill": [run.partition_key for run in november],
    }


folder = Path(sys.argv[1])
bag = BundleDagBag(dag_folder=folder, bundle_path=folder, bundle_name="tests")
parsed = {
    "folder_files": sorted(path.name for path in folder.glob("*.py")),
    "errors": bag.import_errors,
    "dags": {dag_id: describe(dag) for dag_id, dag in bag.dags.items()},
    "modules": sorted({name.partition(".")[0] for name in sys.modules}),
}
Path(sys.argv[2]).write_text(json.dumps(parsed), encoding="utf-8")
