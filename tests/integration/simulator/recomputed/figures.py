"""Reads the simulator's tables and adds up exactly: money in whole fen, rates in decimals."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import pandas as pd

Frame = pd.DataFrame
Series = pd.Series


def read_table(folder: Path, name: str) -> Frame:
    """Return a table of the simulator as text, blanks as NA."""
    frame = pd.read_csv(folder / f"{name}.csv", dtype="string", keep_default_na=False)
    return frame.replace("", pd.NA)


def fen(text: Series) -> Series:
    """Return yuan written as text in whole fen."""
    return text.map(lambda t: int(Decimal(t) * 100), na_action="ignore").astype("Int64")


def whole(text: Series) -> Series:
    return text.map(lambda t: int(Decimal(t)), na_action="ignore").astype("Int64")


def total(frame: Frame, keys: list[str], measures: Iterable[str]) -> Frame:
    """Return sums by keys: blank where every part is."""
    return frame.groupby(keys, dropna=False)[list(measures)].sum(min_count=1).reset_index()


def both(frame: Frame, numerator: str, denominator: str) -> tuple[Series, Series]:
    """Return the two sides where both are given."""
    given = frame[numerator].notna() & frame[denominator].notna()
    return frame[numerator].where(given), frame[denominator].where(given)


def percent(numerator: Series, denominator: Series, digits: int = 2, times: int = 100) -> Series:
    """Return 100 x numerator / denominator, half-up; blank on 0."""
    unit = Decimal(1).scaleb(-digits)

    def one(top: object, bottom: object) -> str | None:
        if pd.isna(top) or pd.isna(bottom) or bottom == 0:
            return None
        value = Decimal(times) * Decimal(str(top)) / Decimal(str(bottom))
        return str(value.quantize(unit, ROUND_HALF_UP))

    pairs = zip(numerator, denominator, strict=True)
    return pd.Series([one(a, b) for a, b in pairs], index=numerator.index, dtype="string")


def in_yuan(amount: Series) -> Series:
    """Return fen as yuan with two decimals."""
    return amount.map(lambda f: f"{Decimal(int(f)) / 100:.2f}", na_action="ignore").astype("string")


def status_of(frame: Frame, measures: list[str]) -> Series:
    """Return A where a measure has a value, else O: the simulator files no marked cell."""
    filled = frame[measures].notna().any(axis=1)
    return filled.map({True: "A", False: "O"}).astype("string")
