"""Figures that a rollback took back are published again by a new signature only."""

from __future__ import annotations

import psycopg

from expectations.model import GateResult
from warehouse.month import Month
from warehouse.taken_back import taken_back


def taken_back_result(
    connection: psycopg.Connection, month: Month, candidate_hash: str
) -> tuple[GateResult, ...]:
    """Return the warning about figures that were taken back; nothing about any others."""
    found = taken_back(connection, month, candidate_hash)
    if found is None:
        return ()
    return (
        GateResult(
            mart="release",
            check_id="G-release-01",
            severity="warning",
            success=False,
            explained=False,
            observed={"unexpected": 1},
            expected="figures that were not taken back by a rollback",
            unexpected=({"release_id": found.release_id, "stat_month": str(month)},),
            message_zh=f"该数据已由第 {found.release_id} 号发布撤回"
            f"（{found.signed_by}：{found.reason}），再次发布须重新签字",
            message_en=f"These figures were taken back in release {found.release_id}"
            f" ({found.signed_by}: {found.reason}); to publish them again takes a new signature",
            owner="综合统计岗 general statistics desk",
            reason="What a person took back does not return by itself.",
        ),
    )
