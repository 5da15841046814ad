"""Units of measurement a heading or a cell may name, and what they are in base units."""

from __future__ import annotations

from decimal import Decimal
from functools import cache

from ingest.forms.catalogue import reference_rows
from ingest.read.marks import narrow


def unit_factor(base: str | None, unit: str | None) -> Decimal | None:
    """Return how many base units one `unit` is (1 where no unit is named), None if unknown."""
    if unit is None or base is None:
        return Decimal(1) if unit is None else None
    return _factors().get((base, narrow(unit)))


@cache
def units_of(base: str | None) -> tuple[tuple[str, Decimal], ...]:
    """Return the units known for a base unit with their factors, the longest names first."""
    known = [(unit, size) for (of, unit), size in _factors().items() if of == base]
    return tuple(sorted(known, key=lambda pair: -len(pair[0])))


def is_a_unit(name: str) -> bool:
    """Return whether this is a unit of anything that is reported."""
    return name in _names()


@cache
def _names() -> frozenset[str]:
    return frozenset(unit for _, unit in _factors())


@cache
def _factors() -> dict[tuple[str, str], Decimal]:
    return {
        (row["base"], narrow(row["unit"])): Decimal(str(row["factor"]))
        for row in reference_rows("unit")
    }
