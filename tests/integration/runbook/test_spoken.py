"""The comparison of a page with a command's output tells a changed word, number or line."""

from __future__ import annotations

import pytest

from tests.integration.runbook.spoken import says

PRINTED = """\
Received
┏━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━┳━━━━━━━━━━┓
┃ receipt        ┃ unit         ┃ state    ┃
┡━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━╇━━━━━━━━━━┩
│ R-3868373CFE9B │ 530723000000 │ accepted │
│ R-0000000000AA │ 530724000000 │ rejected │
└────────────────┴──────────────┴──────────┘
Release 1 since 2026-11-25 21:42:07.5+08:00 on 127.0.0.1:5432: all of it
"""
HEAD = "Received\n| receipt | unit | state |\n"
FIRST = "| R-111111111111 | 530723000000 | accepted |\n"
SECOND = "| R-111111111111 | 530724000000 | rejected |\n"
END = "Release 1 since 2001-01-01 10:00 on 127.0.0.1:1: all of it\n"


@pytest.mark.parametrize(
    "shown",
    [
        HEAD + FIRST + SECOND + END,
        HEAD + "...\n" + SECOND + "...\n",
        "...\n" + END,
        HEAD + FIRST + SECOND + "Release 1 since 2001-01-01 10:00 ...\n",
    ],
)
def test_what_varies_or_is_left_out_does_not_count(shown: str) -> None:
    assert says(shown, PRINTED)


@pytest.mark.parametrize(
    "shown",
    [
        "",
        HEAD + FIRST + SECOND,
        HEAD + FIRST + END,
        HEAD + SECOND + FIRST + END,
        HEAD + FIRST + SECOND.replace("530724", "530725") + END,
        HEAD + FIRST + SECOND + END.replace("Release 1", "Release 2"),
        "...\n" + END.replace("all", "most"),
    ],
)
def test_anything_else_does(shown: str) -> None:
    assert not says(shown, PRINTED)
