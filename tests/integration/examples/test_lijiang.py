"""The acceptance figures of the example month, through real functions and a real database."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests_support import MONTH, VIEWS, Stage, query  # replaced below
