"""FP-01: the life of a project, from the application to the hand-over.

A life is drawn as dates first, in life-cycle order and each stage in a month of its own; what
a month's return shows (state, progress, investment, dates known so far) follows from them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from examples.simulator.chance import (
    december_of,
    index_of_day,
    january,
    later,
    month_at,
)
from examples.simulator.tables import SimulatedRow, yuan
from examples.simulator.villages import VillageLife

APPLIED, STORED, APPROVED, STARTED, COMPLETED = "1", "2", "3", "4", "5"
TOWNSHIP_ACCEPTED, COUNTY_ACCEPTED, HANDED_OVER, TERMINATED = "6", "7", "8", "9"
_FAILED_ACCEPTANCE = "1"
_DOUBLE_CONTRACT = ("1", "2")
_CONTRACT = {"1": "工程合同", "2": "工程合同", "3": "自建协议", "4": "采购合同"}
_BUILT = ("1", "2", "3")  # modes that put up a permanent board


@dataclass(frozen=True)
class Plan:
    """What the approval fixes: who builds what where, with how much money."""

    code: str
    name: str
    programme: str
    batch_no: str
    plan_year: int
    place_code: str
    mode: str
    row_kind: str
    units: int | None
    villages: tuple[VillageLife, ...]
    shares: tuple[Decimal, ...]
    benefit_households: int
    benefit_persons: int
    person: str


@dataclass(frozen=True)
class Life:
    """The dates of a project; None where it never came to that (terminated)."""

    apply: date
    approve: date
    notice_from: date
    notice_to: date
    start: date
    complete: date
    township: date
    county: date
    board: date
    handover: date
    audit: date
    rework: bool
    terminated: date | None
    applies_visibly: bool


@dataclass
class Project:
    """A project with its life, its physical progress and the investment done by month (fen)."""

    plan: Plan
    life: Life
    plan_amount: int = 0
    applied_amount: int = 0
    closes: int = 0
    investment: dict[int, int] = field(default_factory=dict)
    progress: dict[int, Decimal] = field(default_factory=dict)

    @property
    def approve_index(self) -> int:
        """Return the month of the approval."""
        return index_of_day(self.life.approve)

    @property
    def start_index(self) -> int:
        """Return the month in which works start."""
        return index_of_day(self.life.start)

    @property
    def complete_index(self) -> int:
        """Return the month in which works are complete (after rework, where there was one)."""
        return index_of_day(self.life.complete)

    @property
    def first_index(self) -> int:
        """Return the first month whose return lists the project."""
        shown = self.life.apply if self.life.applies_visibly else self.life.approve
        return index_of_day(shown)

    @property
    def is_terminated(self) -> bool:
        """Return whether the project ends before works start."""
        return self.life.terminated is not None

    def stands_in(self, index: int) -> bool:
        """Return whether the month's return lists it: open, or closed in this year."""
        return self.first_index <= index <= december_of(self.closes)

    def progress_at(self, index: int) -> Decimal:
        """Return the physical progress in per cent at the end of a month."""
        if self.is_terminated or index < self.start_index:
            return Decimal(0)
        return self.progress.get(index, Decimal(100))

    def state_at(self, index: int) -> str:
        """Return the state at the end of a month."""
        life = self.life
        if life.terminated is not None and index >= index_of_day(life.terminated):
            return TERMINATED
        if index < self.approve_index:
            return APPLIED if index == index_of_day(life.apply) else STORED
        if self.is_terminated or index < self.start_index:
            return APPROVED
        if life.rework and index == self.complete_index - 2:
            return COMPLETED  # before the acceptance that failed
        for stage, state in (
            (life.handover, HANDED_OVER),
            (life.county, COUNTY_ACCEPTED),
            (life.township, TOWNSHIP_ACCEPTED),
            (life.complete, COMPLETED),
        ):
            if index >= index_of_day(stage):
                return state
        return STARTED

    def row(self, index: int) -> SimulatedRow:
        """Return the project's row of a month."""
        plan, state = self.plan, self.state_at(index)
        year_start = january(index // 12)
        approved = index >= self.approve_index
        done = {t: fen for t, fen in self.investment.items() if t <= index}
        row: SimulatedRow = {
            "place_code": plan.place_code,
            "row_kind": plan.row_kind,
            "units": plan.units,
            "project_code": plan.code,
            "project_name": plan.name,
            "programme": plan.programme,
            "batch_no": plan.batch_no,
            "plan_year": plan.plan_year,
            "village_id": plan.villages[0].village.village_id if len(plan.villages) == 1 else None,
            "construct_mode": plan.mode,
            "amount_applied": yuan(self.applied_amount),
            "amount_approved": yuan(self.plan_amount) if approved else None,
            "approval_doc_no": _document(plan, "批") if approved else None,
            "plan_amount": yuan(self.plan_amount) if approved else None,
            "investment_done_m": yuan(done.get(index, 0)),
            "investment_done_y": yuan(sum(fen for t, fen in done.items() if t >= year_start)),
            "investment_done_c": yuan(sum(done.values())),
            "state": state,
            "progress_pct": self.progress_at(index),
            "benefit_households": plan.benefit_households,
            "benefit_persons": plan.benefit_persons,
        }
        if self._in_rework(index):
            row["rework_reason"] = _FAILED_ACCEPTANCE
        return row | self._dates(index) | self._responsibility(index, state)

    def village_rows(self) -> list[SimulatedRow]:
        """Return the rows of FP-01b: the villages of a project in several villages."""
        if len(self.plan.villages) < 2:
            return []
        return [
            {
                "project_code": self.plan.code,
                "village_id": life.village.village_id,
                "plan_share": share,
            }
            for life, share in zip(self.plan.villages, self.plan.shares, strict=True)
        ]

    def _in_rework(self, index: int) -> bool:
        return self.life.rework and not self.is_terminated and index == self.complete_index - 1

    def _dates(self, index: int) -> SimulatedRow:
        """Return the dates that lie behind at the end of the month."""
        life, last_day = self.life, month_at(index).last_day
        dates = {"apply_date": life.apply, "approve_date": life.approve}
        if not self.is_terminated:
            dates |= {
                "start_date": life.start,
                "complete_date": life.complete,
                "twp_accept_date": life.township,
                "cty_accept_date": life.county,
                "handover_date": life.handover,
                "audit_date": life.audit,
            }
            if self.plan.mode in _BUILT:
                dates["board_date"] = life.board
        known: SimulatedRow = {name: day for name, day in dates.items() if day <= last_day}
        if life.rework and not self.is_terminated and index == self.complete_index - 2:
            known["complete_date"] = later(life.complete, -61)
        if life.notice_to <= last_day:
            known |= {"notice_from": life.notice_from, "notice_to": life.notice_to}
            known["notice_place"] = "村务公开栏"
        if index >= self.approve_index:
            known |= {"plan_start": life.start, "plan_end": later(life.complete, 20)}
        return known

    def _responsibility(self, index: int, state: str) -> SimulatedRow:
        plan, started = self.plan, state in "45678"
        known: SimulatedRow = {"responsible_person": plan.person}
        if started and plan.mode in _CONTRACT:
            known["works_contract_no"] = f"{_CONTRACT[plan.mode]}{plan.code[-10:]}"
        if started and plan.mode in _DOUBLE_CONTRACT:
            known["clean_contract_no"] = f"廉政合同{plan.code[-10:]}"
        if state == HANDED_OVER:
            known |= {
                "keeper": plan.person,
                "maintenance_fund": yuan(self.plan_amount // 10_000 * 100),
                "last_check_date": max(
                    month_at(index).first_day.replace(day=20), self.life.handover
                ),
                "in_use_flag": True,
            }
        return known


def _document(plan: Plan, kind: str) -> str:
    return f"{plan.place_code[:6]}扶{kind}〔{plan.plan_year}〕{plan.code[-7:]}号"
