"""Checks of single cells against the definition: unreadable, required, code lists, places."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TypedDict

import pandas as pd

from ingest.forms.catalogue import code_list, general_rule
from ingest.forms.model import Code, Column
from ingest.parsed import CellMark, ParsedTable
from ingest.validate.findings import TableFindings
from ingest.validate.names import not_taken
from warehouse.month import Month

_PLACE = "place_code"
_COMMITTEE_DIGITS, _VILLAGE_DIGITS = 12, 15
_ALL_KINDS = ("1", "2", "3")


class _Words(TypedDict):
    words_zh: dict[str, str]
    words_en: dict[str, str]


MarksByColumn = dict[str, dict[int, CellMark]]


def marks_by_column(parsed: ParsedTable) -> MarksByColumn:
    """Return the marks of a table by column and row."""
    marks: MarksByColumn = {}
    for mark in parsed.marks:
        marks.setdefault(mark.column, {})[mark.row_no] = mark
    return marks


def check_unreadable(parsed: ParsedTable, findings: TableFindings) -> None:
    """Add a finding for each cell that could not be read as what its column holds."""
    for mark in parsed.marks:
        if mark.status == "O":
            rule = general_rule(mark.check_id or "G10")
            words = {"expected": mark.expected or ""}
            findings.add(rule, mark.row_no, mark.column, words=words, expected=mark.expected)


def check_required(parsed: ParsedTable, marks: MarksByColumn, findings: TableFindings) -> None:
    """Add IN-required for each blank required cell, IN-not-collected where it says why.

    A required cell that cannot exist (mark M) is exempt; a key cell never is.
    """
    frame = parsed.frame
    for column in findings.columns.values():
        blank_cells = frame[column.name].isna()
        if not column.required_kinds or not blank_cells.any():
            continue
        blank = frame.index[blank_cells & required_rows(column, frame)]
        for row_no in blank:
            mark = marks.get(column.name, {}).get(row_no)
            status = mark.status if mark else None
            if status == "O":
                continue
            if column.key:
                findings.add(general_rule("IN-required", "key"), row_no, column.name)
            elif mark is not None and status == "L":
                add_not_collected(findings, row_no, column.name, mark)
            elif status != "M":
                findings.add(general_rule("IN-required"), row_no, column.name)


def add_not_collected(findings: TableFindings, row_no: int, column: str, mark: CellMark) -> None:
    """Add IN-not-collected at a cell that had to be filled: explained where a reason is given."""
    findings.add(
        general_rule("IN-not-collected"),
        row_no,
        column,
        words={"reason": mark.reason},
        reason=mark.reason,
    )


def required_rows(column: Column, frame: pd.DataFrame) -> pd.Series[bool]:
    """Return the rows in which the cell of this column must be filled.

    A row without a valid row kind owes only what every kind owes.
    """
    if not column.required_kinds:
        return pd.Series(False, index=frame.index)
    if "row_kind" not in frame:  # a sub-table: its rows have no kinds
        return pd.Series(True, index=frame.index)
    kinds = frame["row_kind"]
    due = kinds.isin([str(kind) for kind in column.required_kinds])
    if len(column.required_kinds) == len(_ALL_KINDS):
        due |= ~kinds.isin(_ALL_KINDS)
    return due


def check_codes(parsed: ParsedTable, month: Month, findings: TableFindings) -> None:
    """Add G4 for each code that is outside its list, or not allowed in its row kind."""
    for column in findings.columns.values():
        if column.codes is None:
            continue
        codes = _codes_in_force(column, month)
        values = parsed.frame[column.name]
        filled = values.notna()
        if not filled.any():
            continue
        rule = general_rule("G4", "code")
        outside = filled & ~values.isin(list(codes))
        for row_no in parsed.frame.index[outside]:
            findings.add(rule, row_no, column.name, **_allowed(codes.values()))
        _check_row_kinds(column, codes, parsed, filled & ~outside, findings)


def check_lengths(parsed: ParsedTable, findings: TableFindings) -> None:
    """Add IN-too-long for each text with more characters than its column allows."""
    for column in findings.columns.values():
        if column.longest is None:
            continue
        lengths = parsed.frame[column.name].str.len()
        lengths = lengths.drop(list(not_taken(parsed, column.name)))
        for row_no, length in lengths[lengths > column.longest].items():
            findings.add(
                general_rule("IN-too-long"),
                int(str(row_no)),
                column.name,
                words={"count": int(length), "limit": column.longest},
                expected=str(column.longest),
            )


def check_places(
    parsed: ParsedTable, known_area: Callable[[str], bool] | None, findings: TableFindings
) -> None:
    """Add IN-unknown-area for each place code that is no area in use in the month.

    A village is a committee in use and a local number: IN-unknown-village where it is not.
    """
    for column in findings.columns.values():
        if column.choices == "villages":
            _check_villages(parsed, column, known_area, findings)
    if _PLACE not in findings.columns:
        return
    places = parsed.frame[_PLACE]
    bad = [
        place
        for place in places.dropna().unique()
        if not (len(place) == 12 and place.isascii() and place.isdigit())
        or (known_area is not None and not known_area(place))
    ]
    named = not_taken(parsed, _PLACE)
    for row_no in parsed.frame.index[places.isin(bad)]:
        if row_no not in named:
            findings.add(general_rule("IN-unknown-area"), row_no, _PLACE)


def _check_villages(
    parsed: ParsedTable,
    column: Column,
    known_area: Callable[[str], bool] | None,
    findings: TableFindings,
) -> None:
    villages = parsed.frame[column.name]
    bad = [
        village
        for village in villages.dropna().unique()
        if village != column.key_default
        if not (len(village) == _VILLAGE_DIGITS and village.isascii() and village.isdigit())
        or (known_area is not None and not known_area(village[:_COMMITTEE_DIGITS]))
    ]
    named = not_taken(parsed, column.name)
    for row_no in parsed.frame.index[villages.isin(bad)]:
        if row_no not in named:
            findings.add(general_rule("IN-unknown-village"), row_no, column.name)


def _codes_in_force(column: Column, month: Month) -> dict[str, Code]:
    now = str(month)
    return {
        code.code: code
        for code in code_list(column.codes or "").values()
        if not column.only_codes or code.code in column.only_codes
        if (code.since or now) <= now <= (code.until or now)
    }


def _check_row_kinds(
    column: Column,
    codes: dict[str, Code],
    parsed: ParsedTable,
    valid: pd.Series[bool],
    findings: TableFindings,
) -> None:
    restricted = [code for code in codes.values() if code.row_kinds]
    if not restricted or "row_kind" not in parsed.frame:
        return
    values, kinds = parsed.frame[column.name], parsed.frame["row_kind"]
    wrong = pd.Series(False, index=parsed.frame.index)
    for code in restricted:
        allowed = [str(kind) for kind in code.row_kinds]
        wrong |= (values == code.code) & kinds.isin(_ALL_KINDS) & ~kinds.isin(allowed)
    for row_no in parsed.frame.index[valid & wrong]:
        kind = str(kinds.at[row_no])
        fitting = [c for c in codes.values() if not c.row_kinds or int(kind) in c.row_kinds]
        words = {"row_kind": kind}
        rule = general_rule("G4", "row_kind")
        findings.add(rule, row_no, column.name, words=words, **_allowed(fitting))


def _allowed(codes: Collection[Code]) -> _Words:
    return {
        "words_zh": {"allowed": "、".join(f"{code.code} {code.zh}" for code in codes)},
        "words_en": {"allowed": ", ".join(f"{code.code} {code.en}" for code in codes)},
    }
