"""The example month, judged and published once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from expectations.gate import gate_month
from warehouse.month import Month
from warehouse.releases import publish
from warehouse.settings import Settings

if TYPE_CHECKING:
    from tests.conftest import Clone

MONTH = Month(2009, 11)


@pytest.fixture(scope="module")
def published(
    built_example: Settings,
    clone_warehouse: Clone,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Settings]:
    """Return a warehouse with the example month published."""
    with clone_warehouse(built_example, tmp_path_factory.mktemp("published") / "home") as settings:
        gate_month(settings, MONTH)
        publish(settings, [MONTH])
        yield settings
