"""What the gate says of a real month in planted situations."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime
from typing import Any

import pytest

from expectations.gate import gate_month
from expectations.model import GateResult, GateVerdict
from warehouse.builds import build_month
from warehouse.database import Role, connect
from warehouse.errors import GateError, ServerError
from warehouse.month import Month
from warehouse.settings import Settings

MONTH = Month(2009, 11)
LATE = datetime(2026, 11, 22, tzinfo=UTC)
BEFORE_THE_DEADLINE = datetime(2009, 12, 2, tzinfo=UTC)


def run(settings: Settings, statement: str, *values: object) -> list[tuple[Any, ...]]:
    with connect(settings, Role.admin) as connection:
        cursor = connection.execute(statement, values)
        return cursor.fetchall() if cursor.description else []


def result_of(verdict: GateVerdict, check_id: str) -> GateResult:
    return next(result for result in verdict.results if result.check_id == check_id)


def unexplain(settings: Settings, check_id: str) -> None:
    changed = run(
        settings,
        "update ops.finding set state = 'open', reason = null, waiver_id = null"
        " where check_id = %s and state = 'explained' returning 1",
        check_id,
    )
    assert changed, f"the example has no explained {check_id}"


def owe(settings: Settings) -> None:
    """Let Songping, which files FP-02 alone, owe FP-08 too, and build the month."""
    run(
        settings,
        "insert into ops.assignment (area_code, form_code, valid_from)"
        " values ('530722208000', 'FP-08', '2009-11-01')",
    )
    build_month(settings, MONTH)


def test_the_complete_and_explained_month_is_ready(example: Settings) -> None:
    verdict = gate_month(example, MONTH, now=LATE)
    assert [r.check_id for r in verdict.results if not r.success and r.severity != "info"] == []
    assert verdict.state == "ready"
    assert result_of(verdict, "G-control_total-01").explained
    assert run(example, "select state from ops.build where in_force") == [("ready",)]


def test_a_missing_return_holds_the_month_unless_it_is_early_or_excused(
    example: Settings,
) -> None:
    owe(example)
    verdict = gate_month(example, MONTH, now=LATE)
    assert verdict.state == "held"
    missing = result_of(verdict, "G-reporting-01")
    assert missing.severity == "critical"
    assert [(k["area_code"], k["form_code"]) for k in missing.unexpected] == [
        ("530722208000", "FP-08")
    ]
    assert "530722208000" in missing.message_zh
    assert "FP-08" in missing.message_en

    assert gate_month(example, MONTH, now=BEFORE_THE_DEADLINE).state == "open"

    run(
        example,
        "insert into ops.excuse (area_code, form_code, stat_month, reason, owner)"
        " values ('530722208000', 'FP-08', '2009-11-01', '地震 earthquake', 'Lijiang office')",
    )
    build_month(example, MONTH)
    verdict = gate_month(example, MONTH, now=LATE)
    assert verdict.state == "ready"
    assert result_of(verdict, "G-reporting-01").explained


def test_an_unexplained_warning_waits_for_a_signature(example: Settings) -> None:
    unexplain(example, "X7")
    verdict = gate_month(example, MONTH, now=LATE)
    assert verdict.state == "waiting_signature"
    warning = result_of(verdict, "G-fund_by_source-02")
    assert not warning.success
    assert {key["check_id"] for key in warning.unexpected} == {"X7"}


def test_only_a_signature_of_this_candidate_ends_the_wait(example: Settings) -> None:
    unexplain(example, "X7")
    verdict = gate_month(example, MONTH, now=LATE)
    signature = (
        "insert into ops.signature (build_id, candidate_hash, signed_by, reason)"
        " values (%s, %s, 'He', 'as in the document')"
    )
    run(example, signature, verdict.build_id, verdict.candidate_hash)
    assert gate_month(example, MONTH, now=LATE).state == "ready"
    run(example, "update ops.signature set candidate_hash = 'of another candidate'")
    assert gate_month(example, MONTH, now=LATE).state == "waiting_signature"


@pytest.mark.parametrize("check_id", ["G5", "X11"])
def test_an_unexplained_error_holds_the_month(example: Settings, check_id: str) -> None:
    unexplain(example, check_id)
    verdict = gate_month(example, MONTH, now=LATE)
    assert verdict.state == "held"
    broken = result_of(verdict, "G-control_total-01")
    assert {key["check_id"] for key in broken.unexpected} == {check_id}
    assert all(key["message_zh"] and key["printed"] for key in broken.unexpected)


def test_results_are_recorded_once_for_a_build(example: Settings) -> None:
    first = gate_month(example, MONTH, now=LATE)
    again = gate_month(example, MONTH, now=LATE)
    assert again == first
    recorded = run(
        example,
        "select check_id, success, explained, candidate_hash from ops.gate_result"
        " where build_id = %s order by check_id",
        first.build_id,
    )
    assert recorded == [
        (r.check_id, r.success, r.explained, first.candidate_hash) for r in first.results
    ]


def test_a_published_month_keeps_its_results(example: Settings) -> None:
    first = gate_month(example, MONTH, now=LATE)
    run(example, "update ops.build set state = 'published' where in_force")
    verdict = gate_month(example, MONTH, now=LATE)
    assert verdict.state == "published"
    assert verdict.results == first.results


def test_a_verdict_is_plain_json(example: Settings) -> None:
    unexplain(example, "G5")
    record = gate_month(example, MONTH, now=LATE).as_json()
    assert json.loads(json.dumps(record)) == record


def test_a_changed_candidate_is_not_judged(example: Settings) -> None:
    run(example, "update marts.mart_fund_by_source set issued_yuan_ytd = issued_yuan_ytd + 1")
    with pytest.raises(GateError, match="changed"):
        gate_month(example, MONTH, now=LATE)


def test_a_month_without_a_build_is_refused(example: Settings) -> None:
    with pytest.raises(GateError, match="no build"):
        gate_month(example, Month(2010, 3), now=LATE)


def test_an_unfinished_build_is_refused(example: Settings) -> None:
    run(example, "update ops.build set state = 'building' where in_force")
    with pytest.raises(GateError, match="building"):
        gate_month(example, MONTH, now=LATE)


def test_an_overtaken_build_is_not_recorded(
    example: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    from expectations import gate

    judge = gate.run_suites

    def judge_while_a_newer_build_begins(*arguments: Any) -> tuple[GateResult, ...]:
        results = judge(*arguments)
        run(example, "update ops.build set in_force = false, state = 'superseded'")
        return results

    monkeypatch.setattr(gate, "run_suites", judge_while_a_newer_build_begins)
    with pytest.raises(GateError, match="overtaken"):
        gate_month(example, MONTH, now=LATE)
    assert run(example, "select count(*) from ops.gate_result") == [(0,)]


def test_a_server_that_goes_away_meanwhile_is_named_in_a_sentence(
    example: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    """Great Expectations would log the traceback of what it hands on as a result."""
    ended = threading.Event()

    def end_its_sessions() -> None:
        with connect(example, Role.admin, autocommit=True) as admin:
            while not ended.wait(0.02):
                admin.execute(
                    "select pg_terminate_backend(pid) from pg_stat_activity"
                    " where application_name = 'tmw gate' and datname = current_database()"
                    " and query ~ 'as batch'"
                )

    killer = threading.Thread(target=end_its_sessions)
    killer.start()
    try:
        with pytest.raises(ServerError, match="The gate did not end: the database went away"):
            gate_month(example, MONTH)
    finally:
        ended.set()
        killer.join()
    assert "Traceback" not in caplog.text
    assert gate_month(example, MONTH).state == "ready"
