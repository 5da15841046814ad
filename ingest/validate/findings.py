"""Makes the findings of one table: file, sheet, cell, row key and the two sentences."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from ingest.forms.catalogue import key_columns, table_columns
from ingest.forms.model import Column, Form, Rule, Table
from ingest.parsed import ParsedTable
from ingest.validate.wording import plain, spoken
from warehouse.findings import Finding
from warehouse.month import Month

BLANK_KEY = "-"


class TableFindings:
    """Collects the findings of one table; only rows with a finding are ever looked at singly.

    `columns` are those of the form as they are in the report month.
    """

    def __init__(
        self, form: Form, table: Table, parsed: ParsedTable, month: Month, file: str | None
    ) -> None:
        self.columns: dict[str, Column] = {
            column.name: column.as_of(str(month)) for column in table_columns(form, table)
        }
        self.keys = [column.name for column in key_columns(form, table)]
        self._form_code = form.form_code
        self._parsed = parsed
        self._file = file
        self._positions = {name: position for position, name in enumerate(self.columns)}
        self._row_keys: dict[int, dict[str, str]] = {}
        self._lists: dict[tuple[str, str], list[Any]] = {}
        self._found: list[tuple[int, int, Finding]] = []

    def add(
        self,
        rule: Rule,
        row_no: int,
        column: str,
        *,
        words: Mapping[str, Any] | None = None,
        words_zh: Mapping[str, str] | None = None,
        words_en: Mapping[str, str] | None = None,
        value: str | None = None,
        expected: str | None = None,
        reason: str | None = None,
    ) -> None:
        """Add a finding of `rule` at a cell; `words` fill the placeholders of its sentences.

        `value` is what was found there, where that is not the value of the cell.
        """
        definition = self.columns[column]
        text = self.text(row_no, column)
        both = {"text": text} | {name: spoken(word) for name, word in (words or {}).items()}
        names_zh, names_en = {"it_zh": definition.zh}, {"it_en": definition.en}
        finding = Finding(
            check_id=rule.id,
            severity=rule.severity,
            level=rule.level,
            message_zh=rule.message.zh.format_map({**both, **names_zh, **(words_zh or {})}),
            message_en=rule.message.en.format_map({**both, **names_en, **(words_en or {})}),
            file=self._file,
            sheet=self._parsed.sheet,
            cell=self._parsed.cell(row_no, column),
            form_code=self._form_code,
            value=value or plain(self._value("frame", row_no, column)) or text or None,
            expected=expected,
            row_key=dict(self.row_key(row_no)),
            column_name=column,
            reason=reason,
        )
        self._found.append((row_no, self._positions[column], finding))

    def text(self, row_no: int, column: str) -> str:
        """Return the text of a cell as written."""
        text = self._value("texts", row_no, column)
        return text if isinstance(text, str) else ""

    def row_key(self, row_no: int) -> dict[str, str]:
        """Return the key columns of a row as text, blanks as '-'."""
        if row_no not in self._row_keys:
            self._row_keys[row_no] = {
                name: plain(self._value("frame", row_no, name)) or BLANK_KEY for name in self.keys
            }
        return self._row_keys[row_no]

    @cached_property
    def _places(self) -> dict[int, int]:
        return {row_no: place for place, row_no in enumerate(self._parsed.frame.index)}

    def _value(self, frame: str, row_no: int, column: str) -> Any:
        # A list for each column asked about: `DataFrame.at` costs ten times as much a cell.
        key = (frame, column)
        if key not in self._lists:
            self._lists[key] = getattr(self._parsed, frame)[column].tolist()
        return self._lists[key][self._places[row_no]]

    def in_order(self) -> list[Finding]:
        """Return the findings by row, then by column."""
        return [found for *_, found in sorted(self._found, key=lambda item: item[:2])]
