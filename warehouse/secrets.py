"""Passwords of one installation: made on first use, kept in files only their owner can read."""

from __future__ import annotations

import os
import re
import secrets as randomness
import tempfile
from pathlib import Path

from warehouse.errors import UsageError, WarehouseError
from warehouse.settings import Settings

_NAME = re.compile(r"[a-z][a-z0-9_]*")


def secret(settings: Settings, name: str) -> str:
    """Return the secret of this name; two processes asking at once get the same one."""
    if _NAME.fullmatch(name) is None:
        raise UsageError(f"{name!r} is no name of a secret.", remedy="Use a-z, 0-9 and _.")
    path = settings.secret_dir / name
    try:
        return _read(path)
    except FileNotFoundError:
        pass
    except OSError as error:
        raise _unusable(path) from error
    try:
        _create(path, randomness.token_urlsafe(32))
        return _read(path)
    except OSError as error:
        raise _unusable(path) from error


def _read(path: Path) -> str:
    value = path.read_text(encoding="ascii").strip()
    if not value:
        raise WarehouseError(
            f"The secret file {path} is empty.",
            remedy="Remove it; `tmw db migrate` makes a new one.",
        )
    return value


def _create(path: Path, value: str) -> None:
    """Write the file whole or not at all; an existing file wins."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.parent.chmod(0o700)
    handle, name = tempfile.mkstemp(prefix=".new-", dir=path.parent)  # mode 600
    draft = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="ascii") as stream:
            stream.write(value + "\n")
            stream.flush()
            os.fsync(stream.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            return
    finally:
        draft.unlink()


def _unusable(path: Path) -> WarehouseError:
    return WarehouseError(
        f"The secret file {path} cannot be used.",
        remedy=f"Give the account that runs this command read and write access to {path.parent}.",
    )
