"""The shape of a form's definition: what one YAML file of this folder may say.

A column, a rule, a heading or a code list is written down once, in `<form>.yml`, `head.yml`
(the head of every form), `every_row.yml` (the columns of every row), `codes/*.csv` and
`reference/*.csv` (dated rows). Everything else derives from these objects.
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

ColumnType = Literal["code", "char", "text", "int", "money", "dec", "date", "bool"]
Basis = Literal["M", "Y", "C", "S", "P", "A"]
Choices = Literal["villages", "projects"]
Continues = Literal["always", "in_year", "never"]


LONGEST_TEXT = 500
"""Characters a text may have where its column says nothing; longer ones are no entry of a form."""
LAST_MONTH = "上月·"
"""Begins the heading of a blank return's grey column with last month's value; never read."""


def in_force(since: str | None, until: str | None, month: str) -> bool:
    """Return whether something valid `since`..`until` (inclusive) is in force in `month`."""
    return (since is None or since <= month) and (until is None or month <= until)


class Definition(BaseModel):
    """Base of every part: unknown keys are an error, so a slip in YAML cannot pass unseen."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Bilingual(Definition):
    """A text in Chinese and English."""

    zh: str
    en: str


class Heading(Definition):
    """One wording of a column's heading; `since` and `until` are months `YYYY-MM`, inclusive."""

    text: str
    since: str | None = None
    until: str | None = None


