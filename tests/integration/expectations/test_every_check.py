"""Each expectation fails when what it guards against is planted in the candidate."""

from __future__ import annotations

import pytest

from expectations.model import GateResult, Scope
from expectations.runner import run_suites
from expectations.suites import SUITES, all_suites
from expectations.thresholds import load_thresholds
from warehouse.contracts import mart_contracts
from warehouse.database import Role, connect
from warehouse.month import Month
from warehouse.settings import Settings

MONTH = Month(2009, 11)

FINDING = """
insert into ops.finding (
    build_id, check_id, severity, level, message_zh, message_en, stat_month, area_code, form_code,
    state
)
select build_id, 'X0', '{severity}', 3, '种下的', 'planted', stat_month, '530723000000', {form},
    'open'
from ops.build where in_force
"""
RATE = """
update marts.mart_fund_progress set {rate} = {value}
where area_code = '530700000000' and programme_code = '00' and source_group = 'all'
"""
OF_LIJIANG = """
update marts.mart_{mart} set {figure}
where area_code = '530700000000'
"""
REJECTED_CORRECTION = """
insert into ops.submission (
    receipt_no, sha256, file_name, file_bytes, landing_path, form_code, area_code, stat_month,
    version, received_at, state
)
values (
    'R-PLANTED', 'planted', 'v9.xlsx', 1, 'nowhere', 'FP-02', '530723000000', '2009-11-01', 9,
    now(), 'rejected'
)
"""
EXCUSED_GIANT = """
create table core.planted partition of core.fct_fund_monthly for values in ('2008-11-01');
insert into core.planted (
    stat_month, submission_id, sheet, row_no, filing_unit_code, version, row_key, place_code,
    row_kind, fund_source_code, source_group, programme_code, fund_doc_no, project_code,
    issued_yuan_ytd, is_issued_ytd_estimated, obs_status
)
select
    '2008-11-01', 0, 'FP-02', row_number() over (), unit, 0, '{}', unit, '2', '12', 'fiscal', '03',
    '-', '-', yuan, false, 'A'
from (values ('530723000000', 900), ('530724000000', 100)) as filed (unit, yuan);
update core.fct_return_monthly set is_accepted = false, is_expected = false, is_excused = true
where form_code = 'FP-02' and filing_unit_code = '530723000000';
"""

PLANTED = {
    "G-reporting-01": "update core.fct_return_monthly set is_accepted = false"
    " where form_code = 'FP-08' and filing_unit_code = '530723000000'",
    "G-reporting-02": REJECTED_CORRECTION,
    "G-reporting-03": FINDING.format(severity="error", form="null"),
    "G-reporting-04": FINDING.format(severity="warning", form="'FP-99'"),
    "G-reporting-05": "update marts.mart_reporting set accepted = accepted + 50",
    "G-control_total-01": "update marts.mart_control_total set verdict = 'broken'"
    " where verdict = 'holds' and form_code = 'FP-08'",
    "G-fund_by_source-01": FINDING.format(severity="error", form="'FP-02'"),
    "G-fund_by_source-02": FINDING.format(severity="warning", form="'FP-02'"),
    "G-fund_by_source-03": "delete from marts.mart_fund_by_source",
    "G-fund_by_source-04": "update marts.mart_fund_by_source"
    " set issued_yuan_ytd = issued_yuan_ytd + 1 where programme_code = '00'",
    "G-fund_by_source-05": "update marts.mart_fund_by_source set issued_yuan_ytd = 1"
    " where area_code = '530700000000' and programme_code = '03'",
    "G-fund_progress-01": "update marts.mart_fund_by_source"
    " set expected_yuan_year = 1 where programme_code = '03'",
    "G-fund_progress-02": "delete from marts.mart_fund_progress where source_group = 'fiscal'",
    "G-fund_progress-03": RATE.format(rate="in_place_rate_pct", value="106"),
    "G-fund_progress-04": RATE.format(rate="in_place_of_plan_pct", value="151"),
    "G-fund_progress-05": RATE.format(rate="expenditure_progress_pct", value="-1"),
    "G-fund_progress-06": RATE.format(rate="year_spending_rate_pct", value="495"),
    "G-fund_progress-07": RATE.format(rate="reimbursement_rate_pct", value="111"),
    "G-fund_progress-08": RATE.format(rate="growth_pct", value="900"),
    "G-fund_progress-09": RATE.format(rate="estimated_share_pct", value="31"),
    "G-fund_progress-10": EXCUSED_GIANT,
    "G-project_status-01": FINDING.format(severity="error", form="'FP-01'"),
    "G-project_status-02": FINDING.format(severity="warning", form="'FP-01'"),
    "G-project_status-03": "delete from marts.mart_project_status",
    "G-project_status-04": "update marts.mart_project_status set planned_yuan = 5"
    " where area_code = '530723000000'",
    "G-project_status-05": OF_LIJIANG.format(mart="project_status", figure="progress_pct = 101"),
    "G-project_status-06": OF_LIJIANG.format(
        mart="project_status", figure="payment_rate_pct = 111, progress_pct = 100"
    ),
    "G-project_progress-01": "delete from marts.mart_project_progress",
    "G-project_progress-02": "update marts.mart_project_progress"
    " set planned_yuan = coalesce(planned_yuan, 0) + 1 where programme_code = '00'",
    "G-project_progress-03": OF_LIJIANG.format(
        mart="project_status", figure="planned_yuan = coalesce(planned_yuan, 0) + 1"
    ),
    "G-project_progress-04": "update marts.mart_project_progress set planned_yuan = 5"
    " where area_code = '530723000000'",
    "G-project_progress-05": OF_LIJIANG.format(
        mart="project_progress", figure="start_rate_pct = 101"
    ),
    "G-project_progress-06": OF_LIJIANG.format(
        mart="project_progress", figure="completion_rate_pct = -1"
    ),
    "G-project_progress-07": OF_LIJIANG.format(
        mart="project_progress", figure="acceptance_pass_rate_pct = 150"
    ),
    "G-project_progress-08": OF_LIJIANG.format(
        mart="project_progress", figure="handover_rate_pct = 101"
    ),
    "G-project_progress-09": OF_LIJIANG.format(
        mart="project_progress", figure="physical_progress_pct = 1000"
    ),
    "G-project_progress-10": OF_LIJIANG.format(
        mart="project_progress", figure="money_progress_pct = 95, physical_progress_pct = 40"
    ),
    "G-village_poverty-01": FINDING.format(severity="error", form="'FP-03'"),
    "G-village_poverty-02": FINDING.format(severity="warning", form="'FP-03'"),
    "G-village_poverty-03": "delete from marts.mart_village_poverty",
    "G-village_poverty-04": "update marts.mart_village_poverty set incidence_pct = 101",
    "G-village_poverty-05": "update marts.mart_village_poverty set units = coalesce(units, 0) + 1",
    "G-relocation_progress-01": FINDING.format(severity="error", form="'FP-08'"),
    "G-relocation_progress-02": FINDING.format(severity="warning", form="'FP-08'"),
    "G-relocation_progress-03": "delete from marts.mart_relocation_progress",
    "G-relocation_progress-04": "update marts.mart_relocation_progress set planned_persons = 1"
    " where area_code = '530700000000'",
    "G-relocation_progress-05": "update marts.mart_relocation_progress"
    " set unit_cost_yuan = 5000000 where area_code = '530723000000'",
}


