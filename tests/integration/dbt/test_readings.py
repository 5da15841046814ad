"""What models say they read of other months is what their SQL reads, and what rules look back."""

from __future__ import annotations

import csv
import json
import re
from collections import defaultdict

import pytest

from warehouse.readings import Reading, declared_readings, figure_months, followed_readings
from warehouse.settings import PROJECT_ROOT, Settings

# Another month in compiled SQL: the month before, last year, a distance, or everything earlier. A
# month that is only written into a sentence is not read.
OTHER_MONTH = re.compile(
    r"(?<!to_char\()cast\(cast\('[\d-]+' as date\) - interval '1 (month|year)'"
    r"|make_interval\(|stat_month\s*<"
)


@pytest.fixture(scope="module")
def readings(built_example: Settings) -> tuple[Reading, ...]:
    return declared_readings(built_example)


def test_every_model_that_reads_another_month_says_so(
    built_example: Settings, readings: tuple[Reading, ...]
) -> None:
    compiled = built_example.run_dir / "dbt" / "compiled" / "township_monitoring" / "models"
    sources = [*(compiled / "core").rglob("*.sql"), *(compiled / "marts").rglob("*.sql")]
    assert len(sources) > 50
    found = {path.stem for path in sources if OTHER_MONTH.search(path.read_text("utf-8"))}
    assert found == {reading.reader for reading in readings}


def test_a_reading_decides_figures_where_a_mart_stands_on_it(
    template_database: Settings, readings: tuple[Reading, ...]
) -> None:
    manifest = json.loads((template_database.run_dir / "dbt" / "manifest.json").read_text("utf-8"))
    children: dict[str, set[str]] = defaultdict(set)
    for node in manifest["nodes"].values():
        if node["resource_type"] == "model":
            for parent in node["depends_on"]["nodes"]:
                children[parent.split(".")[-1]].add(node["name"])

    def reaches_a_mart(model: str) -> bool:
        return model.startswith("mart_") or any(map(reaches_a_mart, children[model] - {model}))

    for reading in readings:
        assert reading.reader == reading.model or reading.reader in children[reading.model]
        assert (reading.decides == "figures") == reaches_a_mart(reading.reader), reading


def test_months_published_beside_others_are_those_of_last_year(built_example: Settings) -> None:
    assert figure_months(built_example) == (-12,)


def test_rules_look_back_as_far_as_their_parameters_say(built_example: Settings) -> None:
    path = PROJECT_ROOT / "dbt_project" / "seeds" / "generated" / "seed_rule_parameter.csv"
    with path.open(encoding="utf-8", newline="") as stream:
        rules = [
            ((r["check_id"], r["part"], r["name"]), r["value"]) for r in csv.DictReader(stream)
        ]
    of = dict(rules)
    months = {r.reader: r.months for r in followed_readings(built_example)}
    only_in = {r.reader: r.only_in for r in followed_readings(built_example)}

    def back(most: str) -> tuple[int, ...]:
        return tuple(-month for month in range(1, int(most) + 1))

    assert months["finding_fund_row"] == back(of["FP02-02", "c", "most_months"])
    assert months["finding_fund_progress"] == back(of["FP02-06", "b", "most_months"])
    tested = int(of["FP02-05", "b", "tested_month"])
    assert only_in["finding_late_money"] == tested
    assert months["finding_late_money"] == (int(of["FP02-05", "b", "first_months_until"]) - tested,)
    years = {value for (check, _, name), value in rules if (check, name) == ("G9", "years_back")}
    assert {tuple(-12 * n for n in range(1, int(y) + 1)) for y in years} == {months["finding_pace"]}
    (pace,) = (r for r in followed_readings(built_example) if r.reader == "finding_pace")
    named = {v for (check, _, n), v in rules if check == "G9" and n.endswith("_column")}
    assert named == set(re.findall(r"measures ->> '(\w+)'", " ".join(pace.columns)))
    forms = {value for (check, _, name), value in rules if (check, name) == ("G9", "form")}
    assert forms == set(re.findall(r"'(FP-\w+)'", pace.where))
