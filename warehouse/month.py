"""The reporting month: the partition key of everything."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

from warehouse.errors import UsageError

_PATTERN = re.compile(r"(\d{4})-?(0[1-9]|1[0-2])")


@dataclass(frozen=True, order=True)
class Month:
    """A calendar month, ordered in time; `str()` gives `2009-11`."""

    year: int
    number: int

    @classmethod
    def parse(cls, text: str) -> Month:
        """Read `2009-11` or `200911`; raise `UsageError` for anything else."""
        match = _PATTERN.fullmatch(text.strip())
        if match is None:
            raise UsageError(f"{text!r} is no month.", remedy="Write it as YYYY-MM, e.g. 2009-11.")
        return cls(int(match[1]), int(match[2]))

    @classmethod
    def of(cls, day: date) -> Month:
        """Return the month that holds this day."""
        return cls(day.year, day.month)

    @property
    def first_day(self) -> date:
        """Return the value of every `stat_month` column."""
        return date(self.year, self.number, 1)

    @property
    def last_day(self) -> date:
        """Return the last calendar day of the month."""
        return self.shift(1).first_day - timedelta(days=1)

    @property
    def compact(self) -> str:
        """Return `200911`, as written in a form's head and in partition names."""
        return f"{self.year:04d}{self.number:02d}"

    def shift(self, months: int) -> Month:
        """Return the month this many months later (earlier when negative)."""
        index = self.year * 12 + self.number - 1 + months
        return Month(index // 12, index % 12 + 1)

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.number:02d}"
