"""No check without a test that plants it and looks for it in the unit's own workbook."""

from __future__ import annotations

import re
from pathlib import Path

from examples.simulator.errors import all_kinds
from ingest.forms.catalogue import cross_form_rules, general_rules, load_forms

ROOT = Path(__file__).resolve().parents[2]
INTEGRATION = ROOT / "tests" / "integration"
ANSWERS = (
    INTEGRATION / "ingest" / "test_answers.py",
    INTEGRATION / "ingest" / "test_answers_of_reading.py",
    INTEGRATION / "ingest" / "test_withdraw.py",  # told to a return that was clean
    INTEGRATION / "simulator" / "test_answers_of_builds.py",
)
DRY_RUN = {"IN-name-unchecked"}  # of `tmw check` alone, which gives no workbook back


def test_every_check_is_planted_and_looked_for() -> None:
    """Kinds of the simulator are looked for in the answers of tests/integration/simulator."""
    planted = {kind.check_id for kind in all_kinds().values()}
    for path in ANSWERS:
        planted |= set(re.findall(r'"([A-Z0-9]+(?:-[0-9a-z]+)*)"', path.read_text("utf-8")))
    assert checks() - planted - DRY_RUN == set()


def checks() -> set[str]:
    """Return the ids of all rules, and those that the code of the reader names itself."""
    forms = load_forms().values()
    rules = (
        *general_rules(),
        *cross_form_rules(),
        *(rule for form in forms for rule in form.rules),
    )
    named = {
        check_id
        for path in (ROOT / "ingest").rglob("*.py")
        for check_id in re.findall(r'"(IN-[a-z-]+)"', path.read_text("utf-8"))
    }
    assert len(named) >= 40
    return {rule.id for rule in rules} | named
