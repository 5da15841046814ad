"""What a person reads before signing: the findings in plain words, who reported, what changes.

Chinese first, English second, as Markdown. What townships wrote is shown as text, never as markup.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import class_row

from expectations.finding_checks import finding_source
from warehouse.contracts import MartContract, mart_contracts
from warehouse.database import Role, connect
from warehouse.settings import Settings
from warehouse.signature_requests import RequestedBuild, SignatureRequest, read_request

_MOST_FINDINGS = 50
_MARKUP = re.compile(r"([\\`*\[\]<>#|~])")
_STATES = {"waiting_signature": "待签发 to be signed", "ready": "可发布 fit", "published": "已发布"}


@dataclass(frozen=True)
class SignatureForm:
    """The headline and the text of a form."""

    subject: str
    body: str


@dataclass(frozen=True)
class _Finding:
    check_id: str
    place: str
    value: str | None
    expected: str | None
    message_zh: str
    message_en: str
    found: int


@dataclass(frozen=True)
class _Facts:
    expected: int
    accepted: int
    publication_id: str | None


def signature_form(settings: Settings, request_id: int) -> SignatureForm:
    """Return what is asked of the signer of a request."""
    contracts = mart_contracts(settings)
    with connect(settings, Role.publisher) as connection:
        request = read_request(connection, request_id)
        parts = [_opening(request)]
        for build in request.builds:
            parts += _month(connection, contracts, build)
    return SignatureForm(_subject(request), "\n\n".join(parts))


def _subject(request: SignatureRequest) -> str:
    named = [
        f"{b.month}（构建 build {b.build_id}，{b.candidate_hash[:12]}）" for b in request.waiting
    ]
    return f"签发 Sign {'、'.join(named)}"


def _opening(request: SignatureRequest) -> str:
    months = "、".join(str(month) for month in request.months)
    lines = [
        f"是否发布 {months}？签发须写明理由；不同意或逾期未答复，则暂不发布。",
        f"May {months} be published? An approval needs a reason; without one, and after the"
        " time given, nothing is published.",
    ]
    if len(request.builds) > 1:
        lines += [
            "各月数据相互引用，将同时发布。",
            "These months show each other's figures and are published in one release.",
        ]
    if request.remark_zh and request.remark_en:
        lines += [f"**上次答复 The last answer:** {_text(request.remark_zh)}"]
        lines += [_text(request.remark_en)]
    return "  \n".join(lines)


def _month(
    connection: psycopg.Connection, contracts: Sequence[MartContract], build: RequestedBuild
) -> list[str]:
    facts = _facts(connection, build)
    rate = f"{100 * facts.accepted / facts.expected:.2f} %" if facts.expected else "—"
    lines = [
        f"## {build.month}",
        f"- 状态 State: {_STATES.get(build.state, build.state)}\n"
        f"- 构建 Build: {build.build_id}\n"
        f"- 数据摘要 Candidate hash: `{build.candidate_hash}`\n"
        f"- 报送率 Reporting rate: {facts.accepted}/{facts.expected} = {rate}\n"
        f"- {_revisions(connection, contracts, build, facts.publication_id)}",
    ]
    warnings = _warnings(connection, build)
    if warnings:
        lines += ["### 未通过的发布检查 Checks of the gate not passed", "\n".join(warnings)]
    findings = _findings(connection, build)
    if findings:
        lines += ["### 待核实的疑点 Warnings without a reason"]
        lines += ["\n".join(_line(finding) for finding in findings)]
        left = findings[0].found - len(findings)
        if left:
            lines += [f"另有 {left} 条。And {left} more: `tmw gate --month {build.month}`"]
    return lines


def _line(finding: _Finding) -> str:
    value = _text(finding.value) if finding.value else "（空 blank）"
    expected = f"；应为 expected {_text(finding.expected)}" if finding.expected else ""
    return (
        f"- **{_text(finding.check_id)}** {_text(finding.place)}：值 value {value}{expected}  \n"
        f"  {_text(finding.message_zh)}  \n  {_text(finding.message_en)}"
    )


def _text(value: str) -> str:
    """Return a text that Markdown shows as it stands."""
    return _MARKUP.sub(r"\\\1", " ".join(value.split()))


def _facts(connection: psycopg.Connection, build: RequestedBuild) -> _Facts:
    with connection.cursor(row_factory=class_row(_Facts)) as cursor:
        cursor.execute(_FACTS, {"month": build.month.first_day})
        return cursor.fetchone() or _Facts(0, 0, None)


def _warnings(connection: psycopg.Connection, build: RequestedBuild) -> list[str]:
    rows = connection.execute(
        "select check_id, message_zh, message_en from ops.gate_result where build_id = %s"
        " and not success and not explained and severity = 'warning' order by check_id",
        [build.build_id],
    ).fetchall()
    return [f"- **{_text(row[0])}** {_text(row[1])}  \n  {_text(row[2])}" for row in rows]


def _findings(connection: psycopg.Connection, build: RequestedBuild) -> list[_Finding]:
    query = _FINDINGS.format(source=finding_source(build.build_id), most=_MOST_FINDINGS)
    with connection.cursor(row_factory=class_row(_Finding)) as cursor:
        return cursor.execute(query.encode()).fetchall()


def _revisions(
    connection: psycopg.Connection,
    contracts: Sequence[MartContract],
    build: RequestedBuild,
    publication_id: str | None,
) -> str:
    if publication_id is None:
        return "首次发布 First publication of this month"
    changed: list[str] = []
    for mart in contracts:
        count = _changed_rows(connection, mart, build, publication_id)
        if count:
            changed.append(f"{mart.subject} {count}")
    what = "，".join(_text(each) for each in changed) or "无 none"
    return f"与 {publication_id} 相比有变动的行数 Rows that differ from {publication_id}: {what}"


def _changed_rows(
    connection: psycopg.Connection, mart: MartContract, build: RequestedBuild, publication_id: str
) -> int:
    """Count the keys whose row is new, gone or different in the candidate."""
    query = sql.SQL(_CHANGED).format(
        columns=sql.SQL(", ").join(map(sql.Identifier, mart.column_names)),
        key=sql.SQL(", ").join(map(sql.Identifier, mart.key)),
        candidate=sql.Identifier("marts", mart.name),
        released=sql.Identifier("released", mart.subject),
    )
    values: dict[str, Any] = {"month": build.month.first_day, "publication": publication_id}
    row = connection.execute(query, values).fetchone()
    return int(row[0]) if row else 0


_FACTS = """
select
    count(*) filter (where is_expected)::int as expected,
    count(*) filter (where is_expected and is_accepted)::int as accepted,
    (
        select publication_id from ops.release_month
        where stat_month = %(month)s and valid_to is null
    ) as publication_id
from core.fct_return_monthly
where stat_month = %(month)s
"""

_FINDINGS = """
select
    check_id,
    concat_ws(
        ' ',
        (
            select area.name_zh from ops.area as area
            where area.area_code = finding.area_code
            order by area.valid_from desc
            limit 1
        ),
        form_code, file, concat_ws('!', sheet, cell), column_name
    ) as place,
    value,
    expected,
    message_zh,
    message_en,
    count(*) over ()::int as found
{source} and finding.state = 'open' and finding.severity = 'warning'
order by check_id, area_code, finding_id
limit {most}
"""

_CHANGED = """
with candidate as (
    select {columns} from {candidate} where stat_month = %(month)s
),
released as (
    select {columns} from {released}
    where stat_month = %(month)s and publication_id = %(publication)s
)
select count(*) from (
    select {key} from (table candidate except table released) as added
    union
    select {key} from (table released except table candidate) as gone
) as changed
"""
