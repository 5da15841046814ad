"""`tmw diff` against pandas: the same rows and cells from what readers exported."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Callable
from itertools import pairwise

import pandas as pd
import pytest

from warehouse.contracts import mart_contracts
from warehouse.errors import UsageError
from warehouse.month import Month
from warehouse.release_comparison import comparison
from warehouse.settings import Settings

from .conftest import TMW, History, Seen

pytestmark = pytest.mark.timeout(1800)  # ten releases are made for the first test

Cell = tuple[str, str, str, str, str | None, str | None]
NOT_COMPARED = ["publication_id", "release_id"]


def cells_by_pandas(settings: Settings, earlier: Seen, later: Seen) -> set[Cell]:
    """Return table, key, measure, kind, earlier and later of every cell that differs."""
    found: set[Cell] = set()
    for mart in mart_contracts(settings):
        tables = [_melted(seen.tables[mart.subject], list(mart.key)) for seen in (earlier, later)]
        both = tables[0].merge(tables[1], on=["key", "measure"], how="outer")
        both = both.astype(object).where(both.notna(), None)
        for line in both.itertuples(index=False):
            if line.value_x != line.value_y:
                kind = _kind(line.measure, line.value_x, line.value_y)
                found.add((mart.subject, line.key, line.measure, kind, line.value_x, line.value_y))
    return found


def _melted(text: bytes, key: list[str]) -> pd.DataFrame:
    frame = pd.read_csv(io.BytesIO(text), dtype=str).drop(columns=NOT_COMPARED)
    frame["key"] = [
        json.dumps(dict(zip(key, row, strict=True)), ensure_ascii=False, sort_keys=True)
        for row in frame[key].itertuples(index=False, name=None)
    ]
    melted = frame.drop(columns=key).melt(id_vars="key", var_name="measure", value_name="value")
    return melted.dropna(subset="value")


def _kind(measure: str, earlier: str | None, later: str | None) -> str:
    if earlier is None:
        return "added"
    if later is None:
        return "removed"
    return "reflagged" if measure == "obs_status" else "revised"


def cells_of_diff(settings: Settings, earlier: str, later: str) -> set[Cell]:
    with comparison(settings, earlier, later) as compared:
        cells = list(compared.cells())
        totals = compared.totals()
    assert sum(total["cells"] for total in totals) == len(cells)
    for cell in cells:
        if cell["difference"] is not None:
            assert cell["difference"] == _number(cell["later"]) - _number(cell["earlier"])
    found = {
        (
            cell["table_name"],
            _key(cell),
            cell["measure"],
            cell["kind"],
            _as_csv(cell["earlier"]),
            _as_csv(cell["later"]),
        )
        for cell in cells
    }
    assert len(found) == len(cells)
    return found


def _key(cell: dict[str, object]) -> str:
    row_key = cell["row_key"]
    assert isinstance(row_key, dict)
    key = {
        name: json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else str(value)
        for name, value in row_key.items()
    }
    key["stat_month"] = f"{cell['stat_month']}-01"
    return json.dumps(key, ensure_ascii=False, sort_keys=True)


def _as_csv(value: str | None) -> str | None:
    """Return a value as `copy` writes it: booleans are t and f there."""
    return {"true": "t", "false": "f"}.get(value, value) if value is not None else None


def _number(text: str | None) -> object:
    from decimal import Decimal

    return Decimal(text or "nan")


def test_diff_agrees_with_pandas_for_each_release_and_the_next(history: History) -> None:
    kinds: set[str] = set()
    sizes = []
    for earlier, later in [
        *pairwise(history.releases),
        (history.releases[0], history.releases[-1]),
    ]:
        expected = cells_by_pandas(history.settings, earlier, later)
        found = cells_of_diff(history.settings, str(earlier.release_id), str(later.release_id))
        assert found == expected, (earlier.release_id, later.release_id)
        kinds |= {cell[3] for cell in found}
        sizes.append(len(found))
    assert kinds == {"added", "removed", "revised", "reflagged"}
    assert min(sizes) > 0
    assert max(sizes) > 1000


def test_the_other_way_round_added_is_removed(history: History) -> None:
    first, last = history.releases[2], history.releases[-1]
    forth = cells_of_diff(history.settings, str(first.release_id), str(last.release_id))
    back = cells_of_diff(history.settings, str(last.release_id), str(first.release_id))
    swap = {"added": "removed", "removed": "added"}
    assert back == {(t, k, m, swap.get(kind, kind), b, a) for t, k, m, kind, a, b in forth}


def test_publications_of_one_month_and_choices(history: History) -> None:
    settings = history.settings
    with comparison(settings, "2010-01.r1", "2010-01.r2") as compared:
        assert dict(compared.months) == {"2010-01": ("2010-01.r1", "2010-01.r2")}
        every = list(compared.cells())
    villages = [cell for cell in every if cell["table_name"] == "village_poverty"]
    assert len(villages) > 0
    with comparison(
        settings, "2010-01.r1", "2010-01.r2", table="published.village_poverty"
    ) as compared:
        assert list(compared.cells()) == villages
        assert list(compared.cells(limit=1)) == villages[:1]
    with comparison(settings, "3", "9", month=Month(2010, 3)) as compared:
        assert set(compared.months) == {"2010-03"}
        assert {cell["stat_month"] for cell in compared.cells()} == {"2010-03"}
    with comparison(settings, "5", "5") as compared:
        assert (list(compared.cells()), compared.totals()) == ([], [])


@pytest.mark.parametrize(
    ("earlier", "later", "table", "message"),
    [
        ("1", "99", None, "There is no release 99"),
        ("x", "1", None, "There is no release x"),
        ("2010-01.r9", "2010-01.r1", None, "There is no publication"),
        ("2010-01.r1", "2010-02.r1", None, "not publications of one month"),
        ("2010-01.r1", "2", None, "not publications of one month"),
        ("1", "2", "nothing", "no published table"),
    ],
)
def test_what_there_is_not_is_said(
    history: History, earlier: str, later: str, table: str | None, message: str
) -> None:
    with (
        pytest.raises(UsageError, match=message),
        comparison(history.settings, earlier, later, table=table),
    ):
        pass


def test_the_command_streams_one_json_document(
    history: History, environment_of: Callable[[Settings], dict[str, str]]
) -> None:
    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", TMW, *arguments],
            env=environment_of(history.settings), capture_output=True, text=True, check=False,
        )  # fmt: skip

    done = run("diff", "1", "10", "--json")
    assert done.returncode == 0, done.stderr
    record = json.loads(done.stdout)
    with comparison(history.settings, "1", "10") as compared:
        assert record["differences"] == json.loads(json.dumps(list(compared.cells()), default=str))
        assert record["totals"] == compared.totals()
    shown = run("diff", "1", "10")
    assert shown.returncode == 0
    assert "more: --json prints all" in shown.stdout
    assert len(shown.stdout.splitlines()) < 600
