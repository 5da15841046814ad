"""The example month, received and built once for all tests that need it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from examples.load import send_corrected_returns, send_first_returns
from examples.returns import LIJIANG
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
        send_first_returns(settings, LIJIANG)
        send_corrected_returns(settings, LIJIANG)
        receive_inbox(settings)
        build_month(settings, MONTH)
        yield settings


@pytest.fixture(scope="session")
def songping_revised(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Settings], Path]:
    """Return a function that edits the csv Songping sent to a warehouse, as its clerk would."""

    def revise(settings: Settings) -> Path:
        sent = settings.home / "examples" / "lijiang" / "FP-02_530722208000_200911_v0.csv"
        text = sent.read_bytes().decode("utf-8")
        assert text.count("报送版本 Version,0") == text.count(",3000000,") == 1
        edited = text.replace("报送版本 Version,0", "报送版本 Version,1")
        path = tmp_path_factory.mktemp("songping") / "FP-02_530722208000_200911_v1.csv"
        path.write_bytes(edited.replace(",3000000,", ",3100000,").encode("utf-8"))
        return path

    return revise
