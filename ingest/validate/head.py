"""Checks of a return's head: form, edition, month, area, version, unit of money."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from ingest.forms.catalogue import code_list, general_rule, head_fields
from ingest.forms.model import Edition, Form
from ingest.parsed import HeadCell, HiddenTag, NamedCell
from ingest.validate.names import name_words
from warehouse.errors import UsageError
from warehouse.findings import Finding
from warehouse.month import Month

_NIL_TEXTS = frozenset({"是", "否"})


@dataclass(frozen=True)
class HeadContext:
    """What a head is checked against.

    `known_area(code, month)` says whether the area is in use in the month; `current_month` is
    the month in which the return is received; `named` is what came of the names of the unit, and
    `folder` the unit whose folder of the inbox the file lay in.
    """

    forms: Mapping[str, Form]
    current_month: Month
    known_area: Callable[[str, Month], bool]
    file: str | None = None
    named: tuple[NamedCell, ...] = ()
    folder: str | None = None


def check_head(
    head: Mapping[str, HeadCell], tag: HiddenTag | None, context: HeadContext
) -> list[Finding]:
    """Return the findings of a head; a field that is not filled is not checked further."""
    checks = (
        _check_missing, _check_form, _check_month, _check_edition, _check_area, _check_version,
        _check_choices, _check_names, _check_folder,
    )  # fmt: skip
    found = [finding for check in checks for finding in check(head, context)]
    return [*found, *_check_tag(head, tag, context)]


def report_month(head: Mapping[str, HeadCell]) -> Month | None:
    """Return the report month of a head, None where it is missing or no month."""
    text = _text(head, "report_month")
    try:
        return Month.parse(text) if text else None
    except UsageError:
        return None


def valid_editions(form: Form, month: Month) -> tuple[Edition, ...]:
    """Return the editions of a form that may be used for a report month."""
    now = str(month)
    return tuple(e for e in form.editions if e.since <= now <= (e.until or now))


def _check_missing(head: Mapping[str, HeadCell], context: HeadContext) -> Iterator[Finding]:
    for field in head_fields():
        if field.required and not _text(head, field.name):
            yield _finding("IN-head-missing", field.name, head, context)


def _check_form(head: Mapping[str, HeadCell], context: HeadContext) -> Iterator[Finding]:
    text = _text(head, "form_code")
    if text and text not in context.forms:
        allowed = "、".join(f"{form.form_code} {form.title.zh}" for form in context.forms.values())
        yield _finding("IN-unknown-form", "form_code", head, context, allowed=allowed)


def _check_month(head: Mapping[str, HeadCell], context: HeadContext) -> Iterator[Finding]:
    if not _text(head, "report_month"):
        return
    month = report_month(head)
    if month is None:
        problem = "应为六位数字 YYYYMM，如 200911", "it should be six digits YYYYMM, such as 200911"
    elif month > context.current_month:
        problem = (
            f"晚于本月（{context.current_month}）",
            f"it is later than the current month ({context.current_month})",
        )
    else:
        return
    yield _finding("IN-wrong-month", "report_month", head, context, problem=problem)


def _check_edition(head: Mapping[str, HeadCell], context: HeadContext) -> Iterator[Finding]:
    form = context.forms.get(_text(head, "form_code"))
    text, month = _text(head, "edition"), report_month(head)
    if form is None or month is None or not text:
        return
    valid = [edition.edition for edition in valid_editions(form, month)]
    if text not in valid:
        yield _finding(
            "IN-edition",
            "edition",
            head,
            context,
            form=form.form_code,
            month=str(month),
            allowed="、".join(valid) or "—",
        )


def _check_area(head: Mapping[str, HeadCell], context: HeadContext) -> Iterator[Finding]:
    text, month = _text(head, "area_code"), report_month(head)
    if any(named.column == "area_code" and named.code is None for named in context.named):
        return
    if text and month is not None and not context.known_area(text, month):
        yield _finding("IN-unknown-area", "area_code", head, context)


def _check_version(head: Mapping[str, HeadCell], context: HeadContext) -> Iterator[Finding]:
    text = _text(head, "version")
    if text and not (text.isascii() and text.isdigit()):
        yield _finding("IN-version", "version", head, context)


def _check_choices(head: Mapping[str, HeadCell], context: HeadContext) -> Iterator[Finding]:
    units = code_list("money_unit")
    text = _text(head, "money_unit")
    if text and text not in units:
        yield _finding("IN-money-unit", "money_unit", head, context, allowed="、".join(units))
    text = _text(head, "nil_return")
    if text and text not in _NIL_TEXTS:
        yield _finding("IN-nil-return", "nil_return", head, context)


def _check_names(head: Mapping[str, HeadCell], context: HeadContext) -> Iterator[Finding]:
    for named in context.named:
        expected = named.code or "；".join(named.nearest) or None
        words = name_words(named)
        found = _finding(named.check_id, named.column, head, context, problem=("", ""), **words)
        yield replace(found, value=named.text, expected=expected)


def _check_folder(head: Mapping[str, HeadCell], context: HeadContext) -> Iterator[Finding]:
    text = _text(head, "area_code")
    if context.folder and text and text != context.folder:
        yield _finding(
            "IN-wrong-folder", "area_code", head, context,
            folder=context.folder, expected=context.folder,
        )  # fmt: skip


def _check_tag(
    head: Mapping[str, HeadCell], tag: HiddenTag | None, context: HeadContext
) -> Iterator[Finding]:
    if tag is None:
        return
    for name in ("form_code", "edition", "area_code", "report_month"):
        expected, text = getattr(tag, name), _text(head, name)
        if not expected or not text or expected == text:
            continue
        if name == "report_month":
            problem = f"本空表是为{expected}制作的", f"this blank form was made for {expected}"
            yield _finding(
                "IN-wrong-month", name, head, context, expected=expected, problem=problem
            )
        else:
            yield _finding("IN-tag", name, head, context, expected=expected)


def _text(head: Mapping[str, HeadCell], name: str) -> str:
    return head[name].text.strip() if name in head else ""


def _finding(
    check_id: str,
    field: str,
    head: Mapping[str, HeadCell],
    context: HeadContext,
    *,
    problem: tuple[str, str] = ("", ""),
    **words: str,
) -> Finding:
    rule, cell = general_rule(check_id), head.get(field)
    form_code = _text(head, "form_code")
    names = next(known for known in head_fields() if known.name == field)
    words = {"text": _text(head, field), **words, "it_zh": names.zh, "it_en": names.en}
    return Finding(
        check_id=check_id,
        severity=rule.severity,
        level=0,
        message_zh=rule.message.zh.format_map({**words, "problem_zh": problem[0]}),
        message_en=rule.message.en.format_map({**words, "problem_en": problem[1]}),
        file=context.file,
        sheet=cell.sheet if cell else None,
        cell=cell.cell if cell else None,
        form_code=form_code if form_code in context.forms else None,
        value=_text(head, field) or None,
        expected=words.get("expected") or words.get("allowed"),
        column_name=field,
    )
