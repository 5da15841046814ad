"""Rule G4: the row key is unique within a return."""

from __future__ import annotations

from ingest.forms.catalogue import general_rule
from ingest.parsed import ParsedTable
from ingest.validate.cells import required_rows
from ingest.validate.findings import TableFindings


def check_keys(parsed: ParsedTable, findings: TableFindings) -> None:
    """Add G4 at each row whose key stands in an earlier row; rows that lack a key are left out."""
    keys = parsed.frame[findings.keys]
    for name in findings.keys:
        blank = keys[name].isna()
        if blank.any():
            due = required_rows(findings.columns[name], parsed.frame).loc[keys.index]
            keys = keys[~(blank & due)]
    again = keys.duplicated(keep="first")
    if not again.any():
        return
    first_rows = keys.index.to_series().groupby(
        keys.groupby(findings.keys, dropna=False, sort=False).ngroup()
    )
    first_row = first_rows.transform("first")
    column = next(
        (name for name in findings.keys if name in parsed.column_letters), findings.keys[0]
    )
    rule = general_rule("G4", "key")
    for row_no in keys.index[again]:
        findings.add(
            rule,
            row_no,
            column,
            words={"first_row": str(first_row.at[row_no])},
            words_zh={"key_zh": "、".join(findings.columns[name].zh for name in findings.keys)},
            words_en={"key_en": ", ".join(findings.columns[name].en for name in findings.keys)},
        )
