"""Tells Airflow, seconds later, that files lie in the inbox or a decision reopened a month.

Loaded through Airflow's plugins folder, the one place of ours on the triggerer's import path.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from airflow.triggers.base import BaseEventTrigger, TriggerEvent

LOOK_SECONDS = 1.5
DECISION_SECONDS = 4.0
REMIND_SECONDS = 300.0

Listing = frozenset[tuple[str, int, int]]
log = logging.getLogger(__name__)


class InboxTrigger(BaseEventTrigger):
    """Fires when something new lies in the inbox and has not changed between two looks.

    What stays there although it was announced (the run failed, the machine was switched off)
    is announced again after `REMIND_SECONDS`. Fires also when a waiver, an excuse, a withdrawal
    or an assignment was recorded that concerns a month built before it. What waits in the object
    store of an installation that has one is announced as if it lay in the inbox.
    """

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Return how to make this trigger again; the folder is asked of the settings there."""
        return ("inbox_trigger.InboxTrigger", {})

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Look at the inbox and at what was decided for ever."""
        from warehouse.settings import load_settings

        settings = load_settings()
        inbox = settings.inbox_dir
        announced: Listing = frozenset()
        before: Listing = frozenset()
        stored: Listing = frozenset()
        announced_at, last_decision, asked_at = 0.0, 0, float("-inf")
        store_asked_at = float("-inf")
        while True:
            if time.monotonic() - store_asked_at > settings.object_store_seconds:
                stored = await asyncio.to_thread(list_store, settings)
                store_asked_at = time.monotonic()
            now = await asyncio.to_thread(list_inbox, inbox) | stored
            announced &= now  # a file sent again under the same name is new
            due = now - announced or time.monotonic() - announced_at > REMIND_SECONDS
            if now and now == before and due:
                announced, announced_at = now, time.monotonic()
                yield TriggerEvent({"files": len(now)})
            before = now
            if time.monotonic() - asked_at > DECISION_SECONDS:
                last_decision, reopens = await asyncio.to_thread(decided, settings, last_decision)
                asked_at = time.monotonic()
                if reopens:
                    yield TriggerEvent({"decision": last_decision})
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


def list_store(settings: Any) -> Listing:
    """Return the same of the object store; nothing without one, or while it is out of reach."""
    if not settings.object_store_url:
        return frozenset()
    from ingest.object_store import waiting_in_store
    from warehouse.errors import WarehouseError

    try:
        return waiting_in_store(settings)
    except WarehouseError as error:
        log.warning("%s", error)
        return frozenset()


def decided(settings: Any, after: int) -> tuple[int, bool]:
    """Return the last decision and whether it reopens a month; nothing new without a database."""
    import psycopg

    from warehouse.errors import WarehouseError
    from warehouse.ledger_events import decisions_since

    try:
        return decisions_since(settings, after)
    except (WarehouseError, psycopg.Error):  # starting, stopping or being migrated
        return after, False
