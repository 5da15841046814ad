"""The DAGs as Airflow reads them: which they are, what starts them, what they import."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from cli.airflow_config import DAG_IDS

DAGS_FOLDER = Path(__file__).resolve().parents[2] / "dags"
MONTH_TASKS = {
    "build", "gate", "publish", "request_signature", "report_hold", "announce_later_months",
}  # fmt: skip
MONTH_DAGS = ("monthly_monitoring", "monthly_revision")
TOO_HEAVY = {"great_expectations", "pandas", "dbt", "numpy", "openpyxl", "python_calamine"}


def parse(folder: Path, home: Path) -> dict[str, Any]:
    """Parse a folder of DAGs in an interpreter of its own, as the dag-processor would."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("AIRFLOW", "TMW_"))}
    environment |= {
        "AIRFLOW_HOME": str(home),
        "TMW_HOME": str(home / "tmw"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(folder / "plugins"),
    }
    result = home / "parsed.json"
    script = Path(__file__).with_name("describe_dags.py")
    done = subprocess.run(
        [sys.executable, "-P", str(script), str(folder), str(result)],
        env=environment,
        cwd=home,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    parsed: dict[str, Any] = json.loads(result.read_text(encoding="utf-8"))
    return parsed


@pytest.fixture(scope="module")
def parsed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    assert DAGS_FOLDER.is_absolute()
    assert DAGS_FOLDER.is_dir()
    return parse(DAGS_FOLDER, tmp_path_factory.mktemp("airflow"))


def test_exactly_these_dags(parsed: dict[str, Any]) -> None:
    assert parsed["errors"] == {}
    assert set(parsed["dags"]) == {
        "keep_house", "receive_submissions", "monthly_monitoring", "monthly_revision",
        "monthly_signature",
    }  # fmt: skip
    assert tuple(sorted(parsed["dags"])) == DAG_IDS


def test_nothing_heavy_is_imported_at_parse_time(parsed: dict[str, Any]) -> None:
    modules = set(parsed["modules"])
    assert "airflow" in modules, "the list of modules is not to be believed"
    assert not modules & TOO_HEAVY


def test_a_heavy_import_would_be_noticed(tmp_path: Path) -> None:
    folder = tmp_path / "dags"
    folder.mkdir()
    (folder / "heavy.py").write_text(
        "import pandas\nfrom airflow.sdk import DAG\nwith DAG('heavy'):\n    pass\n"
    )
    found = parse(folder, tmp_path)
    assert set(found["dags"]) == {"heavy"}
    assert "pandas" in found["modules"]


def test_one_run_at_a_time_and_no_catching_up(parsed: dict[str, Any]) -> None:
    for dag_id, dag in parsed["dags"].items():
        assert (dag["max_active_runs"] == 1) is (dag_id != "monthly_signature"), dag_id
        assert dag["catchup"] is False, dag_id


def test_each_task_is_tried_again(parsed: dict[str, Any]) -> None:
    for dag_id, dag in parsed["dags"].items():
        assert dag["tasks"], dag_id
        for task_id, task in dag["tasks"].items():
            assert task["retries"] >= 2, f"{dag_id}.{task_id}"


def test_months_run_through_the_same_tasks(parsed: dict[str, Any]) -> None:
    monitoring, revision = (parsed["dags"][dag_id]["tasks"] for dag_id in MONTH_DAGS)
    assert monitoring == revision
    assert set(revision) == MONTH_TASKS
    assert revision["build"]["downstream"] == [
        "gate", "publish", "report_hold", "request_signature",
    ]  # fmt: skip
    assert revision["gate"]["downstream"] == ["publish", "report_hold", "request_signature"]
    assert "Branch" in revision["gate"]["operator"]
    for outcome in ("publish", "report_hold", "request_signature"):
        assert revision[outcome]["downstream"] == ["announce_later_months"]


def test_a_signature_is_asked_for_in_a_run_of_its_own(parsed: dict[str, Any]) -> None:
    signature = parsed["dags"]["monthly_signature"]
    assert signature["timetable"] == "PartitionedAssetTimetable"
    assert "signature_due" in signature["schedule"]
    assert parsed["dags"]["monthly_revision"]["tasks"]["request_signature"]["outlets"] == [
        "signature_due"
    ]
    assert signature["tasks"]["ask"]["operator"] == "SignatureForm"
    assert signature["tasks"]["ask"]["downstream"] == ["approved"]
    assert signature["tasks"]["approved"]["downstream"] == ["act_on_answer"]
    assert signature["tasks"]["ask_again"]["outlets"] == ["signature_due"]


def test_what_starts_each_dag(parsed: dict[str, Any]) -> None:
    dags = parsed["dags"]
    assert dags["monthly_monitoring"]["timetable"] == "CronPartitionTimetable"
    assert dags["monthly_revision"]["timetable"] == "PartitionedAssetTimetable"
    assert "returns_arrived" in dags["monthly_revision"]["schedule"]
    assert "InboxTrigger" in dags["receive_submissions"]["schedule"]
    assert dags["receive_submissions"]["tasks"]["receive"]["outlets"] == ["returns_arrived"]


def test_calendar_close_is_of_the_month_before(parsed: dict[str, Any]) -> None:
    """Seen from 2026-11-14 the next close is on the 13th of December and builds November."""
    close = parsed["dags"]["monthly_monitoring"]["next_close"]
    assert close == {"run_after": "2026-12-13T01:00:00+08:00", "partition_key": "2026-11"}


def test_a_backfill_of_november_is_one_run_of_november(parsed: dict[str, Any]) -> None:
    assert parsed["dags"]["monthly_monitoring"]["backfill"] == ["2009-11"]


def test_no_dag_file_names_a_module_of_a_library(parsed: dict[str, Any]) -> None:
    """`dags` is no package: its modules stand on the import path beside every library."""
    ours = {name.removesuffix(".py") for name in parsed["folder_files"]}
    installed = {path.name for path in Path(sys.prefix).glob("lib/python*/site-packages/*")}
    assert ours
    assert not ours & (installed | {name.removesuffix(".py") for name in installed})
