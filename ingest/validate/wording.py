"""How a value is written in a finding: plain for machines, with separators in a sentence."""

from __future__ import annotations

import math
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

_POWERS = (1, 2, 3, 4)
_SLIP_TOLERANCE = 0.005


def plain(value: Any) -> str | None:
    """Return `22250000`, `82.5`, `2009-11-05`, `是`; None for a blank value."""
    return _written(value, "")


def spoken(value: Any) -> str:
    """Return the value as it stands in a sentence: `22,250,000`; a dash where it is blank."""
    return _written(value, ",") or "—"


def power_of_ten(value: float, expected: float) -> int | None:
    """Return k where value / expected lies within 0.5 % of 10^k, 1 <= |k| <= 4."""
    if expected == 0 or value / expected <= 0:
        return None
    power = round(math.log10(value / expected))
    near = abs(value / expected / 10.0**power - 1) <= _SLIP_TOLERANCE
    return power if near and abs(power) in _POWERS else None


def power_phrase_zh(power: int | None) -> str:
    """Return the Chinese half-sentence that names a slip by a power of ten ('' for none)."""
    if power is None:
        return ""
    times = f"{10 ** abs(power):,}"
    size = f"{times}倍" if power > 0 else f"{times}分之一"
    return f"；填报数是应有数的{size}（10的{power}次方），疑似小数点或单位填错"


def power_phrase_en(power: int | None) -> str:
    """Return the English half-sentence that names a slip by a power of ten ('' for none)."""
    if power is None:
        return ""
    times = f"{10 ** abs(power):,}"
    size = f"{times} times" if power > 0 else f"1/{times} of"
    return f"; the figure is {size} that (10^{power}), likely a slip of the decimal point or unit"


def _written(value: Any, separator: str) -> str | None:
    if value is None or pd.isna(value):
        return None
    if isinstance(value, bool | np.bool_):
        text = "是" if value else "否"
    elif isinstance(value, int | np.integer):
        text = f"{int(value):{separator}d}"
    elif isinstance(value, float | np.floating):
        text = f"{round(float(value), 6):{separator}.6f}".rstrip("0").rstrip(".")
    elif isinstance(value, date | np.datetime64):
        text = pd.Timestamp(value).strftime("%Y-%m-%d")
    else:
        text = str(value)
    return text
