"""Kinds of level 0: the head, the headings, the file itself."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from random import Random

from examples.simulator.planting import (
    HEADING_ROW,
    Edit,
    Kind,
    Planting,
    SimpleKind,
    Target,
    Truth,
)
from examples.simulator.tables import FORMS
from ingest.forms.catalogue import head_fields, load_form, table_columns
from ingest.generate.layout import FIRST_HEAD_ROW

# Columns that no rule looks at and no row must fill.
_PLAIN = {"FP-01": "amount_applied", "FP-02": "expected_y", "FP-03": "lon", "FP-08": "target5_p"}
_ALWAYS_EMPTY = "last_year_y"  # of control totals alone; a township files none
_OLE2 = bytes.fromhex("d0cf11e0a1b11ae1")


def file_kinds() -> list[Kind]:
    """Return the kinds of level 0."""
    return [*_head_kinds(), *_heading_kinds(), *_damage_kinds()]


def _head_kinds() -> list[Kind]:
    kinds: list[Kind] = [
        _head(f"head-missing-{name}", "IN-head-missing", name, lambda _t, _c: None)
        for name in ("edition", "report_month", "version")
    ]
    kinds += [
        _head(
            "month-in-future",
            "IN-wrong-month",
            "report_month",
            lambda _t, _c: "209901",
            # In that year projects would long be due for audit (01-7), and FP-03 has columns more.
            forms=("FP-02", "FP-08"),
        ),
        _head("month-not-six-digits", "IN-wrong-month", "report_month",
              lambda t, _c: f"{t.filed.month.year}年{t.filed.month.number}月"),
        _head("month-of-another-form", "IN-wrong-month", "report_month", _long_ago),
        _head("edition-unknown", "IN-edition", "edition", lambda _t, _c: "1999", ("IN-tag",)),
        _head("area-of-another-unit", "IN-tag", "area_code",
              lambda t, _c: f"{t.filed.unit.area_code[:4]}00000000",
              beside=(("IN-name-differs", "area_name"),)),
        _head("area-unknown", "IN-unknown-area", "area_code",
              lambda _t, _c: "999999999999", ("IN-tag",)),
        _head("version-not-a-number", "IN-version", "version", lambda _t, _c: "首次"),
        _head("version-too-high", "IN-version", "version", lambda _t, _c: "20100"),
        _head("money-unit-unknown", "IN-money-unit", "money_unit", lambda _t, _c: "角"),
        _head("nil-return-unreadable", "IN-nil-return", "nil_return", lambda _t, _c: "无"),
        _head("nil-with-rows", "IN-nil-rows", "nil_return", lambda _t, _c: "是"),
        _head("nothing-but-not-nil", "IN-no-rows", "nil_return", lambda _t, _c: "否", nil=True),
        SimpleKind("head-doubled", "IN-head-doubled", 0, _doubled_head),
    ]  # fmt: skip
    return kinds


def _head(
    kind_id: str,
    check_id: str,
    field: str,
    value: Callable[[Target, Random], str | None],
    also: tuple[str, ...] = (),
    *,
    beside: tuple[tuple[str, str], ...] = (),
    nil: bool = False,
    forms: tuple[str, ...] = FORMS,
) -> Kind:
    """Return the kind that fills a field of the head wrongly; `beside` are findings elsewhere."""

    def plant(target: Target, chance: Random) -> Planting | None:
        if target.filed.is_nil is not nil or target.filed.form_code not in forms:
            return None
        cell = _head_cell(field)
        planted = value(target, chance)
        true = _filed_head(target)[field]
        truths = [_truth(target, check, cell, true, planted) for check in (check_id, *also)]
        truths += [_truth(target, check, _head_cell(other)) for check, other in beside]
        return Planting((Edit(target.sheet, cell, planted),), tuple(truths))

    return SimpleKind(kind_id, check_id, 0, plant)


def _head_cell(field: str) -> str:
    return f"B{FIRST_HEAD_ROW + [item.name for item in head_fields()].index(field)}"


def _truth(
    target: Target, check_id: str, cell: str, true: str = "", planted: str | None = None
) -> Truth:
    return Truth(target.file, target.sheet, cell, check_id, "error", 0, {}, true, planted or "")


def _filed_head(target: Target) -> dict[str, str]:
    """Return what the head of the finished file says."""
    filed = target.filed
    return {
        "form_code": filed.form_code,
        "edition": load_form(filed.form_code).editions[-1].edition,
        "report_month": filed.month.compact,
        "area_code": filed.unit.area_code,
        "version": "0",
        "money_unit": "元",
        "nil_return": "是" if filed.is_nil else "否",
    }


def _long_ago(target: Target, _chance: Random) -> str:
    """Return the month before the simulation, for which nobody files."""
    return target.simulation.first_month.shift(-1).compact


def _doubled_head(target: Target, _chance: Random) -> Planting:
    row = HEADING_ROW - 1  # the empty row between head and headings
    label = next(item.zh for item in head_fields() if item.name == "version")
    edits = (Edit(target.sheet, f"A{row}", label), Edit(target.sheet, f"B{row}", "7"))
    return Planting(edits, (_truth(target, "IN-head-doubled", f"B{row}", "", "7"),))


def _heading_kinds() -> list[Kind]:
    return [
        SimpleKind("heading-unknown", "IN-heading-unknown", 0, _unknown_heading),
        SimpleKind("heading-doubled", "IN-heading-doubled", 0, _doubled_heading),
        SimpleKind("heading-missing", "IN-heading-missing", 0, _missing_heading),
        SimpleKind("heading-unit-unknown", "IN-heading-unit", 0, _unknown_unit),
        SimpleKind("value-below-no-heading", "IN-heading-unknown", 0, _below_no_heading),
    ]


def _heading_text(target: Target, column: str) -> str:
    form = load_form(target.filed.form_code)
    found = next(c for c in table_columns(form, form.tables[0]) if c.name == column)
    unit = f"({found.unit})" if found.unit else ""
    return f"{found.zh}{unit}\n{found.en}"


def _missing(target: Target) -> Truth:
    return _truth(target, "IN-heading-missing", f"A{HEADING_ROW}")


def _unknown_heading(target: Target, _chance: Random) -> Planting:
    column = _PLAIN[target.filed.form_code]
    sheet, cell = target.heading(column)
    found = _truth(target, "IN-heading-unknown", cell, _heading_text(target, column), "其他情况")
    return Planting((Edit(sheet, cell, "其他情况"),), (found, _missing(target)))


def _doubled_heading(target: Target, _chance: Random) -> Planting:
    """Write the heading of the last column twice: the empty one before it loses its own."""
    sheet, cell = target.heading("growth_printed")
    twice = _heading_text(target, _ALWAYS_EMPTY)
    found = _truth(target, "IN-heading-doubled", cell, "growth_printed", twice)
    return Planting((Edit(sheet, cell, twice),), (found, _missing(target)))


def _missing_heading(target: Target, _chance: Random) -> Planting:
    sheet, cell = target.heading(_ALWAYS_EMPTY)
    return Planting((Edit(sheet, cell, None),), (_missing(target),))


def _unknown_unit(target: Target, _chance: Random) -> Planting:
    sheet, cell = target.heading(_ALWAYS_EMPTY)
    true = _heading_text(target, _ALWAYS_EMPTY)
    planted = true.replace("(元)", "(美元)")
    return Planting(
        (Edit(sheet, cell, planted),), (_truth(target, "IN-heading-unit", cell, true, planted),)
    )


def _below_no_heading(target: Target, _chance: Random) -> Planting | None:
    if not target.rows():
        return None
    row = target.places.row_nos[target.filed.main_table][0]
    cell = f"CZ{row}"  # right of the last heading of every form
    found = _truth(target, "IN-heading-unknown", cell, "", "补充")
    return Planting((Edit(target.sheet, cell, "补充"),), (found,))


def _damage_kinds() -> list[Kind]:
    return [
        _damaged("file-cut-off", "IN-not-a-spreadsheet", lambda data: data[: len(data) // 2]),
        _damaged("file-empty", "IN-not-a-spreadsheet", lambda _data: b""),
        _damaged("file-web-page", "IN-not-a-spreadsheet",
                 lambda data: b"<html><body>" + str(len(data)).encode() + b"</body></html>"),
        _damaged("file-broken-xls", "IN-unreadable", lambda data: _OLE2 + data[:2048]),
        _damaged("file-with-password", "IN-encrypted",
                 lambda data: _OLE2 + "EncryptedPackage".encode("utf-16-le") + data[:2048]),
        _damaged("file-sheet-damaged", "IN-unreadable", _broken_sheet),
    ]  # fmt: skip


def _damaged(kind_id: str, check_id: str, damage: Callable[[bytes], bytes]) -> Kind:
    def plant(target: Target, _chance: Random) -> Planting:
        # Two empty files would be one and the same submission: the bytes carry the file's name.
        def own(data: bytes) -> bytes:
            changed = damage(data)
            return changed + target.file.encode() if changed else b" " * _ordinal(target)

        truth = Truth(target.file, "", "", check_id, "error", 0, {}, "", kind_id)
        return Planting(truths=(truth,), damage=own)

    return SimpleKind(kind_id, check_id, 0, plant)


def _ordinal(target: Target) -> int:
    return 1 + target.simulation.returns.index(target.filed)


def _broken_sheet(data: bytes) -> bytes:
    """Return the workbook with its first sheet cut off in the middle of a cell."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(buffer, "w") as target:
        for item in source.infolist():
            content = source.read(item)
            if item.filename == "xl/worksheets/sheet1.xml":
                content = content[: len(content) // 2]
            target.writestr(zipfile.ZipInfo(item.filename, (1980, 1, 1, 0, 0, 0)), content)
    return buffer.getvalue()
