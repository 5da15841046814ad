"""What readers are told beside the figures: plan, explanations, reasons; every column described."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from warehouse.database import Role, connect
from warehouse.errors import UsageError
from warehouse.published_views import ledger_views
from warehouse.release_calendar import MONTHS_TO_COME, release_calendar
from warehouse.release_plan import import_planned_releases
from warehouse.releases import publish
from warehouse.settings import Settings

EXPLAINED = "select count(*), max(reason), max(explained_by) from published.explanations"


def test_every_column_of_the_ledgers_views_is_described(warehouse_home: Settings) -> None:
    with connect(warehouse_home, Role.reader) as connection:
        for view in ledger_views(timezone="UTC"):
            cursor = connection.execute(f"select * from published.{view.name}".encode())
            assert {column.name for column in cursor.description or ()} == set(view.comments), view


def test_the_calendar_has_plan_and_release_and_the_months_to_come(press: Any) -> None:
    first, *coming = release_calendar(press.settings)
    assert str(first["stat_month"]) == "2009-11-01"
    assert str(first["planned_on"]) == "2009-12-15"
    assert first["publications"] == 1
    assert first["days_late"] > 0
    assert MONTHS_TO_COME <= len(coming) <= MONTHS_TO_COME + 2
    assert all(month["publication_id"] is None for month in coming)


def test_a_rest_day_moves_the_plan_and_a_person_may_decide_otherwise(
    warehouse_home: Settings, tmp_path: Path
) -> None:
    def planned() -> list[tuple[str, str | None]]:
        with connect(warehouse_home, Role.publisher) as connection:
            return connection.execute(
                "select to_char(planned_on, 'YYYY-MM-DD'), plan_owner"
                " from published.release_calendar where stat_month = '2010-01-01'"
            ).fetchall()

    with connect(warehouse_home, Role.publisher) as connection:
        by_rule = connection.execute(
            "select to_char(planned_on, 'YYYY-MM-DD') from ops.release_plan"
            " where stat_month = '2010-01-01'"
        ).fetchone()
    assert by_rule == ("2010-02-20",)  # the 15th lies in the Spring Festival; the 20th was worked
    path = tmp_path / "calendar.csv"
    head = "stat_month,planned_on,reason,owner\n"
    path.write_text(f"{head}2010-01,2010-02-25,年报合并,木志强\n", encoding="utf-8")
    for _ in range(2):
        assert import_planned_releases(warehouse_home, path) == 1
    assert planned() == [("2010-02-25", "木志强")]
    for wrong in ("2010-01,2010-01-20,早,甲", "2010-01,,早,甲", "2010-01,2010-02-26,,甲", "x,,,"):
        path.write_text(f"{head}2010-02,2010-03-30,晚,甲\n{wrong}\n", encoding="utf-8")
        with pytest.raises(UsageError, match="line 3"):
            import_planned_releases(warehouse_home, path)
    with connect(warehouse_home, Role.publisher) as connection:
        assert connection.execute("select count(*) from ops.planned_release").fetchone() == (1,)


def test_explanations_stay_as_they_were_at_publication(press: Any) -> None:
    before = press.read(EXPLAINED)
    assert before[0][0] > 0
    shown = press.read("select explanations_count, explanations from published.release")[0]
    assert shown[0] == before[0][0]
    assert {e["check_id"] for e in shown[1]} >= {"G5", "IN-not-collected"}
    assert all(e["reason"] and e["by"] for e in shown[1])
    with connect(press.settings, Role.admin) as connection:
        personal = connection.execute(
            "select count(*) filter (where finding.state = 'explained'),"
            " count(explanation.finding_id) from ops.finding as finding"
            " left join released.explanation as explanation using (finding_id)"
            " where finding.column_name in ('responsible_person', 'keeper')"
        ).fetchone()
        connection.execute("update ops.waiver set reason = 'later', owner = 'another'")
        connection.execute("update ops.finding set reason = 'later' where state = 'explained'")
    assert personal is not None and personal[0] > 0
    assert personal[1] == 0
    assert press.read(EXPLAINED) == before


def test_the_reason_names_the_return_that_was_corrected(press: Any, songping_revised: Any) -> None:
    from expectations.gate import gate_month
    from ingest.landing import submit_file
    from ingest.receive import receive_inbox
    from warehouse.builds import build_month
    from warehouse.month import Month

    month = Month(2009, 11)
    submit_file(press.settings, songping_revised(press.settings))
    receive_inbox(press.settings)
    build_month(press.settings, month)
    assert gate_month(press.settings, month).state == "ready"
    publish(press.settings, [month])
    reason, returns = press.read("select revision_reason, returns_changed from published.release")[
        0
    ]
    assert reason == (
        "更正 FP-02 松坪傈僳族彝族乡530722208000 v0 → v1 / corrected FP-02 530722208000 v0 → v1"
    )
    assert [(r["change"], r["earlier_version"], r["later_version"]) for r in returns] == [
        ("corrected", 0, 1)
    ]
    assert press.read("select distinct kind from published.revisions") != []
