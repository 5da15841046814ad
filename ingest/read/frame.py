"""The frame of a table: one typed pandas column for each column of the form."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
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
        {c.name: _array(c, values.get(c.name, blank)) for c in columns}, index=index
    )


def build_texts(
    columns: Sequence[Column], texts: Mapping[str, Sequence[str]], row_nos: Sequence[int]
) -> pd.DataFrame:
    """Return the texts of the cells, with the index and columns of the frame."""
    cells = np.full((len(row_nos), len(columns)), "", dtype=object)
    for position, column in enumerate(columns):
        if column.name in texts:
            cells[:, position] = texts[column.name]
    index = pd.Index(list(row_nos), dtype="int64", name="row_no")
    return pd.DataFrame(cells, index=index, columns=[column.name for column in columns])


def _array(column: Column, values: Sequence[Value]) -> Any:
    if column.type in ("money", "dec"):
        return np.array(
            [math.nan if value is None else float(str(value)) for value in values], dtype="float64"
        )
    cells: list[Any] = list(values)
    if column.type == "int":
        return pd.array(cells, dtype="Int64")
    if column.type == "bool":
        return pd.array(cells, dtype="boolean")
    if column.type == "date":
        return np.array(cells, dtype="datetime64[s]")
    if column.key_default is not None:
        cells = [column.key_default if cell is None else cell for cell in cells]
    return pd.array(np.array(cells, dtype=object), dtype="str")
