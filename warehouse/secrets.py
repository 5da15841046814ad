"""Passwords of one installation: made on first use, kept in files only their owner can read."""

from __future__ import annotations

import json
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


def given_secret(settings: Settings, name: str) -> str:
    """Return a secret that only its operator can know; raise `UsageError` where it is missing."""
    try:
        return _read(settings.secret_dir / name)
    except FileNotFoundError as error:
        raise UsageError(
            f"The secret file {settings.secret_dir / name} is missing.",
            remedy="Write the password into it, with mode 600.",
        ) from error
    except OSError as error:
        raise _unusable(settings.secret_dir / name) from error


def replace_secret(settings: Settings, name: str, value: str) -> None:
    """Put another value in the place of a secret, whole or not at all."""
    path = settings.secret_dir / name
    draft = path.with_name(f".new-{name}")
    try:
        draft.unlink(missing_ok=True)
        _create(draft, value)
        draft.replace(path)
    except OSError as error:
        raise _unusable(path) from error


def save_secrets(settings: Settings, target: Path, *, apart_from: Path) -> None:
    """Write all secrets of the home into one new file of mode 600, outside the backup's folder."""
    if target.absolute().is_relative_to(apart_from.absolute()):
        raise UsageError(
            f"{target} lies in the folder of the backup.",
            remedy="Keep the passwords elsewhere: whoever holds both holds everything.",
        )
    names = sorted(settings.secret_dir.glob("[a-z]*")) if settings.secret_dir.is_dir() else []
    text = json.dumps({path.name: _read(path) for path in names}, indent=1) + "\n"
    try:
        target.unlink(missing_ok=True)
        descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
    except OSError as error:
        raise _unusable(target) from error


def load_secrets(settings: Settings, source: Path) -> None:
    """Put the secrets of a file that `save_secrets` wrote into a home; existing ones win."""
    try:
        found = json.loads(source.read_text(encoding="ascii"))
        named = {str(name): str(value) for name, value in found.items()}
    except (OSError, ValueError, AttributeError) as error:
        raise UsageError(
            f"{source} cannot be read as a file of secrets.",
            remedy="Name the file that `tmw backup --secrets` wrote.",
        ) from error
    for name, value in named.items():
        if _NAME.fullmatch(name) is None:
            raise UsageError(f"{name!r} is no name of a secret.", remedy="Name another file.")
        _create(settings.secret_dir / name, value)
