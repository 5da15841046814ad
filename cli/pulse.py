"""Which components of Airflow live and no longer work: being alive does not tell.

A scheduler that loses its database ends its executor and may wait for ever for one of its workers
(apache/airflow issue 67870): the process lives, no heartbeat comes and no task starts. Airflow's
health page tells it, for whoever acts on it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

ASK_SECONDS = 10.0
# Beside the 30 s after which Airflow calls a component unhealthy, and longer than a start takes.
SILENT_SECONDS = 90.0
_WITHOUT_ANSWER = "api-server"
_PARTS = {"scheduler": "scheduler", "triggerer": "triggerer", "dag_processor": "dag-processor"}


class Pulse:
    """Remembers since when a component has been without a sign of work."""

    def __init__(self, health: Callable[[], Mapping[str, str]]) -> None:
        """`health` returns the state of each part of Airflow, nothing when there is no answer."""
        self._health = health
        self._ask_at = -math.inf
        self._silent_since: dict[str, float] = {}

    def feel(self, now: float) -> None:
        """Ask again where it is time; `now` is of the monotonic clock, in seconds."""
        if now < self._ask_at:
            return
        self._ask_at = now + ASK_SECONDS
        silent = _silent(self._health())
        self._silent_since = {name: self._silent_since.get(name, now) for name in silent}

    def is_lost(self, name: str, started_at: float, now: float) -> bool:
        """Tell whether a component has been silent for too long since it was started."""
        since = self._silent_since.get(name)
        return since is not None and now - max(since, started_at) >= SILENT_SECONDS


def _silent(health: Mapping[str, str]) -> set[str]:
    """Return the components that give no sign; without their database none can."""
    if not health:
        return {_WITHOUT_ANSWER}
    if health["metadatabase"] != "healthy":
        return set()
    return {name for part, name in _PARTS.items() if health[part] == "unhealthy"}
