"""The example month, built and published once for all; the guides of `docs/` that tests follow."""

from __future__ import annotations

import re
import shlex
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from openpyxl import load_workbook

from examples.load import send_corrected_returns, send_first_returns
from examples.returns import LIJIANG
from expectations.gate import gate_month
from ingest.receive import receive_inbox
from warehouse.builds import build_month
from warehouse.month import Month
from warehouse.releases import publish
from warehouse.settings import PROJECT_ROOT, Settings

if TYPE_CHECKING:
    from tests.conftest import Clone

MONTH = Month(2009, 11)


@pytest.fixture(scope="session")
def built_example(
    template_database: Settings,
    clone_warehouse: Clone,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Settings]:
    """Return a warehouse with all example returns, Huaping's corrections too, built; a template."""
    home = tmp_path_factory.mktemp("example") / "home"
    with clone_warehouse(template_database, home) as settings:
        send_first_returns(settings, LIJIANG)
        send_corrected_returns(settings, LIJIANG)
        receive_inbox(settings)
        build_month(settings, MONTH)
        yield settings


@pytest.fixture(scope="session")
def published_example(
    built_example: Settings, clone_warehouse: Clone, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Settings]:
    """Return a warehouse with the example month published; a template."""
    home = tmp_path_factory.mktemp("published-example") / "home"
    with clone_warehouse(built_example, home) as settings:
        gate_month(settings, MONTH)
        publish(settings, [MONTH])
        yield settings


@dataclass(frozen=True)
class Insertion:
    """Lines that a guide puts above one line of a file (or above each that reads like it)."""

    path: str
    anchor: str
    above_each: bool
    text: str

    def apply(self, root: Path) -> None:
        """Change the file below `root`; an anchor that is not there (once) is an error."""
        file = root / self.path
        lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
        found = [number for number, line in enumerate(lines) if line.strip() == self.anchor]
        assert found if self.above_each else len(found) == 1, (self, found)
        for number in reversed(found):
            indent = lines[number][: len(lines[number]) - len(lines[number].lstrip())]
            lines[number:number] = [textwrap.indent(self.text, indent)]
        file.write_text("".join(lines), encoding="utf-8")


@dataclass(frozen=True)
class Step:
    """A command line of a page; `printed` is what the page shows of its output, if anything."""

    chapter: str
    line: str
    printed: str | None

    @property
    def exit_code(self) -> int:
        """Return the exit code the page states."""
        stated = re.search(r"# exit (\d+)$", self.line)
        return int(stated[1]) if stated else 0


class Guide:
    """A page of `docs/` whose edits, files and commands a test carries out."""

    def __init__(self, name: str) -> None:
        text = (PROJECT_ROOT / "docs" / name).read_text(encoding="utf-8")
        prose, *fenced = re.split(r"^```(\w*)\n", text, flags=re.M)
        self._parts: list[tuple[str, str, str]] = []  # the prose above, the language, the code
        for language, code, _, below in zip(*(iter(fenced),) * 4, strict=True):
            self._parts.append((prose, language, code))
            prose = below

    def blocks(self, language: str) -> list[str]:
        """Return the code blocks of a language."""
        return [code for _, found, code in self._parts if found == language]

    def write_files(self, folder: Path) -> None:
        """Write the csv files of the page: "`name.csv`:" and the block below it."""
        for prose, language, code in self._parts:
            named = re.search(r"`([\w.-]+\.csv)`:\s*\Z", prose)
            if language == "csv" and named:
                (folder / named[1]).write_text(code, encoding="utf-8")

    def commands(self) -> list[list[str]]:
        """Return every command line of the page, split into words."""
        lines = [line for code in self.blocks("sh") for line in code.splitlines()]
        return [shlex.split(line) for line in lines]

    def steps(self) -> Iterator[Step]:
        """Return the command lines in order, with what the page says they print and exit with.

        A line ends in "# exit 3" where it does not exit with 0; the `text` block below a `sh`
        block is what its last line prints.
        """
        chapter = ""
        following = [*self._parts[1:], ("", "", "")]
        for (prose, language, code), (_, next_language, next_code) in zip(
            self._parts, following, strict=True
        ):
            chapter = (re.findall(r"^##+ (.+)$", prose, flags=re.M) or [chapter])[-1]
            if language != "sh":
                continue
            *silent, last = code.splitlines()
            for line in silent:
                yield Step(chapter, line, None)
            yield Step(chapter, last, next_code if next_language == "text" else None)

    def insertions(self) -> list[Insertion]:
        """Return the edits: "In `file`, above the line `anchor`:" and the block below it."""
        found = []
        for before, _, code in self._parts:
            match = re.search(r"In `([^`]+)`, above (the|each) line `(.+)`:\n\Z", before)
            if match:
                found.append(Insertion(match[1], match[3], match[2] == "each", code))
        return found


@pytest.fixture(scope="session")
def guide() -> Callable[[str], Guide]:
    """Return a function that reads a page of `docs/`."""
    return Guide


@pytest.fixture(scope="session")
def fill_return() -> Callable[[Path, str, list[dict[str, object]]], None]:
    """Return a function that fills in a blank return as its clerk would: `zh heading -> cell`."""

    def fill(path: Path, sheet: str, rows: list[dict[str, object]]) -> None:
        workbook = load_workbook(path)
        worksheet = workbook[sheet]
        for line in worksheet.iter_rows():
            places = {re.split(r"[(\n]", str(cell.value))[0]: cell.column for cell in line}
            if set(places) >= {name for row in rows for name in row}:
                for number, row in enumerate(rows, start=line[0].row + 1):
                    for name, value in row.items():
                        worksheet.cell(row=number, column=places[name], value=value)
                workbook.save(path)
                return
        pytest.fail(f"{path.name} has no row of these headings")

    return fill


@pytest.fixture(scope="session")
def songping_revised(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Settings], Path]:
    """Return a function that edits the csv Songping sent to a warehouse, as its clerk would."""

    def revise(settings: Settings) -> Path:
        sent = settings.home / "examples" / "lijiang" / "FP-02_530722208000_200911_v0.csv"
        text = sent.read_bytes().decode("utf-8")
        assert text.count("报送版本 Version,0") == text.count(",3000000,") == 1
        edited = text.replace("报送版本 Version,0", "报送版本 Version,1")
        path = tmp_path_factory.mktemp("songping") / "FP-02_530722208000_200911_v1.csv"
        path.write_bytes(edited.replace(",3000000,", ",3100000,").encode("utf-8"))
        return path

    return revise
