"""Checks that every mart of filed measures shares: it has rows, and its areas nest."""

from __future__ import annotations

from collections.abc import Sequence

from expectations.comparisons import levels_query, presence_query
from expectations.model import Batch, Check, Scope


def presence_batch(
    scope: Scope, mart: str, form_code: str, *, check_id: str, name_zh: str, owner: str, reason: str
) -> Batch:
    """Return the batch that asks for rows where returns with detail or lump rows were accepted."""
    return Batch(
        name="presence",
        query=presence_query(scope, mart, form_code),
        keys=("returns", "row_count"),
        checks=(
            Check(
                check_id=check_id,
                severity="critical",
                expectation="ExpectColumnValuesToBeNull",
                arguments={"column": "emptiness"},
                expected=f"rows, where {form_code} returns with detail or lump rows were accepted",
                message_zh=f"已受理 {form_code} 报表，{name_zh}却无一行数据",
                message_en=f"{form_code} returns were accepted but {mart} is empty",
                item_zh="受理 {returns} 份",
                item_en="{returns} returns accepted",
                owner=owner,
                reason=reason,
            ),
        ),
    )


def levels_batch(
    scope: Scope,
    mart: str,
    keys: Sequence[str],
    *,
    check_id: str,
    row_zh: str,
    row_en: str,
    owner: str,
) -> Batch:
    """Return the batch that compares each area with the sum of the areas below it.

    `row_zh` and `row_en` name a row by its keys besides the area.
    """
    return Batch(
        name="levels",
        query=levels_query(scope, mart, keys),
        keys=(*keys, "area_name_zh", "differing"),
        checks=(
            Check(
                check_id=check_id,
                severity="warning",
                expectation="ExpectColumnValuesToBeNull",
                arguments={"column": "differing"},
                expected="an area holds at least the sum of the areas below it",
                message_zh="上级地区的数小于下级各地区之和",
                message_en="A higher area holds less than the areas below it",
                item_zh=f"{{area_name_zh}}（{{area_code}}）{row_zh}：{{differing}}",
                item_en=f"{{area_code}} {row_en}: {{differing}}",
                owner=owner,
                reason="Only a correction booked at the higher area itself can explain it.",
            ),
        ),
    )
