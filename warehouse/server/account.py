"""Under which account the server's binaries run.

PostgreSQL refuses root. As root every binary therefore runs in a user namespace that maps root
to 65534: the server believes to be an ordinary user, the files stay root's, and a folder that
only root may enter stays reachable. Where user namespaces are switched off, the binaries run as
`postgres` or `nobody` after a setuid. An ordinary user without a name gets a namespace, too.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from warehouse.errors import ServerError

_MAPPED_ID = 65534
_ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C"}
# Prints the first folder that this account may not enter.
_FIRST_CLOSED = 'for d; do test -x "$d" || { printf %s "$d"; exit 1; }; done'


@dataclass(frozen=True)
class Account:
    """How to start a server binary: a prefix of the command and, or, another user."""

    name: str
    prefix: tuple[str, ...] = ()
    uid: int | None = None
    gid: int | None = None

    def run(
        self, command: Sequence[str | Path], *, timeout: float | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run a command to its end, without the environment of this process."""
        return subprocess.run(
            [*self.prefix, *map(str, command)],
            env=_ENVIRONMENT,
            cwd="/",
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=timeout,
            check=False,
            user=self.uid,
            group=self.gid,
            extra_groups=None if self.uid is None else [],
        )

    def own(self, path: Path) -> None:
        """Hand a file or folder over to this account (needed after a setuid only)."""
        if self.uid is not None and self.gid is not None:
            os.chown(path, self.uid, self.gid)

    def require_reach(self, folder: Path, *, remedy: str) -> None:
        """Raise `ServerError` naming the first folder on the way that the account cannot enter."""
        way = [*reversed(folder.parents), folder]
        answer = self.run(["/bin/sh", "-c", _FIRST_CLOSED, "sh", *way])
        if answer.returncode != 0:
            raise ServerError(
                f"The database server runs as {self.name}, who cannot enter"
                f" {answer.stdout or folder}.",
                remedy=remedy,
            )


def server_account(database_dir: Path, *, allow_namespace: bool = True) -> Account:
    """Choose the account: of an existing data folder its owner, else one that can be used."""
    if os.geteuid() != 0:
        return _ordinary(database_dir)
    owner = _owner(database_dir)
    if owner not in (None, 0):
        entry = pwd.getpwuid(int(owner or 0))
        return Account(entry.pw_name, uid=entry.pw_uid, gid=entry.pw_gid)
    if allow_namespace:
        account = _namespace()
        if account is not None:
            return account
    if owner == 0:
        raise ServerError(
            f"The data folder {database_dir} was made in a user namespace, which this machine"
            " no longer allows.",
            remedy="Allow user namespaces (sysctl user.max_user_namespaces), or restore a backup.",
        )
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name, uid=entry.pw_uid, gid=entry.pw_gid)
    raise ServerError(
        "PostgreSQL does not run as root, and there is neither a user namespace nor a user"
        " `postgres` or `nobody`.",
        remedy="Run as an ordinary user, or set TMW_DATABASE_URL to another PostgreSQL.",
    )


def _ordinary(database_dir: Path) -> Account:
    owner = _owner(database_dir)
    if owner not in (None, os.geteuid()):
        raise ServerError(
            f"The data folder {database_dir} belongs to user id {owner}, not to you.",
            remedy="Run as that user, or set TMW_HOME to a folder of your own.",
        )
    name = f"user id {os.geteuid()}"
    try:
        pwd.getpwuid(os.geteuid())
    except KeyError:  # initdb refuses an account without a name, e.g. in a container
        account = _namespace()
        if account is None:
            raise ServerError(
                f"PostgreSQL does not run as {name}, which has no name on this machine.",
                remedy="Run as a user that /etc/passwd names.",
            ) from None
        return account
    return Account(name)


def _owner(folder: Path) -> int | None:
    try:
        return folder.stat().st_uid
    except FileNotFoundError:
        return None
    except PermissionError as error:
        raise ServerError(
            f"{folder} cannot be reached.",
            remedy="Set TMW_HOME to a folder of your own.",
        ) from error


def _namespace() -> Account | None:
    program = shutil.which("unshare")
    if program is None:
        return None
    prefix = (program, "--user", f"--map-user={_MAPPED_ID}", f"--map-group={_MAPPED_ID}")
    account = Account(f"user id {os.geteuid()} in a user namespace", prefix=prefix)
    try:
        works = account.run(["/bin/sh", "-c", "exit 0"], timeout=30).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return None
    return account if works else None
