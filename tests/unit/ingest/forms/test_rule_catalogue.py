"""The rules that are defined are those of the official catalogue, each where it is evaluated.

The lists are those of the project's reference of forms (FP-01, FP-02, FP-03, FP-08, the general
rules and the rules across forms), with their severities: E error, W warning, I info.
"""

from collections import defaultdict

import pytest

from ingest.forms.catalogue import cross_form_rules, general_rules, load_forms
from ingest.forms.model import Rule

OFFICIAL = {
    "FP01-01": "E", "FP01-02": "E", "FP01-03": "E", "FP01-04": "E", "FP01-05": "W",
    "FP01-06": "W", "FP01-07": "W", "FP01-08": "E",
    "FP02-01": "E", "FP02-02": "EW", "FP02-03": "W", "FP02-04": "EW", "FP02-05": "W",
    "FP02-06": "W", "FP02-07": "E", "FP02-08": "E", "FP02-09": "E", "FP02-10": "E",
    "FP03-01": "E", "FP03-02": "E", "FP03-03": "E", "FP03-04": "W", "FP03-05": "E",
    "FP03-06": "W",
    "FP08-01": "E", "FP08-02": "EW", "FP08-03": "W", "FP08-04": "W", "FP08-05": "W",
    "FP08-06": "W",
    "G1": "EWI", "G2": "EW", "G3": "EW", "G4": "E", "G5": "E", "G6": "W", "G7": "W", "G8": "E",
    "G9": "W", "G10": "E",
    "X1": "WE", "X2": "W", "X3": "E", "X4": "W", "X5": "E", "X6": "W", "X7": "W", "X8": "E",
    "X9": "W", "X10": "E", "X11": "E", "X12": "E", "X13": "W", "X14": "W",
}  # fmt: skip
OURS = {"G11": "E", "FP03-07": "E"}
CARRIED_BY = {"FP02-08": "G5", "X10": "G5", "FP03-04": "G7", "X2": "FP08-05"}
NO_CHECK = {
    "FP02-09": "an invariant of the design",
    "FP08-04": "a measure",
    "G8": "a nil return is a fact of the ledger, and who did not file a gap in it",
    "X12": "a duty of the reports",
}
NEEDS = {"X4": "FP-05", "X5": "FP-13", "X8": "FP-14", "X13": "FP-11", "X14": "FP-04"}
AT_INGEST = {
    "FP01-02", "FP01-03", "FP01-04", "FP01-07", "FP01-08",
    "FP02-01", "FP02-02", "FP02-03", "FP02-04", "FP02-05",
    "FP03-01", "FP03-02", "FP03-03", "FP03-05", "FP03-06", "FP03-07",
    "FP08-01", "FP08-02", "FP08-03", "FP08-06", "G2", "G4", "G7", "G10",
}  # fmt: skip
PARTS_IN_CORE = {("FP02-02", "c"), ("FP02-02", "d"), ("FP02-05", "b")}
SEVERITIES = {"E": "error", "W": "warning", "I": "info"}


@pytest.fixture(scope="module")
def rules() -> dict[str, list[Rule]]:
    """Every rule by its id, the reading rules (IN-...) left out."""
    found = defaultdict(list)
    own = [rule for form in load_forms().values() for rule in form.rules]
    for rule in (*own, *general_rules(), *cross_form_rules()):
        if not rule.id.startswith("IN-"):
            found[rule.id].append(rule)
    return dict(found)


def test_every_official_rule_is_defined_or_accounted_for(rules):
    elsewhere = [CARRIED_BY, NO_CHECK, NEEDS]
    for check_id in OFFICIAL:
        places = [check_id in rules, *(check_id in listed for listed in elsewhere)]
        assert sum(places) == 1, check_id
    assert set().union(*elsewhere) <= set(OFFICIAL)
    assert set(CARRIED_BY.values()) <= set(rules)
    assert not set(NEEDS.values()) & set(load_forms())


def test_no_rule_is_invented_without_saying_so(rules):
    assert set(rules) - set(OFFICIAL) == set(OURS)


def test_severities_are_the_official_ones(rules):
    official = OFFICIAL | OURS
    for check_id, parts in rules.items():
        expected = {SEVERITIES[letter] for letter in official[check_id]}
        assert {rule.severity for rule in parts} == expected, check_id


def test_each_rule_is_evaluated_where_it_belongs(rules):
    for check_id, parts in rules.items():
        for rule in parts:
            in_core = check_id not in AT_INGEST or (check_id, rule.part) in PARTS_IN_CORE
            assert rule.evaluated == ("core" if in_core else "ingest"), (check_id, rule.part)
            assert bool(rule.level >= 2) <= in_core, (check_id, rule.part)


def test_the_parts_of_a_rule_differ(rules):
    for check_id, parts in rules.items():
        assert len({rule.part for rule in parts}) == len(parts), check_id
