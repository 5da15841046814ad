"""Values from the dated reference tables, found once for each distinct combination of keys."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ingest.forms.catalogue import reference_rows
from ingest.forms.expression import parse
from ingest.forms.model import Lookup
from ingest.validate.engine import Rows, Value

Keys = tuple[Any, ...]


def look_up(lookup: Lookup, rows: Rows) -> Value:
    """Return the looked-up value of each row, blank where no dated row fits."""
    keys = [rows.evaluate(parse(text)) for text in lookup.match.values()]
    keys.append(None if lookup.year is None else rows.evaluate(parse(lookup.year)))
    reference = reference_rows(lookup.table)
    if not any(isinstance(key, np.ndarray) for key in keys):
        return _find(lookup, reference, tuple(keys))
    found: dict[Keys, float | str | None] = {}
    values = []
    for combination in zip(*(rows.array(key).tolist() for key in keys), strict=True):
        if combination not in found:
            found[combination] = _find(lookup, reference, combination)
        values.append(found[combination])
    return np.array(values, dtype="float64" if lookup.kind == "number" else object)


def _find(lookup: Lookup, reference: Sequence[Mapping[str, str]], keys: Keys) -> float | str | None:
    *wanted, year = keys
    if any(key is None or key != key for key in wanted):  # noqa: PLR0124 (NaN is not itself)
        return None
    for row in reference:
        if lookup.year is not None and not _in_force(row, year):
            continue
        if all(row[field] == str(key) for field, key in zip(lookup.match, wanted, strict=True)):
            text = row[lookup.take]
            if not text:
                return None
            return float(text) if lookup.kind == "number" else text
    return None


def _in_force(row: Mapping[str, str], year: float | None) -> bool:
    if year is None:
        return False
    until = float(row["year_until"]) if row["year_until"] else math.inf
    return float(row["year_from"]) <= year <= until  # false where the year is NaN