def plant(settings: Settings, statements: str) -> None:
    """Spoil the candidate."""
    with connect(settings, Role.admin) as connection:
        for statement in filter(str.strip, statements.split(";")):
            changed = connection.execute(statement)
            assert changed.rowcount != 0, "nothing was planted"


def scope_of(settings: Settings) -> Scope:
    with connect(settings, Role.builder) as connection:
        row = connection.execute("select build_id from ops.build where in_force").fetchone()
    assert row is not None
    contracts = {contract.subject: contract for contract in mart_contracts(settings)}
    return Scope(MONTH, row[0], contracts, load_thresholds(MONTH))


def failed(settings: Settings, *marts: str) -> dict[str, GateResult]:
    """Run the suites of these marts and return what failed."""
    scope = scope_of(settings)
    with connect(settings, Role.builder) as connection:
        results = run_suites(settings, connection, [SUITES[mart](scope) for mart in marts])
    return {result.check_id: result for result in results if not result.success}


def test_each_check_has_its_plant(built_example: Settings) -> None:
    suites = all_suites(scope_of(built_example))
    ids = {check.check_id for s in suites for batch in s.batches for check in batch.checks}
    assert set(PLANTED) == ids


def test_nothing_fails_where_nothing_is_planted(example: Settings) -> None:
    assert failed(example, *SUITES) == {}


@pytest.mark.parametrize("check_id", PLANTED)
def test_the_check_finds_what_was_planted(example: Settings, check_id: str) -> None:
    plant(example, PLANTED[check_id])
    mart = check_id.removeprefix("G-").rpartition("-")[0]
    result = failed(example, mart)[check_id]
    assert result.observed["unexpected"] >= 1
    assert result.unexpected
    named = [str(value) for value in result.unexpected[0].values() if value is not None]
    assert any(value in result.message_en for value in named)


def test_an_advance_for_works_to_be_done_is_no_failure(example: Settings) -> None:
    figures = "payment_rate_pct = 800, progress_pct = 5"
    plant(example, OF_LIJIANG.format(mart="project_status", figure=figures))
    assert failed(example, "project_status") == {}


def test_a_finding_on_no_total_is_not_lost(example: Settings) -> None:
    plant(example, FINDING.format(severity="error", form="'FP-02'").replace("'X0'", "'G5'"))
    assert (
        failed(example, "control_total")["G-control_total-01"].unexpected[0]["message_en"]
        == "planted"
    )


def test_an_earlier_builds_findings_do_not_count(example: Settings) -> None:
    with connect(example, Role.admin) as connection:
        connection.execute(
            "insert into ops.build (stat_month, state, in_force)"
            " values ('2009-11-01', 'superseded', false)"
        )
        connection.execute(
            "insert into ops.finding (build_id, submission_id, check_id, severity, level,"
            " message_zh, message_en, form_code, state)"
            " select (select max(build_id) from ops.build), min(submission_id), 'X7', 'warning',"
            " 3, 'old', 'old', 'FP-02', 'open' from ops.build_input"
        )
    assert failed(example, "fund_by_source") == {}
