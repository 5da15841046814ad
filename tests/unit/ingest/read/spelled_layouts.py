"""The same rows again, with their values spelled as clerks spell them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from .layouts import CSV, LAYOUTS, XLSX, layout
from .pages import COLUMNS, Page, is_money, page


def _spelled(name: str) -> Callable[[Callable[[str, Any], Any]], Callable[[str, Any], Any]]:
    """Register a layout in which every cell is spelled in another way."""

    def register(change: Callable[[str, Any], Any]) -> Callable[[str, Any], Any]:
        def make() -> Page:
            made = page()
            made.each(change)
            return made

        for suffix, write in (XLSX, CSV):
            LAYOUTS[f"{name} ({suffix})"] = make, suffix, write
        return change

    return register


_WIDE = str.maketrans("0123456789.,-()", "０１２３４５６７８９．，－（）")
_UNITS = {"元": "元", "个": "个", "工日": "工日"}


@_spelled("full-width figures")
def _(name: str, cell: Any) -> Any:
    return cell if name in {"integrated_unit", "fund_doc_no"} else str(cell).translate(_WIDE)


@_spelled("thousands parted by commas")
def _(name: str, cell: Any) -> Any:
    return f"{cell:,}" if isinstance(cell, int) and name != "fund_year" else cell


@_spelled("units in the cells")
def _(name: str, cell: Any) -> Any:
    unit = COLUMNS[name].unit
    return f"{cell}{unit}" if isinstance(cell, int) and unit else cell


@_spelled("wan yuan in the cells")
def _(name: str, cell: Any) -> Any:
    return f"{cell / 10_000:g}万元" if isinstance(cell, int) and is_money(name) and cell else cell


@_spelled("codes with their names")
def _(name: str, cell: Any) -> Any:
    names = {"fund_source": {"11": "11 中央财政", "12": "省级财政", "52": "52-投工投劳折资"},
             "programme": {"01": "整村推进", "04": "04产业扶贫"},
             "row_kind": {"1": "1 明细行", "2": "打捆行"}}  # fmt: skip
    return names.get(name, {}).get(cell, cell)


@_spelled("dates in Chinese")
def _(name: str, cell: Any) -> Any:
    return {"2009-03-05": "二〇〇九年三月五日", "2009-04-11": "2009年4月11日"}.get(cell, cell)


_NUMERALS = {
    1234500: "一百二十三万四千五百", 300000: "叁拾万元整", 40000: "四万", 850000: "八十五万元",
    0: "零", 2000: "二千", 3: "三",
}  # fmt: skip


@_spelled("amounts in Chinese numerals")
def _(name: str, cell: Any) -> Any:
    return _NUMERALS.get(cell, cell) if isinstance(cell, int) and name != "fund_year" else cell


_DAYS = {"2009-03-05": datetime(2009, 3, 5), "2009-04-11": 39914}


@layout()
def dates_as_dates_and_as_serial_numbers() -> Page:
    made = page()
    made.each(lambda _, cell: _DAYS.get(cell, cell) if isinstance(cell, str) else cell)
    return made
