"""Seeds: code lists, dated rows, measures and rule data, as dbt reads them."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from ingest.forms.model import Form
from ingest.generate import seed_rows
from ingest.generate.files import Files, as_yaml
from ingest.generate.marts import traced_measures

FOLDER = PurePosixPath("dbt_project/seeds/generated")
SeedRow = Mapping[str, object]


@dataclass(frozen=True)
class Seed:
    """One seed: its columns with their types, and its rows."""

    name: str
    about: str
    columns: Mapping[str, str]
    rows: Sequence[SeedRow]


def seed_files(forms: Sequence[Form], marts: Path) -> Files:
    """Return one csv for each seed, and `_seeds.yml` with their types and descriptions.

    `marts` is the folder of the marts' contracts.
    """
    seeds = [*_code_seeds(), *_dated_seeds(), *_form_seeds(forms), _traced_seed(marts)]
    files = {FOLDER / f"{seed.name}.csv": _as_csv(seed) for seed in seeds}
    files[FOLDER / "_seeds.yml"] = as_yaml(
        {"version": 2, "seeds": [_properties(seed) for seed in seeds]}
    )
    return files


_CODE = {"code": "text", "name_zh": "text", "name_en": "text"}
_YEARS = {"year_from": "integer", "year_until": "integer"}


def _code_seeds() -> Iterable[Seed]:
    yield Seed(
        "seed_fund_source",
        "资金来源 Fund sources and their groups; totals stand in control rows only.",
        {**_CODE, "source_group": "text", "totals_only": "boolean"},
        seed_rows.code_rows("fund_source", group="source_group"),
    )
    yield Seed(
        "seed_programme",
        "项目类别 Programmes; totals stand in control rows only.",
        {**_CODE, "totals_only": "boolean"},
        seed_rows.code_rows("programme"),
    )
    yield Seed(
        "seed_project_state",
        "项目状态 States of a project and their groups: before, under_way, completed, terminated.",
        {**_CODE, "state_group": "text", "totals_only": "boolean"},
        seed_rows.code_rows("project_state", group="state_group"),
    )
    yield Seed(
        "seed_code_cover",
        "合计代码构成 Which codes a total covers, one row for each pair.",
        {"list_name": "text", "total_code": "text", "part_code": "text"},
        seed_rows.cover_rows(("fund_source", "programme")),
    )


def _dated_seeds() -> Iterable[Seed]:
    yield Seed(
        "seed_unit_cost",
        "单位造价 Unit costs by programme, source group and year, in yuan.",
        {"programme": "text", "source_group": "text", **_YEARS, "per": "text", "basis": "text",
         "yuan": "numeric(16,2)", "source": "text"},
        seed_rows.dated_rows("unit_cost"),
    )  # fmt: skip
    yield Seed(
        "seed_deadline",
        "报送期限 The day of the next month on which a return of a level is due.",
        {"level": "text", "day": "integer", **_YEARS, "source": "text"},
        seed_rows.dated_rows("deadline"),
    )
    yield Seed(
        "seed_release_day",
        "发布日 The day of the next month on which a month's bulletin is due.",
        {"month_from": "date", "month_until": "date", "day": "integer", "source": "text"},
        seed_rows.dated_rows("release_day"),
    )
    yield Seed(
        "seed_state_transition",
        "项目状态转移 Which state may follow which; going back needs a reason.",
        {"from_state": "text", "to_state": "text", "needs_reason": "boolean", "source": "text"},
        seed_rows.dated_rows("state_transition"),
    )
    yield Seed(
        "seed_expected_share",
        "预期进度 Share of the year's plan expected by the end of a month, from low to high.",
        {"form_code": "text", "measure": "text", "plan_measure": "text", "month": "integer",
         "low": "numeric(9,4)", "high": "numeric(9,4)", "source": "text"},
        seed_rows.dated_rows("expected_share"),
    )  # fmt: skip
    yield Seed(
        "seed_holiday",
        "节假日 Public holidays, and days off that were worked.",
        {"day": "date", "kind": "text", "name": "text", "source": "text"},
        seed_rows.dated_rows("holiday"),
    )


def _form_seeds(forms: Sequence[Form]) -> Iterable[Seed]:
    yield Seed(
        "seed_form_measure",
        "可加指标 The additive measures of each form, which control totals compare.",
        {"form_code": "text", "table_name": "text", "column_name": "text", "name_zh": "text",
         "name_en": "text", "type": "text", "unit": "text", "basis": "text"},
        seed_rows.measure_rows(forms),
    )  # fmt: skip
    yield Seed(
        "seed_growth_measure",
        "增长率指标 The measures whose growth a form prints; the first filled one is meant.",
        {"form_code": "text", "position": "integer", "column_name": "text"},
        seed_rows.growth_rows(forms),
    )
    yield Seed(
        "seed_uninstalled_part",
        "他表构成 Parts of a form's totals that are filed in a form not installed.",
        {"form_code": "text", "programme": "text", "fund_source": "text",
         "compared_form": "text", "column_name": "text"},
        seed_rows.uninstalled_rows(forms),
    )  # fmt: skip
    yield Seed(
        "seed_personal_column",
        "个人信息 Columns and head fields with data about persons; nothing of them is published.",
        {"form_code": "text", "column_name": "text"},
        seed_rows.personal_rows(forms),
    )
    yield Seed(
        "seed_rule",
        "审核规则 The rules that core evaluates, with severity, tolerance and sentence.",
        {"check_id": "text", "part": "text", "severity": "text", "level": "integer",
         "form_code": "text", "column_name": "text", "tolerance": "numeric(16,4)",
         "tolerance_pct": "numeric(9,4)", "message_zh": "text", "message_en": "text"},
        seed_rows.rule_rows(forms),
    )  # fmt: skip
    yield Seed(
        "seed_rule_parameter",
        "规则参数 The parameters of the rules that core evaluates, as text.",
        {"check_id": "text", "part": "text", "name": "text", "value": "text"},
        seed_rows.rule_parameter_rows(forms),
    )


def _traced_seed(marts: Path) -> Seed:
    return Seed(
        "seed_traced_measure",
        "指标对照 Which measure of the marts a column of a form becomes; fund_year_only marks "
        "columns that count only in rows of the current fund year; all_years_measure is the "
        "measure made of all rows.",
        {"form_code": "text", "column_name": "text", "measure": "text",
         "fund_year_only": "boolean", "all_years_measure": "text"},
        traced_measures(marts),
    )  # fmt: skip


def _properties(seed: Seed) -> dict[str, object]:
    return {
        "name": seed.name,
        "description": seed.about,
        "config": {"column_types": dict(seed.columns)},
    }


def _as_csv(seed: Seed) -> bytes:
    stream = io.StringIO()
    writer = csv.DictWriter(stream, list(seed.columns), lineterminator="\n")
    writer.writeheader()
    writer.writerows(seed.rows)
    return stream.getvalue().encode()
