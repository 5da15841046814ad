"""The Lijiang month, received, built, judged and published once."""

from __future__ import annotations

import pytest

from examples.lijiang.load import send_corrected_returns, send_first_returns
from expectations.gate import gate_month
from ingest.receive import receive_inbox
from warehouse.builds import build_month
from warehouse.month import Month
from warehouse.releases import publish
from warehouse.settings import Settings

MONTH = Month(2009, 11)


@pytest.fixture(scope="module")
def published(module_warehouse_home: Settings) -> Settings:
    """Return a warehouse with the example month published."""
    settings = module_warehouse_home
    send_first_returns(settings)
    send_corrected_returns(settings)
    receive_inbox(settings)
    build_month(settings, MONTH)
    gate_month(settings, MONTH)
    publish(settings, [MONTH])
    return settings
