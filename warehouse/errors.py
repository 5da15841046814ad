"""Our errors: each says what was being done, with which file or month, and what to do next.

A command turns them into one line and an exit code; a traceback never reaches a user.
"""

from __future__ import annotations

from typing import ClassVar


class WarehouseError(Exception):
    """Something could not be done (exit code 4)."""

    exit_code: ClassVar[int] = 4

    def __init__(self, message: str, *, remedy: str) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.message} {self.remedy}"


class UsageError(WarehouseError):
    """The command or its arguments are wrong (exit code 2)."""

    exit_code = 2


class ServerError(WarehouseError):
    """The database server cannot be started, reached or stopped."""


class MigrationError(WarehouseError):
    """The schema cannot be brought to the state of this version."""


class DefinitionError(WarehouseError):
    """A form definition, code list or mart contract contradicts itself."""


class BuildError(WarehouseError):
    """A build of a month failed or was overtaken by a newer one."""


class GateError(WarehouseError):
    """The gate itself could not be run (a held month is no error)."""


class MonthHeldError(WarehouseError):
    """The month is held or waits for a signature (exit code 3)."""

    exit_code = 3


class SignerError(WarehouseError):
    """Somebody signed who may not."""


class PublishError(WarehouseError):
    """A release could not be made."""


class NotGatedError(PublishError):
    """The build in force has not been judged; a newer one took the place of one that was."""


class LandingError(WarehouseError):
    """A file could not be taken into the landing store."""


class ObjectStoreError(WarehouseError):
    """The object store of an installation cannot be reached or used."""


class AssessmentError(WarehouseError):
    """A file could not be checked by a fault of our own code; the township is not to blame."""


class BackupError(WarehouseError):
    """A backup could not be made, is not whole, or cannot be restored here."""


class TraceError(WarehouseError):
    """A published figure cannot be traced as asked."""
