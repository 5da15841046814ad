"""The answer to one return, for whoever has lost it or wants to see it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import typer

from cli.output import AsJson, print_json, result
from warehouse.settings import load_settings


def answer(
    receipt: Annotated[str, typer.Argument(help="The receipt number of the return.")],
    as_json: AsJson = False,
) -> None:
    """Say where the answer to a return lies; it is written again where it is gone."""
    from ingest.feedback.answers import answer_to

    path = answer_to(load_settings(), receipt)
    if as_json:
        print_json({"receipt_no": receipt.strip(), "path": str(path)})
    else:
        result.print(str(path), markup=False, soft_wrap=True)


COMMANDS: dict[str, Callable[..., Any]] = {"answer": answer}
