"""The reporting month."""

from __future__ import annotations

from datetime import date

import pytest

from warehouse.errors import UsageError
from warehouse.month import Month


@pytest.mark.parametrize("text", ["2009-11", "200911", " 2009-11 "])
def test_it_is_read_in_both_ways(text: str) -> None:
    assert Month.parse(text) == Month(2009, 11)


@pytest.mark.parametrize("text", ["", "2009-13", "2009-00", "2009-1", "09-11", "2009-11-01"])
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="YYYY-MM"):
        Month.parse(text)


def test_its_days_and_names() -> None:
    month = Month(2008, 2)
    assert (month.first_day, month.last_day) == (date(2008, 2, 1), date(2008, 2, 29))
    assert (str(month), month.compact) == ("2008-02", "200802")


def test_shifting_crosses_years() -> None:
    assert Month(2009, 11).shift(2) == Month(2010, 1)
    assert Month(2009, 1).shift(-1) == Month(2008, 12)
    assert Month(2009, 11) < Month(2010, 1)
