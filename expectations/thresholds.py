"""The thresholds in force in a month, read from `thresholds.yml`."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import yaml

from expectations.model import Threshold
from warehouse.errors import DefinitionError
from warehouse.month import Month

THRESHOLD_FILE = Path(__file__).with_name("thresholds.yml")


def load_thresholds(month: Month, path: Path = THRESHOLD_FILE) -> dict[str, Threshold]:
    """Return the thresholds in force in this month by name.

    Raises `DefinitionError` where a threshold lacks its reason, its owner or both limits, or
    where two of one name are in force in the same month.
    """
    in_force: dict[str, Threshold] = {}
    for record in yaml.safe_load(path.read_text(encoding="utf-8")):
        threshold = _threshold(record)
        begins, ends = Month.of(threshold.since), threshold.until
        if begins > month or (ends is not None and Month.of(ends) < month):
            continue
        if threshold.name in in_force:
            raise DefinitionError(
                f"Threshold {threshold.name} is given twice for {month}.",
                remedy=f"Give the older row of {path.name} an `until`.",
            )
        in_force[threshold.name] = threshold
    return in_force


def _threshold(record: dict[str, Any]) -> Threshold:
    name = str(record.get("name", "?"))
    lacking = [key for key in ("name", "since", "reason", "owner") if not record.get(key)]
    if lacking or (record.get("low") is None and record.get("high") is None):
        raise DefinitionError(
            f"Threshold {name} lacks {', '.join(lacking) or 'a limit'}.",
            remedy="Every threshold has a limit, a date, a reason and an owner.",
        )
    if not isinstance(record["since"], date):
        raise DefinitionError(
            f"Threshold {name}: `since` is no date.", remedy="Write it as YYYY-MM-DD."
        )
    return Threshold(**record)
