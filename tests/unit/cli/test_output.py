"""What commands print is what stands in the files: nothing in it is taken for markup."""

from __future__ import annotations

import pytest

from cli.output import print_message, print_table

LONG = "计划补助资金[/bold]应为2,225,000元" * 12


def test_a_message_is_one_line_and_keeps_its_brackets(capsys: pytest.CaptureFixture[str]) -> None:
    print_message("G5", "error 副本[a].xlsx FP-02 Z20", LONG, "[red] is no colour here")
    assert capsys.readouterr().out.splitlines() == [
        "G5 error 副本[a].xlsx FP-02 Z20",
        f"  {LONG}",
        "  [red] is no colour here",
    ]


def test_a_table_keeps_brackets(capsys: pytest.CaptureFixture[str]) -> None:
    print_table("Receipts", ["file"], [["return[b].xlsx"], ["[/]"]])
    lines = capsys.readouterr().out.splitlines()
    assert [line.strip(" │") for line in lines if line.startswith("│")] == ["return[b].xlsx", "[/]"]
