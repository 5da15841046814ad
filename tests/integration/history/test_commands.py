"""The commands about history, as a statistician types them."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from warehouse.settings import Settings

from .conftest import SIGNER, TMW, History

pytestmark = pytest.mark.timeout(1800)  # ten releases are made for the first test

if TYPE_CHECKING:
    from tests.conftest import Clone

Tmw = Callable[..., Any]


@pytest.fixture
def tmw(
    history: History,
    clone_warehouse: Clone,
    environment_of: Callable[[Settings], dict[str, str]],
    tmp_path: Path,
) -> Iterator[Tmw]:
    """Return a function that runs `tmw --json` on a copy and returns what it printed."""
    with clone_warehouse(history.settings, tmp_path / "home") as settings:

        def run(*arguments: str, code: int = 0) -> Any:
            done = subprocess.run(
                [sys.executable, "-c", TMW, *arguments, "--json"],
                env=environment_of(settings), capture_output=True, text=True, check=False,
            )  # fmt: skip
            assert done.returncode == code, done.stderr
            return json.loads(done.stdout) if done.stdout else done.stderr

        yield run


def test_roll_back_look_at_it_and_at_the_day_before(tmw: Tmw) -> None:
    before = tmw("releases", "--month", "2010-02")[-1]
    command = ("rollback", "--month", "2010-02", "--sign", SIGNER, "--reason", "错报 wrong")
    done = tmw(*command)
    assert done["publications"] == {"2010-02": "2010-02.r1"}
    assert tmw(*command)["unchanged"] == {"2010-02": "2010-02.r1"}
    assert tmw("status", "--month", "2010-02")["state"] == "waiting_signature"
    assert "2010-02 waits for a signature" in tmw("publish", "--month", "2010-02", code=3)
    nobody = ("rollback", "--month", "2010-01", "--sign", "无名", "--reason", "x")
    assert "may not sign" in tmw(*nobody, code=4)
    last = tmw("releases")[-1]
    assert (last["kind"], last["signed_by"], last["reason"]) == ("rollback", SIGNER, "错报 wrong")
    releases = (str(before["release_id"]), str(last["release_id"]))
    compared = tmw("diff", *releases, "--month", "2010-02")["months"]
    assert compared == {"2010-02": ["2010-02.r3", "2010-02.r1"]}

    made = tmw("as-of", before["released_at"], "--schema", "before")
    assert (made["schema"], made["shows"]) == ("before", before["released_at"])
    assert tmw("as-of", "--list") == [made]
    assert tmw("as-of", "--drop", "before") == made
    assert tmw("as-of", "--list") == []
    assert "--list" in tmw("as-of", code=2)
