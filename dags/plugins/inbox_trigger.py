"""Tells Airflow that files have arrived in the inbox, a few seconds after they are whole.

Loaded through Airflow's plugins folder, the one place of ours on the triggerer's import path.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from airflow.triggers.base import BaseEventTrigger, TriggerEvent

LOOK_SECONDS = 1.5
REMIND_SECONDS = 300.0

Listing = frozenset[tuple[str, int, int]]


class InboxTrigger(BaseEventTrigger):
    """Fires when something new lies in the inbox and has not changed between two looks.

    What stays there although it was announced (the run failed, the machine was switched off)
    is announced again after `REMIND_SECONDS`.
    """

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Return how to make this trigger again; the folder is asked of the settings there."""
        return ("inbox_trigger.InboxTrigger", {})

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Look at the inbox for ever."""
        from warehouse.settings import load_settings

        inbox = load_settings().inbox_dir
        announced: Listing = frozenset()
        before: Listing = frozenset()
        announced_at = 0.0
        while True:
            now = await asyncio.to_thread(list_inbox, inbox)
            announced &= now  # a file sent again under the same name is new
            due = now - announced or time.monotonic() - announced_at > REMIND_SECONDS
            if now and now == before and due:
                announced, announced_at = now, time.monotonic()
                yield TriggerEvent({"files": len(now)})
            before = now
            await asyncio.sleep(LOOK_SECONDS)


def list_inbox(inbox: Path) -> Listing:
    """Return name, size and time of each file in the inbox; what is hidden is not finished."""
    found = set()
    try:
        for path in inbox.rglob("*"):
            name = path.relative_to(inbox)
            if path.is_file() and not any(part.startswith(".") for part in name.parts):
                facts = path.stat()
                found.add((str(name), facts.st_size, facts.st_mtime_ns))
    except FileNotFoundError:  # no inbox yet, or a file taken in while we looked
        return frozenset(found)
    return frozenset(found)
