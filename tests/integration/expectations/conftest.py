"""Each test judges its own copy of the built example."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from warehouse.settings import Settings

if TYPE_CHECKING:
    from tests.conftest import Clone


@pytest.fixture
def example(built_example: Settings, clone_warehouse: Clone, tmp_path: Path) -> Iterator[Settings]:
    """Return a copy of the built example that the test may spoil."""
    with clone_warehouse(built_example, tmp_path / "home") as settings:
        yield settings
