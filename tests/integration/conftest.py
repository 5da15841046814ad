"""The example month, received and built once for all tests that need it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from examples.lijiang.load import send_corrected_returns, send_first_returns
from ingest.receive import receive_inbox
from warehouse.builds import build_month
from warehouse.month import Month
from warehouse.settings import Settings

if TYPE_CHECKING:
    from tests.conftest import Clone

MONTH = Month(2009, 11)


@pytest.fixture(scope="session")
def built_example(
    template_database: Settings,
    clone_warehouse: Clone,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Settings]:
    """Return a warehouse with all example returns, Huaping's corrections too, built; a template."""
    home = tmp_path_factory.mktemp("example") / "home"
    with clone_warehouse(template_database, home) as settings:
        send_first_returns(settings)
        send_corrected_returns(settings)
        receive_inbox(settings)
        build_month(settings, MONTH)
        yield settings
