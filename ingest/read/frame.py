"""The frame of a table: one typed pandas column for each column of the form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from ingest.forms.model import Column
from ingest.read.values import Value


def build_frame(
    columns: Sequence[Column], values: Mapping[str, Sequence[Value]], row_nos: Sequence[int]
) -> pd.DataFrame:
    """Return the frame of `ingest.parsed.ParsedTable`; a column without values is blank."""
    index = pd.Index(list(row_nos), dtype="int64", name="row_no")
    blank: list[Value] = [None] * len(row_nos)
    return pd.DataFrame(
        {c.name: _series(c, values.get(c.name, blank), index) for c in columns}, index=index
    )


def build_texts(
    columns: Sequence[Column], texts: Mapping[str, Sequence[str]], row_nos: Sequence[int]
) -> pd.DataFrame:
    """Return the texts of the cells, with the index and columns of the frame."""
    index = pd.Index(list(row_nos), dtype="int64", name="row_no")
    blank = [""] * len(row_nos)
    return pd.DataFrame(
        {c.name: list(texts.get(c.name, blank)) for c in columns}, index=index, dtype="str"
    )


def _series(column: Column, values: Sequence[Value], index: pd.Index) -> pd.Series:
    if column.type in ("money", "dec"):
        numbers = [None if value is None else float(str(value)) for value in values]
        return pd.Series(numbers, index=index, dtype="float64")
    if column.type == "int":
        return pd.Series(values, index=index, dtype="Int64")
    if column.type == "bool":
        return pd.Series(values, index=index, dtype="boolean")
    if column.type == "date":
        return pd.Series(values, index=index, dtype="datetime64[s]")
    if column.key_default is not None:
        values = [column.key_default if value is None else value for value in values]
    return pd.Series(values, index=index, dtype="str")
