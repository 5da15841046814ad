"""How often each command and its server are killed in a full run; shorter runs take a share."""

from __future__ import annotations

from tests.torture.kills import Victim

# `tmw submit` needs no server; `tmw gate` and `tmw publish` have no children.
FULL: dict[str, dict[Victim, int]] = {
    "submit": {"process": 14, "group": 10},
    "receive": {"process": 12, "group": 8, "child": 6, "backend": 7, "postmaster": 5},
    "build": {"process": 14, "group": 10, "child": 8, "backend": 10, "postmaster": 8},
    "gate": {"process": 12, "group": 8, "backend": 8, "postmaster": 5},
    "publish": {"process": 18, "group": 14, "backend": 13, "postmaster": 10},
}


def quota(kills: int) -> dict[str, dict[Victim, int]]:
    """Return the full quota scaled to so many kills."""
    whole = sum(sum(victims.values()) for victims in FULL.values())
    if kills >= whole:
        return FULL
    wanted: dict[str, dict[Victim, int]] = {command: {} for command in FULL}
    given = 0
    for command, victims in FULL.items():
        for victim, count in victims.items():
            before = given * kills // whole
            given += count
            wanted[command][victim] = given * kills // whole - before
    return wanted
