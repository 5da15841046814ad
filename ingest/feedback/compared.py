"""What a return changes against the one before it: by row key, in base units."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final

import pandas as pd

from ingest.feedback.content import Change, Changes
from ingest.forms.catalogue import key_columns, load_form, table_columns
from ingest.forms.model import Form, Table
from ingest.parsed import ParsedTable

MAX_CHANGES: Final = 2_000
_LONGEST_SHOWN: Final = 300
_BLANK: Final = "（空白 blank）"


def changes_between(
    form_code: str, before: Sequence[ParsedTable], now: Sequence[ParsedTable], receipt: str
) -> Changes:
    """Return what differs between the tables of two returns; `receipt` names the earlier one.

    The same value written otherwise (1,000 and 1000, another order of rows or columns) is no
    change; a value in a cell that was blank is one.
    """
    form = load_form(form_code)
    earlier = {table.table_name: table for table in before}
    later = {table.table_name: table for table in now}
    found: list[Change] = []
    for table in form.tables:
        if table.name in earlier or table.name in later:
            found += _table_changes(form, table, earlier.get(table.name), later.get(table.name))
    return Changes(receipt, tuple(found[:MAX_CHANGES]), max(0, len(found) - MAX_CHANGES))


def _table_changes(
    form: Form, table: Table, before: ParsedTable | None, now: ParsedTable | None
) -> list[Change]:
    keys = [column.name for column in key_columns(form, table)]
    old = _keyed(before, keys) if before is not None else {}
    new = _keyed(now, keys) if now is not None else {}
    changes: list[Change] = []
    if before is not None and now is not None:
        shared = [key for key in new if key in old]
        changes += _cell_changes(form, table, (before, [old[key] for key in shared]),
                                 (now, [new[key] for key in shared]))  # fmt: skip
    if now is not None:
        rows = [row for key, row in new.items() if key not in old]
        changes += [_row("row_added", form, table, now, row) for row in rows]
    if before is not None:
        rows = [row for key, row in old.items() if key not in new]
        changes += [_row("row_removed", form, table, before, row) for row in rows]
    return changes


def _keyed(table: ParsedTable, keys: Sequence[str]) -> dict[tuple[str, ...], int]:
    """Return the number of each row by its key; rows of one key are told apart by their order."""
    if table.frame.empty:
        return {}
    written = table.frame[list(keys)].astype(str) if keys else pd.DataFrame(index=table.frame.index)
    order = written.groupby(list(keys)).cumcount() if keys else range(len(written))
    written = written.assign(_order=[str(number) for number in order])
    return dict(
        zip(written.itertuples(index=False, name=None), table.frame.index.tolist(), strict=True)
    )


def _cell_changes(
    form: Form,
    table: Table,
    before: tuple[ParsedTable, list[int]],
    now: tuple[ParsedTable, list[int]],
) -> Iterator[Change]:
    (old, old_rows), (new, new_rows) = before, now
    shown = _shower(form, table)
    marks = [{(m.row_no, m.column): m.status for m in parsed.marks} for parsed in (old, new)]
    found = []
    for position, column in enumerate(table_columns(form, table)):
        name = column.name
        values = [
            p.frame[name].loc[rows].tolist() for p, rows in ((old, old_rows), (new, new_rows))
        ]
        texts = [p.texts[name].loc[rows].tolist() for p, rows in ((old, old_rows), (new, new_rows))]
        for index, (left, right) in enumerate(zip(*values, strict=True)):
            was, is_now = old_rows[index], new_rows[index]
            same = (pd.isna(left) and pd.isna(right)) or (
                not pd.isna(left) and not pd.isna(right) and left == right
            )
            marked = marks[0].get((was, name)), marks[1].get((is_now, name))
            unread = pd.isna(left) and texts[0][index] != texts[1][index]
            if same and marked[0] == marked[1] and not unread:
                continue
            change = Change(
                "changed", new.sheet, new.cell(is_now, name), shown(new, is_now), column.zh,
                _text(texts[0][index]), _text(texts[1][index]),
            )  # fmt: skip
            found.append((is_now, position, change))
    yield from (change for *_, change in sorted(found, key=lambda item: item[:2]))


def _row(kind: str, form: Form, table: Table, parsed: ParsedTable, row: int) -> Change:
    filled = sum(bool(parsed.texts.at[row, name]) for name in parsed.texts.columns)
    count = f"填写{filled}栏 {filled} cells"
    shown = _shower(form, table)(parsed, row)
    if kind == "row_added":
        letters = sorted(parsed.column_letters.values(), key=lambda letter: (len(letter), letter))
        cell = f"{letters[0]}{row}" if letters else None
        return Change("row_added", parsed.sheet, cell, shown, "", "", count)
    return Change("row_removed", parsed.sheet, None, shown, "", count, "")


def _shower(form: Form, table: Table) -> Callable[[ParsedTable, int], str]:
    keys = [(column.name, column.zh) for column in key_columns(form, table)]

    def shown(parsed: ParsedTable, row: int) -> str:
        texts = ((zh, str(parsed.texts.at[row, name])) for name, zh in keys)
        return "；".join(f"{zh} {text}" for zh, text in texts if text)[:_LONGEST_SHOWN]

    return shown


def _text(text: str) -> str:
    return text[:_LONGEST_SHOWN] if text else _BLANK
