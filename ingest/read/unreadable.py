"""Why a file cannot be read: the finding's id, what exactly, and where."""

from __future__ import annotations


class UnreadableFileError(Exception):
    """The file cannot be read.

    `check_id` names the finding, `detail` the technical reason, `reason` the words for the
    reporter (a key of `ingest.read.messages`), `sheet` and `cell` the place where there is one.
    """

    def __init__(
        self,
        check_id: str,
        detail: str,
        *,
        reason: str = "",
        sheet: str | None = None,
        cell: str | None = None,
    ) -> None:
        super().__init__(f"{check_id}: {detail}")
        self.check_id = check_id
        self.detail = detail
        self.reason = reason
        self.sheet = sheet
        self.cell = cell
