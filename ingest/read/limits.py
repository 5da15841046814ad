"""What one file may cost the reader; travels to the child process as JSON."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:  # the child, which starts often, does without the settings
    from warehouse.settings import Settings


@dataclass(frozen=True)
class ReadLimits:
    """Limits of one file: bytes, counts and seconds of CPU."""

    memory_bytes: int
    cpu_seconds: int
    zip_parts: int
    inflated_bytes: int
    inflation: float
    cells: int
    area: int

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """Return the limits that the settings name."""
        return cls(
            memory_bytes=settings.read_memory_bytes,
            cpu_seconds=max(1, round(settings.read_cpu_seconds)),
            zip_parts=settings.read_max_parts,
            inflated_bytes=settings.read_max_inflated_bytes,
            inflation=settings.read_max_inflation,
            cells=settings.read_max_cells,
            area=settings.read_max_area,
        )

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Return the limits that `to_json` wrote."""
        return cls(**json.loads(text))

    def to_json(self) -> str:
        """Return the limits as one argument of the child."""
        return json.dumps(asdict(self))
