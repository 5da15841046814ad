"""Checks that marts share: there are rows, areas nest, rates stay within their limits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from expectations.comparisons import levels_query, mart_rows, presence_query
from expectations.model import Batch, Check, Scope, Severity


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
    form_code: str | None = None,
) -> Batch:
    """Return the batch that compares each area with the sum of the areas below it.

    `row_zh` and `row_en` name a row by its keys besides the area; with `form_code` only what
    that form files is compared.
    """
    return Batch(
        name="levels",
        query=levels_query(scope, mart, keys, form_code),
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


def range_batch(
    scope: Scope,
    mart: str,
    keys: Sequence[str],
    checks: Mapping[str, tuple[str, Severity, str]],
    *,
    row_zh: str,
    row_en: str,
    name: str = "ranges",
    where: str = "true",
) -> Batch:
    """Return the batch that holds measures against the thresholds of their names.

    `checks` gives check id, severity and Chinese name by measure. `row_zh` and `row_en` name a
    row by its keys besides the area; `where` is a condition on `mart` that chooses rows.
    """
    return Batch(
        name=name,
        query=f"select {', '.join(f'mart.{name}' for name in (*keys, *checks))}"
        f" from {mart_rows(scope, mart)} and {where}",
        keys=(*keys, *checks),
        checks=tuple(
            range_check(scope, measure, *told, row_zh=row_zh, row_en=row_en)
            for measure, told in checks.items()
        ),
    )


def range_check(
    scope: Scope,
    measure: str,
    check_id: str,
    severity: Severity,
    name: str,
    *,
    row_zh: str,
    row_en: str,
) -> Check:
    """Return the check that holds a measure (in Chinese `name`) against its threshold."""
    limit = scope.thresholds[measure]
    low = "" if limit.low is None else f"{limit.low:g}"
    high = "" if limit.high is None else f"{limit.high:g}"
    return Check(
        check_id=check_id,
        severity=severity,
        expectation="ExpectColumnValuesToBeBetween",
        arguments={"column": measure, "min_value": limit.low, "max_value": limit.high},
        expected=f"{measure} within {low}..{high}",
        message_zh=f"{name}超出合理范围（{low}–{high}）",
        message_en=f"{measure} outside its plausible range ({low} to {high})",
        item_zh=f"{{area_name_zh}}（{{area_code}}）{row_zh}：{{{measure}}}",
        item_en=f"{{area_code}} {row_en}: {{{measure}}}",
        owner=limit.owner,
        reason=limit.reason,
    )
