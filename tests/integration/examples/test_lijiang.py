"""The acceptance figures of the example month, through real functions and a real database."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from examples.load import send_first_returns
from examples.returns import LIJIANG
from ingest.receive import receive_inbox
from warehouse.reopened import stale_months

CITY = "530700000000"
NINGLANG, YONGSHENG, YULONG = "530724000000", "530722000000", "530721000000"
HUAPING, GUCHENG = "530723000000", "530702000000"
SONGPING = "530722208000"
COUNTIES = {
    NINGLANG: 5_000_000,
    YONGSHENG: 875_000,
    YULONG: 1_150_000,
    HUAPING: 2_225_000,
    GUCHENG: 750_000,
}
NEVER_COLLECTED = ("in_place", "paid", "reimbursed")
BROKEN = {
    (SONGPING, "02", "00"): (74_228_000, 74_280_000, -52_000),
    (CITY, "00", "00"): (332_195_000, 320_790_000, 11_405_000),
}


def states(stage: Any) -> dict[str, str]:
    return {s.file_name: s.state for s in stage.batch.submissions}


# --- held: Huaping as printed -------------------------------------------------------------------


def test_only_the_relocation_return_of_huaping_is_rejected(held: Any) -> None:
    decided = states(held)
    assert len(decided) == 23
    assert decided.pop(f"FP-08_{HUAPING}_200911_v0.xlsx") == "rejected"
    assert set(decided.values()) == {"accepted"}


def test_the_finding_names_the_cell_and_what_it_should_be(held: Any) -> None:
    errors = [f for f in held.batch.findings if f.severity == "error"]
    assert [(f.check_id, f.file, f.form_code) for f in errors] == [
        ("FP08-01", f"FP-08_{HUAPING}_200911_v0.xlsx", "FP-08")
    ]
    finding = errors[0]
    assert finding.sheet == "FP-08"
    assert finding.cell is not None
    assert finding.column_name == "subsidy_plan"
    assert Decimal(str(finding.value)) == 22_250_000
    assert "2225000" in str(finding.expected).replace(",", "")
    for message in (finding.message_zh, finding.message_en):
        assert "2,225,000" in message or "2225000" in message


def test_what_was_not_collected_is_explained_by_its_mark(held: Any) -> None:
    unexplained = [f for f in held.batch.findings if f.severity == "warning" and not f.reason]
    assert unexplained == []
    reasons = {f.reason for f in held.batch.findings if f.check_id == "IN-not-collected"}
    assert reasons == {"文件未列"}


def test_nothing_of_the_rejected_file_reaches_raw(held: Any) -> None:
    found = held.query(
        "select count(*) as n from raw.fp08 inner join ops.submission using (submission_id)"
        f" where area_code = '{HUAPING}' and version = 0"
    )
    assert found == [{"n": 0}]


def test_the_month_is_held_and_nothing_is_published(held: Any) -> None:
    assert held.verdict.state == "held"
    assert held.release is None
    assert {view: len(rows) for view, rows in held.published.items()} == dict.fromkeys(
        held.published, 0
    )


def test_publishing_a_held_month_is_refused(held: Any) -> None:
    assert held.refusal == "MonthHeldError"


def test_the_control_total_names_huapings_row_as_the_likely_slip(held: Any) -> None:
    findings = held.query(
        "select check_id, severity, state, area_code, column_name, row_key, expected,"
        " message_zh, message_en, waiver_id from ops.finding"
        f" where build_id = {held.build.build_id} and check_id = 'G5' and state = 'open'"
        " and severity <> 'info'"
    )
    assert len(findings) == 1, findings
    finding = findings[0]
    assert finding["area_code"] == CITY
    assert finding["column_name"] == "amount_issued_y"
    assert (finding["row_key"]["programme"], finding["row_key"]["row_kind"]) == ("03", "3")
    said = finding["message_zh"] + finding["message_en"] + str(finding["expected"])
    assert HUAPING in said or "华坪" in said
    assert "2225000" in said.replace(",", "")


def test_the_waivers_cover_the_document_and_not_huaping(held: Any) -> None:
    covered = held.query(
        "select check_id, area_code, row_key ->> 'programme' as programme, column_name"
        f" from ops.finding where build_id = {held.build.build_id} and waiver_id is not null"
        " order by check_id, area_code, column_name"
    )
    assert [tuple(row.values()) for row in covered] == [
        ("G5", CITY, "00", "expected_y"),
        ("G5", SONGPING, "02", "amount_planned_c"),
        ("X11", CITY, "00", "growth_printed"),
        ("X7", CITY, "01", "amount_issued_y"),
    ]


# --- corrected: published -----------------------------------------------------------------------


def test_the_corrected_returns_are_accepted_and_the_month_is_published(corrected: Any) -> None:
    assert set(states(corrected).values()) == {"accepted"}
    assert corrected.verdict.state == "ready"
    assert corrected.release.publications == {"2009-11": "2009-11.r1"}
    for view, rows in corrected.published.items():
        assert rows, view
        assert {row["stat_month"] for row in rows} == {date(2009, 11, 1)}
        assert {row["publication_id"] for row in rows} == {"2009-11.r1"}


def test_the_first_return_of_huaping_is_superseded(corrected: Any) -> None:
    found = corrected.query(
        "select form_code, version, state from ops.submission"
        f" where area_code = '{HUAPING}' order by form_code, version"
    )
    assert [tuple(row.values()) for row in found] == [
        ("FP-01", 0, "accepted"),
        ("FP-02", 0, "superseded"),
        ("FP-02", 1, "accepted"),
        ("FP-03", 0, "accepted"),
        ("FP-08", 0, "rejected"),
        ("FP-08", 1, "accepted"),
    ]


@pytest.mark.parametrize(
    ("programme", "source", "issued"),
    [
        ("01", "10", 28_050_000),
        ("01", "13", 5_400_000),
        ("01", "14", 2_900_000),
        ("02", "12", 3_000_000),
        ("03", "12", 10_000_000),
        ("05", "12", 3_500_000),
        ("08", "12", 2_000_000),
        ("091", "12", 1_760_000),
        ("091", "13", 200_000),
        ("092", "12", 1_000_000),
        ("101", "12", 1_200_000),
        ("11", "12", 1_000_000),
        ("11", "14", 1_080_000),
        ("11", "21", 2_285_000),
        ("11", "31", 530_000),
        ("11", "42", 500_000),
        ("11", "51", 850_000),
    ],
)
def test_money_issued_in_the_city_by_source(
    corrected: Any, programme: str, source: str, issued: int
) -> None:
    found = corrected.figure(
        "fund_by_source",
        "issued_yuan_ytd",
        area_code=CITY,
        programme_code=programme,
        fund_source_code=source,
    )
    assert found == issued


@pytest.mark.parametrize(
    ("programme", "group", "issued"),
    [
        ("01", "fiscal", 36_350_000),
        ("03", "fiscal", 10_000_000),
        ("03", "all", 10_000_000),
        ("11", "all", 6_245_000),
        ("11", "fiscal", 2_080_000),
        ("11", "credit", 530_000),
        ("092", "fiscal", 1_000_000),
        ("08", "fiscal", 2_000_000),
        ("101", "fiscal", 1_200_000),
        ("00", "fiscal", 61_090_000),
        ("00", "credit", 530_000),
        ("00", "all", 65_255_000),
    ],
)
def test_money_issued_in_the_city_by_group(
    corrected: Any, programme: str, group: str, issued: int
) -> None:
    found = corrected.figure(
        "fund_progress",
        "issued_yuan_ytd",
        area_code=CITY,
        programme_code=programme,
        source_group=group,
    )
    assert found == issued


def test_relocation_money_of_each_county(corrected: Any) -> None:
    found = {
        county: corrected.figure(
            "fund_progress",
            "issued_yuan_ytd",
            area_code=county,
            programme_code="03",
            source_group="fiscal",
        )
        for county in COUNTIES
    }
    assert found == COUNTIES


def test_huapings_figure_is_marked_as_estimated(corrected: Any) -> None:
    where = {"programme_code": "03", "fund_source_code": "12"}
    assert corrected.figure("fund_by_source", "obs_status", area_code=HUAPING, **where) == "E"
    assert corrected.figure("fund_by_source", "obs_status", area_code=CITY, **where) == "E"
    assert corrected.figure("fund_by_source", "obs_status", area_code=YULONG, **where) == "A"


def test_what_was_not_collected_is_null_and_never_zero(corrected: Any) -> None:
    for view in ("fund_by_source", "fund_progress"):
        rows = corrected.published[view]
        names = [name for name in rows[0] if name.startswith(NEVER_COLLECTED) and "yuan" in name]
        assert len(names) >= 9
        filled = {name for row in rows for name in names if row[name] is not None}
        assert filled == set(), view


def test_every_rate_that_needs_them_and_growth_are_null(corrected: Any) -> None:
    for view in ("fund_by_source", "fund_progress"):
        rows = corrected.published[view]
        rates = (
            "in_place_rate_pct",
            "in_place_of_plan_pct",
            "expenditure_progress_pct",
            "year_spending_rate_pct",
            "reimbursement_rate_pct",
            "growth_pct",
        )
        filled = {name for row in rows for name in rates if row[name] is not None}
        assert filled == set(), view


def test_the_broken_totals_of_the_document_are_shown(corrected: Any) -> None:
    broken = [row for row in corrected.published["control_total"] if row["verdict"] == "broken"]
    found = {
        (row["filing_unit_code"], row["programme_code"], row["fund_source_code"]): (
            row["printed"],
            row["computed"],
            row["difference"],
        )
        for row in broken
        if "growth" not in row["measure"]
    }
    assert found == BROKEN
    growth = [row for row in broken if "growth" in row["measure"]]
    assert [(row["printed"], row["computed"], row["difference"]) for row in growth] == [
        (Decimal(24), Decimal("25.20"), Decimal("-1.20"))
    ]


def test_the_other_totals_hold_or_say_why_not(corrected: Any) -> None:
    verdicts = {
        (row["form_code"], row["programme_code"], row["fund_source_code"], row["measure"]): row[
            "verdict"
        ]
        for row in corrected.published["control_total"]
        if row["verdict"] != "broken"
    }
    issued = {key[1]: verdict for key, verdict in verdicts.items() if key[3] == "amount_issued_y"}
    assert issued == {
        "03": "holds",
        "092": "holds",
        "08": "holds",
        "11": "holds",
        "101": "holds",
        "40": "not_evaluated",
    }
    assert verdicts["FP-02", "01", "00", "units"] == "holds"
    assert verdicts["FP-02", "01", "00", "amount_planned_y"] == "no_parts"
    assert verdicts["FP-02", "101", "12", "units"] == "holds"
    assert verdicts["FP-01", "01", None, "units"] == "holds"
    assert verdicts["FP-01", "01", None, "benefit_households"] == "no_parts"
    assert verdicts["FP-01", "01", None, "benefit_persons"] == "no_parts"
    assert verdicts["FP-08", "03", None, "plan_p"] == "holds"
    assert verdicts["FP-08", "03", None, "subsidy_plan"] == "holds"
    listed = {key[2]: verdicts[key] for key in verdicts if key[1] == "00"}
    assert set(listed) == {"19", "31", "21", "49", "43", "52"}
    assert set(listed.values()) == {"no_parts"}


def test_all_units_reported_in_time(corrected: Any) -> None:
    for form, units in (("FP-01", 7), ("FP-02", 7), ("FP-03", 3), ("FP-08", 6)):
        row = next(
            row
            for row in corrected.published["reporting"]
            if (row["area_code"], row["form_code"]) == (CITY, form)
        )
        counts = [row[name] for name in ("expected", "received", "accepted", "on_time")]
        assert counts == [units] * 4
        assert row["reporting_rate_pct"] == row["on_time_rate_pct"] == 100


def test_units_of_the_fund_marts(corrected: Any) -> None:
    rows = [row for row in corrected.published["fund_progress"] if row["area_code"] == CITY]
    assert {(row["units_due"], row["units_included"]) for row in rows} == {(7, 7)}


def test_relocation_of_persons(corrected: Any) -> None:
    rows = [
        row
        for row in corrected.published["relocation_progress"]
        if row["area_code"] == CITY and row["programme_code"] == "03"
    ]
    assert len(rows) == 1
    assert rows[0]["subsidy_planned_yuan"] == 10_000_000
    assert [value for name, value in rows[0].items() if name.startswith("planned_persons")] == [
        2_000
    ]
    assert rows[0]["houses_planned"] == 400


# --- revised: a changed return changes the figure -----------------------------------------------


def test_a_changed_return_changes_its_figure_and_no_other(corrected: Any, revised: Any) -> None:
    assert states(revised) == {f"FP-02_{SONGPING}_200911_v1.csv": "accepted"}
    assert revised.release.publications == {"2009-11": "2009-11.r2"}
    where = {"programme_code": "02", "fund_source_code": "12"}
    for area in (SONGPING, YONGSHENG, CITY):
        found = revised.figure("fund_by_source", "issued_yuan_ytd", area_code=area, **where)
        assert found == 3_100_000
    before = other_money(corrected)
    assert other_money(revised) == before
    assert before


def other_money(stage: Any) -> dict[tuple[str, str, str], Any]:
    return {
        (row["area_code"], row["programme_code"], row["fund_source_code"]): row["issued_yuan_ytd"]
        for row in stage.published["fund_by_source"]
        if row["programme_code"] not in ("00", "02")
    }


# The answer is written again: it tells of the second receipt, and of the build since the first.
SUBMISSIONS = (
    "select to_jsonb(s) - array['answer_digest', 'answer_path'] from ops.submission as s"
    " order by submission_id"
)


def test_the_first_files_sent_again_change_nothing(revised: Any) -> None:
    before = revised.query(SUBMISSIONS)
    send_first_returns(revised.settings, LIJIANG)
    batch = receive_inbox(revised.settings)
    assert len(batch.submissions) == 23
    assert {(f.check_id, f.severity) for f in batch.findings} == {("IN-duplicate", "info")}
    assert batch.months == set()
    assert stale_months(revised.settings) == []
    assert revised.query(SUBMISSIONS) == before
    assert revised.read() == revised.published
