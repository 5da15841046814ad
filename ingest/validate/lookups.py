"""Values from the dated reference tables, found once for each distinct combination of keys."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import pandas as pd

from ingest.forms.catalogue import reference_rows
from ingest.forms.expression import parse
from ingest.forms.model import Lookup
from ingest.validate.engine import Rows, Value

_YEAR = "\N{NUMBER SIGN}year"  # no column of a reference table is called so


def look_up(lookup: Lookup, rows: Rows) -> Value:
    """Return the looked-up value of each row, blank where no dated row fits."""
    columns = {field: rows.evaluate(parse(text)) for field, text in lookup.match.items()}
    if lookup.year is not None:
        columns[_YEAR] = rows.evaluate(parse(lookup.year))
    reference = reference_rows(lookup.table)
    if not any(isinstance(value, pd.Series) for value in columns.values()):
        return _find(lookup, reference, columns)
    keys = pd.DataFrame({field: rows.series(value) for field, value in columns.items()})
    distinct = keys.drop_duplicates()
    found = [
        _find(lookup, reference, dict(zip(keys.columns, values, strict=True)))
        for values in distinct.itertuples(index=False, name=None)
    ]
    dtype = "float64" if lookup.kind == "number" else "str"
    # A temporary number for each distinct combination, so that the join is by position.
    numbers = keys.groupby(list(keys.columns), dropna=False, sort=False).ngroup()
    return pd.Series(found, dtype=dtype).take(numbers.to_numpy()).set_axis(rows.index)


def _find(
    lookup: Lookup, reference: Sequence[Mapping[str, str]], wanted: Mapping[str, Value]
) -> float | str | None:
    if any(pd.isna(value) for value in wanted.values()):
        return None
    for row in reference:
        if _YEAR in wanted and not _in_force(row, float(wanted[_YEAR])):
            continue
        if all(row[field] == str(value) for field, value in wanted.items() if field != _YEAR):
            text = row[lookup.take]
            if not text:
                return None
            return float(text) if lookup.kind == "number" else text
    return None


def _in_force(row: Mapping[str, str], year: float) -> bool:
    until = float(row["year_until"]) if row["year_until"] else math.inf
    return float(row["year_from"]) <= year <= until
