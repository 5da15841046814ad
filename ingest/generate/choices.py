"""The villages and projects a blank return offers, and cells as its drop-downs enter them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ingest.forms.catalogue import code_list
from ingest.forms.model import Choices, Column
from ingest.generate.labels import option
from ingest.generate.layout import Cell


@dataclass(frozen=True)
class Choice:
    """A village or project of the unit: its whole code, and its name where one is known."""

    code: str
    name: str = ""

    @property
    def shown(self) -> str:
        """Return what the drop-down shows, and the reader understands: `code name` in one line."""
        return " ".join((self.code, *self.name.split()))


@dataclass(frozen=True)
class Offer:
    """What a blank return offers beside the code lists."""

    villages: tuple[Choice, ...] = ()
    projects: tuple[Choice, ...] = ()
    _shown: dict[Choices, dict[str, str]] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self._shown["villages"] = _by_code(self.villages)
        self._shown["projects"] = _by_code(self.projects)

    def of(self, choices: Choices) -> Mapping[str, str]:
        """Return what is shown for each code of one of the two lists."""
        return self._shown[choices]


def shown(column: Column, value: Cell, offer: Offer) -> Cell:
    """Return a value as the cell of a blank return shows it.

    A code gets its label and a village or project its name, as the drop-down enters them; a
    truth value is 是 or 否. What is neither (a mark, say) stays as it is.
    """
    if isinstance(value, bool):
        return "是" if value else "否"
    if not isinstance(value, str):
        return value
    if column.codes:
        code = code_list(column.codes).get(value)
        return option(code) if code is not None else value
    if column.choices:
        return offer.of(column.choices).get(value, value)
    return value


def _by_code(choices: Iterable[Choice]) -> dict[str, str]:
    return {choice.code: choice.shown for choice in choices}
