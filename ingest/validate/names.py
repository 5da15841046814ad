"""What is told of names that stand in the place of codes."""

from __future__ import annotations

from ingest.forms.catalogue import general_rule
from ingest.parsed import NamedCell, ParsedTable
from ingest.validate.findings import TableFindings

NONE_NEAR = "—"


def check_names(parsed: ParsedTable, findings: TableFindings) -> None:
    """Add a finding for each name: once for all cells of a column that were read alike."""
    for named in parsed.named:
        findings.add(
            general_rule(named.check_id),
            named.row_no,
            named.column,
            words=name_words(named),
            value=named.text,
            expected=named.code or "；".join(named.nearest) or None,
        )


def name_words(named: NamedCell) -> dict[str, str]:
    """Return the words of the sentences about names."""
    return {
        "text": named.text,
        "count": str(named.count),
        "code": named.code or NONE_NEAR,
        "name": named.name or NONE_NEAR,
        "nearest": "；".join(named.nearest) or NONE_NEAR,
    }


def not_taken(parsed: ParsedTable, column: str) -> set[int]:
    """Return the rows whose cell of this column holds a name that became no code."""
    return {
        named.row_no
        for named in parsed.named
        if named.column == column and (named.code is None or named.check_id == "IN-name-differs")
    }
