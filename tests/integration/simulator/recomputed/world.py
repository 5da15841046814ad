"""The tables of one simulation, and the areas above each place."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from figures import Frame, read_table

ADDITIVE_KINDS = ("1", "2")


class World:
    """The tables of one simulation, the areas above each place, and the month asked for."""

    def __init__(self, tables: Path, areas: Path, month: str) -> None:
        self.folder = tables
        self.month = f"{month}-01"
        self.year = int(month[:4])
        self.last_year = f"{self.year - 1}{month[4:]}-01"
        self.returns = read_table(tables, "returns")
        known = pd.read_csv(areas, dtype="string").set_index("area_code")
        self.level, self.name = known["level"], known["name_zh"]
        self.parent = known["parent_code"].to_dict()
        self.units = set(self.returns["unit"])

    def rows(self, name: str, month: str | None = None) -> Frame:
        """Return the detail and lump rows of a form table in a month."""
        frame = self.all_rows(name, month)
        return frame[frame["row_kind"].isin(ADDITIVE_KINDS)].copy()

    def all_rows(self, name: str, month: str | None = None) -> Frame:
        frame = read_table(self.folder, name)
        return frame[frame["stat_month"] == (month or self.month)].copy()

    def above(self, place: str) -> list[str]:
        """Return the place and all areas above it, up to the highest with a filing unit."""
        chain = [place]
        while isinstance(self.parent.get(chain[-1]), str):
            chain.append(self.parent[chain[-1]])
        last = max((i for i, area in enumerate(chain) if area in self.units), default=0)
        return chain[: last + 1]

    def spread(self, frame: Frame, place: str = "place_code") -> Frame:
        """Return each row once for every area it counts in, as `area_code`."""
        frame = frame.assign(area_code=frame[place].map(self.above))
        return frame.explode("area_code")

    def with_area(self, frame: Frame) -> Frame:
        """Add month, level and name of the area."""
        return frame.assign(
            stat_month=self.month,
            area_level=frame["area_code"].map(self.level),
            area_name_zh=frame["area_code"].map(self.name),
        )

    def unit_counts(self, form_code: str) -> Frame:
        """Return how many returns of a form are due from units of each area."""
        due = self.returns
        due = due[(due["stat_month"] == self.month) & (due["form_code"] == form_code)]
        spread = self.spread(due, "unit")
        return spread.groupby("area_code").size().rename("due").reset_index()
