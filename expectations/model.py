"""What a suite declares, and what the gate answers. Imports nothing heavy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

from warehouse.contracts import MartContract
from warehouse.month import Month

Severity = Literal["critical", "warning", "info"]
GateState = Literal["open", "held", "waiting_signature", "ready", "published"]


@dataclass(frozen=True)
class Threshold:
    """A limit that somebody answers for; `low` or `high` may be absent. Dates are inclusive."""

    name: str
    since: date
    reason: str
    owner: str
    low: float | None = None
    high: float | None = None
    until: date | None = None


@dataclass(frozen=True)
class Scope:
    """What a suite is written for: one build of one month, with the contracts of its marts."""

    month: Month
    build_id: int
    contracts: Mapping[str, MartContract]
    thresholds: Mapping[str, Threshold]

    def contract(self, subject: str) -> MartContract:
        """Return the contract of a mart by its published name."""
        return self.contracts[subject]


@dataclass(frozen=True)
class Check:
    """One expectation of a suite.

    `expectation` is the name of a Great Expectations class, `arguments` its keyword arguments.
    `item_zh` and `item_en` say in one phrase what is wrong with a row; they may use the columns
    named in the batch's `keys`. `explained_where` (a condition on the batch) counts what passes
    only because a person gave a reason.
    """

    check_id: str
    severity: Severity
    expectation: str
    arguments: Mapping[str, Any]
    expected: str
    message_zh: str
    message_en: str
    item_zh: str
    item_en: str
    owner: str
    reason: str
    explained_where: str | None = None


@dataclass(frozen=True)
class Batch:
    """Rows the database hands to some checks: one query, evaluated once, never fetched.

    `keys` are the columns that name a row; they come back only for rows that failed.
    """

    name: str
    query: str
    keys: tuple[str, ...]
    checks: tuple[Check, ...]


@dataclass(frozen=True)
class Suite:
    """The judgement of one mart. Findings of `forms` and `check_ids` are judged here."""

    mart: str
    batches: tuple[Batch, ...]


@dataclass(frozen=True)
class GateResult:
    """The outcome of one check; `unexpected` names at most some of the rows that failed."""

    mart: str
    check_id: str
    severity: Severity
    success: bool
    explained: bool
    observed: dict[str, Any]
    expected: str
    unexpected: tuple[dict[str, Any], ...]
    message_zh: str
    message_en: str
    owner: str
    reason: str

    def as_json(self) -> dict[str, Any]:
        """Return the result as plain JSON values."""
        return {
            "mart": self.mart,
            "check_id": self.check_id,
            "severity": self.severity,
            "success": self.success,
            "explained": self.explained,
            "observed": self.observed,
            "expected": self.expected,
            "unexpected": list(self.unexpected),
            "message_zh": self.message_zh,
            "message_en": self.message_en,
            "owner": self.owner,
            "reason": self.reason,
        }


@dataclass(frozen=True)
class GateVerdict:
    """Whether a month may be published, and why not."""

    month: Month
    state: GateState
    build_id: int
    candidate_hash: str
    results: tuple[GateResult, ...] = field(default=())

    @property
    def failed(self) -> tuple[GateResult, ...]:
        """Return the results that keep the month from being published as it is."""
        return tuple(r for r in self.results if not r.success and r.severity != "info")

    def as_json(self) -> dict[str, Any]:
        """Return the verdict as plain JSON values."""
        return {
            "month": str(self.month),
            "state": self.state,
            "build_id": self.build_id,
            "candidate_hash": self.candidate_hash,
            "results": [result.as_json() for result in self.results],
        }