class Column(Definition):
    """One column of a form table.

    `zh` and `en` are the headings in use, without the unit; `headings` are older or other
    wordings. Where an edition renamed the heading, `zh_since` is the first month of `zh`, and the
    wording before it stands in `headings` with its last month (`until`). Money is stored in yuan,
    `numeric(16,2)`; `dec` as `numeric(precision, scale)`.
    `codes` names a code list, `only_codes` the part of it this form accepts. `minimum` and
    `maximum` are the plausible range (a warning); without a `minimum` of its own, a number
    that is no in-month flow (basis M) or total of such flows (Y) may not be negative.
    With `fixed_length`, every code of the column has `length` digits. `yes_words` and `no_words`
    are what a column of yes and no is also answered with (有, 无).
    `reversible` numbers may be negative (a balance that may be overdrawn).
    `required_kinds` names the row kinds in which the cell must be filled. `additive` says
    whether the values of several rows may be added (control totals compare additive measures).
    `choices` names what a blank return offers in a drop-down that is no code list: the unit's
    villages or its open projects.
    `continues` says whether last month's value still stands in a blank return, where the basis
    says otherwise (see `continuing`).
    """

    name: str
    zh: str
    en: str
    zh_since: str | None = None
    headings: tuple[Heading, ...] = ()
    type: ColumnType
    length: int | None = None
    fixed_length: bool = False
    yes_words: tuple[str, ...] = ()
    no_words: tuple[str, ...] = ()
    precision: int = 16
    scale: int = 2
    unit: str | None = None
    basis: Basis
    key: bool = False
    key_default: str | None = None
    codes: str | None = None
    choices: Choices | None = None
    continues: Continues | None = None
    only_codes: tuple[str, ...] = ()
    required_kinds: tuple[int, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    additive: bool = True
    reversible: bool = False
    personal: bool = False
    published: bool = True
    description: Bilingual
    since: str | None = None
    until: str | None = None

    @property
    def is_number(self) -> bool:
        """Return whether the stored value is a number."""
        return self.type in ("int", "money", "dec")

    @property
    def longest(self) -> int | None:
        """Return how many characters a text may have; None for values that are no text."""
        return (self.length or LONGEST_TEXT) if self.type in ("char", "text") else None

    def wordings(self, month: str) -> tuple[str, ...]:
        """Return the headings understood in a month `YYYY-MM`; a blank return shows the first."""
        other = [h for h in self.headings if in_force(h.since, h.until, month)]
        if in_force(self.zh_since, None, month):
            return (self.zh, *(heading.text for heading in other))
        # Before `zh`: the wording that ended is the official one, the others are variants.
        return tuple(h.text for h in sorted(other, key=lambda h: h.until or "9999"))

    def as_of(self, month: str) -> Column:
        """Return the column as it is in a month `YYYY-MM`.

        It has the heading of that month; where it is not collected yet, or no more, nothing is
        required of it.
        """
        changes: dict[str, object] = {}
        wordings = self.wordings(month)
        if wordings and wordings[0] != self.zh:
            changes["zh"] = wordings[0]
        if self.required_kinds and not in_force(self.since, self.until, month):
            changes["required_kinds"] = ()
        return self.model_copy(update=changes) if changes else self

    @property
    def continuing(self) -> Continues:
        """Return how long last month's value stands: on and on, until December, or not at all."""
        if self.continues is not None:
            return self.continues
        if self.basis == "M":
            return "never"
        return "in_year" if self.basis == "Y" else "always"

    @property
    def is_measure(self) -> bool:
        """Return whether a control total of this column is compared with its parts."""
        return self.is_number and self.basis != "A" and self.additive

    @property
    def sql_type(self) -> str:
        """Return the PostgreSQL type of the raw column."""
        if self.type == "money":
            return "numeric(16,2)"
        if self.type == "dec":
            return f"numeric({self.precision},{self.scale})"
        return {"int": "bigint", "date": "date", "bool": "boolean"}.get(self.type, "text")


class Check(Definition):
    """`value <op> expected`, over expressions of column names (and looked-up values).

    A blank operand leaves the check unevaluated. `tolerance` is absolute, `tolerance_pct` a
    percentage of the expected value. `between` takes `low` and `high`. `filled` asks that
    `value` is not blank (a cell marked as not collected, with its reason, explains itself as a
    required cell does), `blank` that it is. `column` is where the finding stands if this check
    is the first of its rule to fail (else the rule's own column).
    """

    value: str
    op: Literal["==", "<=", ">=", "between", "filled", "blank"]
    column: str | None = None
    expected: str | None = None
    low: str | None = None
    high: str | None = None
    tolerance: float = 0.0
    tolerance_pct: float = 0.0


class Lookup(Definition):
    """A value found in a dated reference table, usable by name in a rule's expressions.

    `match` maps a column of the reference table to an expression over the row; `year` (where
    given) selects the rows valid in that year.
    """

    name: str
    table: str
    match: dict[str, str]
    year: str | None = None
    take: str
    kind: Literal["number", "text"] = "number"


class Each(Definition):
    """The columns a shared rule is applied to, one after the other."""

    bases: tuple[Basis, ...]
    types: tuple[ColumnType, ...] = ("int", "money", "dec")


class Application(Definition):
    """A shared rule of `general.yml` used by a form, with the names the rule leaves open."""

    rule: str
    names: dict[str, str]


class Rule(Definition):
    """One rule of a form, or one part of it; `column` is where its finding stands.

    A finding stands at the first column that the rule names.

    `evaluated` is `ingest` (one row of one file is enough) or `core` (rule data for the
    `finding_*` models). Messages may use `{value}`, `{expected}`, `{power}` (the power of ten
    of a magnitude slip, with its sign), `{low}`, `{high}`, `{left}` and `{right}` (headings of
    the columns compared) and any name of the row. `when` is a boolean expression; where it is
    blank or false the rule is silent. `magnitude` adds the hint of a slip by a power of ten.

    Parts of one rule (an error and a warning, say) share its `id` and differ in `part`.
    `row_kinds` are the rows it looks at: a control total never rejects a file. `values` are
    named expressions, usable in those after them. `each` and `open_names` belong to the shared
    rules of `general.yml`: with `each` the rule runs once for every such column, which is `it`
    in its expressions (with `minimum` and `maximum`); `open_names` are bound by the forms that
    apply it, which sets `bindings`. A shared rule without checks is evaluated by code of its
    own; its texts stand here, and its errors, which leave a cell without a value, are not waived
    unless it is `waivable`. `table` names the sub-table a rule looks at (else the main table).
    Rules evaluated in core have no checks: their `parameters` and sentences are rule data.
    """

    id: str
    part: str = ""
    table: str | None = None
    severity: Literal["error", "warning", "info"]
    level: int = Field(ge=0, le=4)
    evaluated: Literal["ingest", "core"]
    column: str
    row_kinds: tuple[int, ...] = (1, 2)
    each: Each | None = None
    open_names: tuple[str, ...] = ()
    bindings: dict[str, str] = {}
    values: dict[str, str] = {}
    when: str | None = None
    lookups: tuple[Lookup, ...] = ()
    checks: tuple[Check, ...] = ()
    parameters: dict[str, str | float | int] = {}
    magnitude: bool = False
    waivable: bool = False
    message: Bilingual
    description: Bilingual

    @property
    def forms(self) -> frozenset[str]:
        """Return the forms a rule over several names (`form`, `fund_form` ...); none means all."""
        named = self.parameters.items()
        return frozenset(str(v) for k, v in named if k == "form" or k.endswith("_form"))


class Edition(Definition):
    """An edition of a form, valid for report months `since`..`until` (inclusive, `YYYY-MM`)."""

    edition: str
    since: str
    until: str | None = None
    approval_no: str


class Table(Definition):
    """One table of a form: the main table, or a sub-table such as FP-02b.

    A sub-table with `every_row: false` lacks the columns of every row (place, row kind ...): its
    rows are details of a row of the main table, and its sheet may be missing.
    """

    name: str
    sheet: str
    title: Bilingual
    every_row: bool = True
    columns: tuple[Column, ...]


class Code(Definition):
    """One code of a list. A code with `row_kinds` may stand in rows of these kinds only.

    `covers` names the codes that a total or a not-separated code stands for.
    """

    code: str
    zh: str
    en: str
    group: str | None = None
    row_kinds: tuple[int, ...] = ()
    covers: tuple[str, ...] = ()
    since: str | None = None
    until: str | None = None


class TableWords(Definition):
    """Words around the rows of any table that name no column: see `table_words.yml`."""

    serial: tuple[str, ...]
    remarks: tuple[str, ...]
    groups: tuple[str, ...]
    totals: tuple[str, ...]
    whole: tuple[str, ...]
    subtotals: tuple[str, ...]
    notes: tuple[str, ...]


class HeadField(Definition):
    """One field of a form's head, a label in one cell and its value in the next.

    `labels` are other wordings of the label.
    """

    name: str
    zh: str
    en: str
    labels: tuple[str, ...] = ()
    required: bool = False
    personal: bool = False
    description: Bilingual


class Closing(Definition):
    """When a row of a form comes to its end: `column` has one of the `codes`, since `date`.

    A row that came to its end this year is still filed; in the next year it is no longer.
    """

    column: str
    codes: tuple[str, ...]
    date: str | None = None


class Listing(Definition):
    """The list for drop-downs that the accepted returns of a form feed (see `Column.choices`)."""

    choices: Choices
    code: str
    name: str | None = None
    closed: Closing | None = None


class StockFlow(Definition):
    """A stock and its flows: S(m) = S(m-1) + inflows(m) - outflows(m), rule G3.

    `advanced` are other stocks that are part of it for a time (money bridged from elsewhere):
    what is followed is the stock less these.
    """

    stock: str
    inflows: tuple[str, ...]
    outflows: tuple[str, ...]
    advanced: tuple[str, ...] = ()


class Form(Definition):
    """One form: its editions, tables and rules.

    `growth_measures` are the columns whose growth on the same month of last year may be printed
    (`growth_printed`, with `last_year_y`), the first filled one being meant. `identity` is the
    key column that names one thing (a project, a village), which has one row a month, whoever
    files it (rule G11). `stock_flows` are the balances rule G3 follows from month to month.
    """

    form_code: str
    title: Bilingual
    grain: Bilingual
    serves: tuple[str, ...]
    editions: tuple[Edition, ...]
    growth_measures: tuple[str, ...] = ()
    identity: str | None = None
    stock_flows: tuple[StockFlow, ...] = ()
    lists: Listing | None = None
    applies: tuple[Application, ...] = ()
    tables: tuple[Table, ...]
    rules: tuple[Rule, ...]
