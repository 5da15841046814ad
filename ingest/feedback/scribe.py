"""The parent's side of the process that writes workbooks of answers.

One child composes many answers in turn. Where a workbook cannot be copied, is too large or kills
the child, the answer is drawn from the cells that were read; where that fails too it holds the
findings alone. So every return has an answer, and the parent parses nothing.
"""

from __future__ import annotations

import json
import logging
import shutil
import tempfile
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from ingest.child_process import ChildEndedError, ChildLateError, ChildProcess, LongMessageError
from ingest.explain import take_answer
from ingest.feedback.child import DONE, EXHAUSTED, MAX_DRAFT_BYTES, READY
from ingest.feedback.content import Content
from ingest.read.sandbox import Cell, Grid, Sandbox
from ingest.read.unreadable import UnreadableFileError
from ingest.read.values import cell_text
from warehouse.errors import LandingError
from warehouse.settings import Settings

_LONGEST_SECONDS: Final = 30.0  # then a plainer answer is better than a later one
_MAX_CELLS_SENT: Final = 100_000  # more than are drawn

log = logging.getLogger(__name__)


class NotComposedError(LandingError):
    """Not even the findings alone could be made a workbook; the receipt tells them."""


class _NotWrittenError(Exception):
    """The child did not compose this workbook."""


class Scribe:
    """Composes workbooks in a limited child process. Use as a context manager; not thread-safe."""

    def __init__(self, settings: Settings, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._timeout = min(_LONGEST_SECONDS, float(settings.read_timeout_seconds))
        self._memory = settings.read_memory_bytes
        self._drafts_dir = settings.drafts_dir
        self._child: ChildProcess | None = None
        self._drafts: Path | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def workbook(self, path: Path | None, content: Content) -> bytes:
        """Return the answer about a landed file; `path` None where it cannot or shall not be read.

        Raises `NotComposedError` where not even the findings alone can be written.
        """
        why = "the process that writes answers does not start"
        for request in self._requests(path):
            try:
                return self._ask({**request, "content": content.as_json()})
            except _NotWrittenError as error:
                why = str(error)
                log.info("%s: %s", content.receipt_no, why)
        raise NotComposedError(
            f"The answer {content.receipt_no} could not be composed: {why}.",
            remedy="Free memory and space for temporary files, or raise TMW_READ_MEMORY_BYTES, then"
            " run it again.",
        )

    def close(self) -> None:
        """End the child and remove its drafts."""
        child, self._child = self._child, None
        if child is not None:
            child.close()
        drafts, self._drafts = self._drafts, None
        if drafts is not None:
            shutil.rmtree(drafts, ignore_errors=True)

    def _requests(self, path: Path | None) -> Iterator[dict[str, Any]]:
        if path is not None:
            yield {"path": str(path.resolve())}
            try:
                yield {"grids": _sendable(self._sandbox.read(path, accepted=True))}
            except UnreadableFileError as error:
                log.info("%s is not drawn: %s", path.name, error)
        yield {}

    def _ask(self, request: dict[str, Any]) -> bytes:
        data = json.dumps(request, ensure_ascii=False).encode("utf-8", "replace")
        try:
            child = self._running()
            deadline = time.monotonic() + self._timeout
            child.send(data, deadline)
            answer = child.message(deadline, MAX_DRAFT_BYTES)
        except (ChildEndedError, LongMessageError) as error:
            self.close()  # the next answer gets a fresh child
            raise _NotWrittenError(str(error)) from error
        except ChildLateError as error:
            self.close()
            raise _NotWrittenError(f"not written within {self._timeout:g} s") from error
        except BaseException:
            self.close()
            raise
        kind, content = answer[:1], answer[1:]
        if kind == EXHAUSTED:
            self.close()  # its memory is in pieces; the next answer gets a fresh child
        if kind != DONE:
            raise _NotWrittenError(content.decode("utf-8", "replace"))
        return content

    def _running(self) -> ChildProcess:
        if self._child is None or not self._child.is_running():
            self.close()
            self._drafts_dir.mkdir(parents=True, exist_ok=True)
            self._drafts = Path(tempfile.mkdtemp(dir=self._drafts_dir))
            limits = (str(self._memory), str(max(1, round(self._timeout))))
            self._child = ChildProcess("ingest.feedback.child", *limits, str(self._drafts))
            deadline = time.monotonic() + self._timeout
            if self._child.message(deadline, len(READY)) != READY:
                raise _NotWrittenError("it did not start")
        return self._child


def _sendable(grids: list[Grid]) -> list[dict[str, Any]]:
    """Return the sheets of the unit, without those of an earlier answer, as JSON can carry them."""
    grids, _ = take_answer(grids)
    left = _MAX_CELLS_SENT
    sent = []
    for grid in grids:
        rows = []
        for row in grid.rows:
            left -= len(row) + 1
            if left < 0:
                break
            rows.append([_plain(cell) for cell in row])
        sent.append({"name": grid.sheet, "hidden": grid.hidden, "rows": rows})
    return sent


def _plain(cell: Cell) -> Any:
    """Return a cell as JSON can carry it: a date as a record, what shows no value as its text."""
    if isinstance(cell, date):
        return {"d": cell.isoformat()}
    return cell if cell is None or isinstance(cell, str | bool | int | float) else cell_text(cell)
