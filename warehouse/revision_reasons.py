"""Why a month was revised, made from the manifests of its two publications."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import psycopg
from psycopg.rows import dict_row

from warehouse.month import Month

# What a sentence names; the rest is counted, and the whole list stands beside it as data.
_NAMED_RETURNS = 5
_NAMED_MONTHS = 6
_WORDS = {
    "corrected": ("更正", "corrected"),
    "late": ("迟报", "late"),
    "withdrawn": ("撤回", "withdrawn"),
}


def returns_changed(
    connection: psycopg.Connection, earlier_id: str, publication_id: str
) -> list[dict[str, Any]]:
    """Return the returns whose versions differ between the manifests of two publications.

    Each has `change` (corrected; late: only the later one has the return; withdrawn: only the
    earlier one has it), `form_code`, `area_code`, `area_name_zh` of the filing unit, and
    `earlier_version` and `later_version`.
    """
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(_CHANGED, {"earlier": earlier_id, "later": publication_id}).fetchall()


def reason_of_revision(
    returns: Sequence[Mapping[str, Any]],
    months_before: Sequence[Month],
    rolled_back_to: str | None = None,
) -> str:
    """Return the sentence that says why a month was revised, Chinese first, of bounded length.

    A month none of whose own returns changed was computed again after earlier months, those of
    the same release (`months_before`), or under newer rules.
    """
    if rolled_back_to is not None:
        return f"回退至 {rolled_back_to} / rollback to {rolled_back_to}"
    if returns:
        return sentence(returns)
    months = [str(month) for month in months_before]
    if not months:
        return (
            "本月报表未变，按新的规则或上期数据重新计算"
            " / none of its returns changed; computed again by newer rules or earlier months"
        )
    named = "、".join(months[:_NAMED_MONTHS]) + (" …" if len(months) > _NAMED_MONTHS else "")
    return f"因 {named} 更正而重新计算 / computed again because {named} was revised"


def sentence(returns: Sequence[Mapping[str, Any]]) -> str:
    """Name the first few returns that changed and count the rest, in both languages."""
    named = returns[:_NAMED_RETURNS]
    zh = "；".join(_clause(each, 0) for each in named)
    en = "; ".join(_clause(each, 1) for each in named)
    rest = len(returns) - len(named)
    if rest:
        zh, en = f"{zh}；另 {rest} 份报表", f"{en}; and {rest} more returns"
    return f"{zh} / {en}"


def _clause(each: Mapping[str, Any], language: int) -> str:
    place = (
        f"{each['area_name_zh'] or ''}{each['area_code']}" if language == 0 else each["area_code"]
    )
    earlier, later = each["earlier_version"], each["later_version"]
    versions = {
        "corrected": f"v{earlier} → v{later}",
        "late": f"v{later}",
        "withdrawn": f"v{earlier}",
    }[each["change"]]
    return f"{_WORDS[each['change']][language]} {each['form_code']} {place} {versions}"


_CHANGED = """
with returned as (
    select
        publication.publication_id,
        submission.submission_id,
        submission.stat_month,
        submission.form_code,
        submission.area_code,
        submission.version
    from ops.publication as publication
    inner join ops.build_input as input on publication.build_id = input.build_id
    inner join ops.submission as submission on input.submission_id = submission.submission_id
    where publication.publication_id in (%(earlier)s, %(later)s)
),
compared as (
    select
        form_code,
        area_code,
        coalesce(later.stat_month, earlier.stat_month) as stat_month,
        earlier.version as earlier_version,
        later.version as later_version,
        case
            when earlier.submission_id is null then 'late'
            when later.submission_id is null then 'withdrawn'
            else 'corrected'
        end as change
    from (select * from returned where publication_id = %(earlier)s) as earlier
    full join (select * from returned where publication_id = %(later)s) as later
        using (form_code, area_code)
    where earlier.submission_id is distinct from later.submission_id
)
select
    compared.change,
    compared.form_code,
    compared.area_code,
    (
        select area.name_zh from ops.area as area
        where
            area.area_code = compared.area_code
            and area.valid_from < compared.stat_month + interval '1 month'
        order by area.valid_from desc
        limit 1
    ) as area_name_zh,
    compared.earlier_version,
    compared.later_version
from compared
order by compared.form_code, compared.area_code
"""
