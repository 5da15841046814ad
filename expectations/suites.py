"""All suites, and the order in which their results are shown."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from expectations import (
    control_total,
    fund_by_source,
    fund_progress,
    project_progress,
    project_status,
    relocation_progress,
    reporting,
    village_poverty,
)
from expectations.model import Scope, Suite

SUITES: Final[dict[str, Callable[[Scope], Suite]]] = {
    module.MART: module.suite
    for module in (
        reporting,
        control_total,
        fund_by_source,
        fund_progress,
        project_status,
        project_progress,
        village_poverty,
        relocation_progress,
    )
}


def all_suites(scope: Scope) -> tuple[Suite, ...]:
    """Return the suite of every mart for one build; every mart has one."""
    return tuple(make(scope) for make in SUITES.values())
