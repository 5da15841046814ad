"""Store a batch of assessed returns: ledger, findings and typed rows in one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import psycopg

from ingest.assess import Assessed
from ingest.figures import figures_digest
from ingest.landing import LandedFile
from ingest.load.ledger import (
    assigned_units,
    copy_findings,
    insert_submissions,
    settle_explained,
    standing_returns,
    supersede,
)
from ingest.load.precedence import Key, Standing, settle_all
from ingest.load.raw import copy_heads, copy_tables
from ingest.load.waivers import Waivers
from warehouse.findings import Finding
from warehouse.locks import Lock, lock_until_commit
from warehouse.month import Month
from warehouse.stated_reasons import ReasonsOfReturn, explain_returns, record_reasons


@dataclass
class NewReturn:
    """A landed file that the ledger does not know yet, and what was found in it."""

    landed: LandedFile
    assessed: Assessed
    state: str = "received"
    waiver_ids: Sequence[int | None] = ()
    standing: Standing | None = None

    @property
    def key(self) -> Key | None:
        """Return unit, form and month, where the file names all three."""
        a = self.assessed
        if a.area_code is None or a.form_code is None or a.month is None:
            return None
        return a.area_code, a.form_code, a.month


def store_batch(connection: psycopg.Connection, returns: Sequence[NewReturn]) -> set[Month]:
    """Store new returns in order of receipt, in the transaction of the caller.

    Returns the months whose accepted returns have changed.
    """
    keys = {new.key for new in returns if new.key is not None}
    _explain(connection, returns, keys)
    _warn_unassigned(returns, assigned_units(connection, keys))
    current = standing_returns(connection, keys)
    before = {key: standing.submission_id for key, standing in current.items()}
    counts = settle_all(_candidates(returns), current)
    for new in returns:
        _decide(new)
    ids = insert_submissions(connection, [_record(new) for new in returns])
    for new in returns:
        if new.standing is not None:
            new.standing.submission_id = ids[new.landed.sha256]
    supersede(connection, _beaten(returns, current.values()))
    _load(connection, returns, ids)
    _take_reasons(connection, returns, ids)
    return {key[2] for key, winner in counts.items() if winner.submission_id != before.get(key)}


def _explain(connection: psycopg.Connection, returns: Sequence[NewReturn], keys: set[Key]) -> None:
    waivers = Waivers.load(connection, keys)
    for new in returns:
        new.waiver_ids = [None] * len(new.assessed.findings)
        if new.key is not None:
            new.assessed.findings, new.waiver_ids = waivers.explain(new.assessed.findings, *new.key)
    waivers.save(connection)


def _warn_unassigned(returns: Sequence[NewReturn], assigned: set[Key]) -> None:
    for new in returns:
        if new.key is not None and _passed(new.assessed) and new.key not in assigned:
            new.assessed.findings.append(_unassigned(new.key))


def _candidates(returns: Sequence[NewReturn]) -> list[tuple[Key, Standing]]:
    candidates = []
    for new in returns:
        if new.key is not None and new.assessed.version is not None and _passed(new.assessed):
            new.standing = Standing(
                new.landed.receipt_no,
                new.assessed.version,
                new.landed.arrival.received_at,
                figures=figures_digest(new.assessed.tables, is_nil=new.assessed.is_nil),
                is_answer=new.assessed.returned is not None,
            )
            candidates.append((new.key, new.standing))
    return candidates


def _passed(assessed: Assessed) -> bool:
    return assessed.readable and not any(
        finding.severity == "error" and finding.reason is None for finding in assessed.findings
    )


def _decide(new: NewReturn) -> None:
    assessed = new.assessed
    if new.standing is None:
        new.state = "rejected" if assessed.readable else "unreadable"
        return
    assessed.findings += new.standing.findings
    warned = any(f.severity == "warning" and f.reason is None for f in assessed.findings)
    new.state = "accepted_with_warnings" if warned else "accepted"


def _record(new: NewReturn) -> dict[str, Any]:
    landed, assessed = new.landed, new.assessed
    return {
        "receipt_no": landed.receipt_no,
        "sha256": landed.sha256,
        "file_name": landed.arrival.file_name,
        "file_bytes": landed.file_bytes,
        "landing_path": landed.landing_path,
        "form_code": assessed.form_code,
        "edition": assessed.edition,
        "area_code": assessed.area_code,
        "stat_month": assessed.month.first_day.isoformat() if assessed.month else None,
        "version": assessed.version,
        "received_at": landed.arrival.received_at.isoformat(),
        "received_at_given": landed.arrival.received_at_given,
        "passed_level_0": assessed.readable and assessed.passed_level_0,
        "is_nil": assessed.is_nil,
        "required_cells": assessed.required_cells,
        "filled_required_cells": assessed.filled_required_cells,
        "reached": assessed.reached,
        "sheets_read": assessed.sheets_read,
        "cells_read": assessed.cells_read,
        "state": new.state,
        "accepted_state": new.state if new.standing and new.standing.has_counted else None,
        "figures_sha256": new.standing.figures if new.standing else None,
    }


def _beaten(returns: Sequence[NewReturn], current: Iterable[Standing]) -> list[tuple[int, int]]:
    standings = [*current, *(new.standing for new in returns if new.standing is not None)]
    return [
        (standing.stored_id, standing.beaten_by.stored_id)
        for standing in standings
        if standing.beaten_by is not None
    ]


def _load(
    connection: psycopg.Connection, returns: Sequence[NewReturn], ids: dict[str, int]
) -> None:
    passed = [(ids[new.landed.sha256], new) for new in returns if new.standing is not None]
    copy_heads(connection, [(number, new.assessed.head) for number, new in passed])
    copy_tables(
        connection, [(number, table) for number, new in passed for table in new.assessed.tables]
    )
    rows = []
    for new in returns:
        a = new.assessed
        stat_month = a.month.first_day if a.month is not None else None
        waiver_ids = [*new.waiver_ids, *[None] * len(a.findings)]
        for finding, waiver_id in zip(a.findings, waiver_ids, strict=False):
            own = replace(
                finding,
                submission_id=ids[new.landed.sha256],
                file=a.file_name,
                form_code=finding.form_code or a.form_code,
            )
            rows.append((own, a.area_code, stat_month, waiver_id))
    copy_findings(connection, rows)


def _take_reasons(
    connection: psycopg.Connection, returns: Sequence[NewReturn], ids: dict[str, int]
) -> None:
    """Record the reasons that came with the files, and explain the warnings of all new returns.

    Also of a file that is rejected: what somebody wrote down is not asked again.
    """
    stated = [
        ReasonsOfReturn(
            ids[new.landed.sha256],
            *(new.key[0], new.key[1], new.key[2].first_day),
            _who(new.assessed),
            new.assessed.returned.reasons,
        )
        for new in returns
        if new.key is not None and new.assessed.returned and new.assessed.returned.reasons
    ]
    if stated:
        lock_until_commit(connection, Lock.decide, shared=True)
        record_reasons(connection, stated)
    if explain_returns(connection, ids.values()):
        settle_explained(connection, ids.values())


def _who(assessed: Assessed) -> str:
    """Return who filled in the return (填表人), or its unit where the head names nobody."""
    named = next((cell.text for cell in assessed.head if cell.field == "filled_by"), "")
    return named.strip() or assessed.area_code or ""


def _unassigned(key: Key) -> Finding:
    area_code, form_code, month = key
    return Finding(
        "IN-unassigned",
        "warning",
        0,
        f"{area_code}没有{month}报送{form_code}的任务。报表已存档，但不计入应报单位。"
        "如确应报送，请与上级统计部门联系。",
        f"{area_code} is not assigned {form_code} for {month}. The return is kept, but the unit is"
        " not counted among those that owe it. Ask the statistics office above if it should be.",
    )
