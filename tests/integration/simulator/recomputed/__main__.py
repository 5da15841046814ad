"""Recomputes the marts of a month from the simulator's own tables, with pandas alone.

`python recomputed TABLES AREAS MONTH OUT` reads the csv files of `tmw simulate` and a csv of areas
(area_code, level, name_zh, parent_code) and writes one csv for each mart. It shares no line with
the warehouse: formulas are those of the definitions and of the published interface. Money is
counted in whole fen, so that sums are exact; a blank is never 0.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from figures import Frame
from funds import funds
from projects import project_progress, project_status
from relocation import relocation_progress
from returns import reporting
from totals import control_total
from villages import village_poverty
from world import World

MARTS: dict[str, Callable[[World], Frame]] = {
    "fund_by_source": lambda world: funds(world, "fund_source_code"),
    "fund_progress": lambda world: funds(world, "source_group"),
    "relocation_progress": relocation_progress,
    "reporting": reporting,
    "project_status": project_status,
    "project_progress": project_progress,
    "village_poverty": village_poverty,
    "control_total": control_total,
}


def main() -> None:
    tables, areas, month, out = sys.argv[1:5]
    world = World(Path(tables), Path(areas), month)
    for name, make in MARTS.items():
        make(world).to_csv(Path(out) / f"{name}.csv", index=False)


if __name__ == "__main__":
    main()
