"""FP-02: lines of money and what a month's return says of them.

A line is one row of the form, from the month of its first document to December of the year in
which its last yuan is booked. Flows are kept in fen by month; everything else follows from them.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date

from examples.simulator.chance import december_of, january
from examples.simulator.tables import SimulatedRow, yuan
from ingest.forms.catalogue import code_list

LABOUR = "52"
DAY_RATE_FEN = 3000
_TREASURY = "1"
_STEADY = 4.5  # a stock moves by less than this factor in a month (G6 asks above 5)
_SMALL = 2000  # fen: below 20 yuan no ratio is looked at

Flows = defaultdict[int, int]


def flows() -> Flows:
    """Return an empty flow: fen by month index."""
    return defaultdict(int)


@dataclass(frozen=True)
class Batch:
    """Money issued by one document and arrived on one day."""

    issued_on: date
    arrived_on: date


@dataclass(frozen=True)
class Claim:
    """A claim for reimbursement, booked in one month (fen)."""

    index: int
    day: date
    claimed: int
    approved: int
    paid: int


@dataclass
class Line:
    """One line of money; amounts in fen, keyed by month index."""

    doc_no: str | None
    source: str
    programme: str
    place_code: str
    fund_year: int
    first_index: int
    project_code: str | None = None
    row_kind: str = "1"
    units: int | None = None
    unit_level: str = "township"
    planned_total: int = 0
    planned_of_year: dict[int, int] = field(default_factory=dict)
    issued: Flows = field(default_factory=flows)
    in_place: Flows = field(default_factory=flows)
    paid: Flows = field(default_factory=flows)
    reimbursed: Flows = field(default_factory=flows)
    days: Flows = field(default_factory=flows)
    batches: list[Batch] = field(default_factory=list)
    claims: list[Claim] = field(default_factory=list)
    retention: dict[int, int] = field(default_factory=dict)
    reversals: dict[int, tuple[str, str]] = field(default_factory=dict)
    closes: int = 0

    @property
    def group(self) -> str | None:
        """Return the group of the source: fiscal, integrated, credit, social, self_raised."""
        return code_list("fund_source")[self.source].group

    @property
    def is_accounted(self) -> bool:
        """Return whether advances and claims are kept (fiscal and integrated money)."""
        return self.group in ("fiscal", "integrated")

    @property
    def last_index(self) -> int:
        """Return the last month whose return lists the line."""
        booked = [t for flow in (self.issued, self.in_place, self.paid, self.reimbursed)
                  for t, fen in flow.items() if fen]  # fmt: skip
        return december_of(max([self.first_index, self.closes, *booked]))

    def stands_in(self, index: int) -> bool:
        """Return whether the month's return lists the line."""
        return self.first_index <= index <= self.last_index

    def balance_at(self, index: int) -> int:
        """Return what is in place and not paid at the end of a month (negative: bridged)."""
        return _until(self.in_place, index) - _until(self.paid, index)

    def row(self, index: int) -> SimulatedRow:
        """Return the line's row of a month."""
        year = index // 12
        batch = self._batch_shown(index)
        planned = self.planned_of_year.get(year, 0)
        reversal = self.reversals.get(index)
        row: SimulatedRow = {
            "place_code": self.place_code,
            "row_kind": self.row_kind,
            "units": self.units,
            "fund_doc_no": self.doc_no,
            "fund_source": self.source,
            "project_code": self.project_code,
            "programme": self.programme,
            "fund_year": self.fund_year,
            "issue_date": batch[0],
            "arrival_date": batch[1],
            "amount_planned_y": yuan(planned),
            "amount_planned_c": yuan(self.planned_total),
            "expected_y": yuan(planned),
            "reversal_reason": reversal[0] if reversal else None,
            "reversal_doc": reversal[1] if reversal else None,
        }
        for name, flow in (
            ("issued", self.issued), ("inplace", self.in_place), ("paid", self.paid),
            ("reimbursed", self.reimbursed),
        ):  # fmt: skip
            row[f"amount_{name}_y"] = yuan(_until(flow, index, january(year)))
            if name == "reimbursed" and not self.is_accounted:
                continue  # no claims on such money: the required total of the year is 0
            row[f"amount_{name}_m"] = yuan(flow.get(index, 0))
            row[f"amount_{name}_c"] = yuan(_until(flow, index))
        if self.source == LABOUR:
            row["labour_days_m"] = self.days.get(index, 0)
            row["labour_days_y"] = _until(self.days, index, january(year))
            row["labour_days_expected_y"] = planned // DAY_RATE_FEN
            return row
        return row | self._stocks(index)

    def claim_rows(self, index: int) -> list[SimulatedRow]:
        """Return the rows of FP-02b: the claims booked in the month."""
        booked = [claim for claim in self.claims if claim.index == index]
        stem = f"{self.doc_no}-{(self.project_code or self.place_code)[-7:]}-{index % 1200:04d}"
        return [
            {
                "claim_no": f"{stem}-{number}",
                "fund_doc_no": self.doc_no,
                "fund_source": self.source,
                "project_code": self.project_code,
                "programme": self.programme,
                "claim_date": claim.day,
                "amount_claimed": yuan(claim.claimed),
                "amount_approved": yuan(claim.approved),
                "amount_paid": yuan(claim.paid),
            }
            for number, claim in enumerate(booked, start=1)
        ]

    def _batch_shown(self, index: int) -> tuple[date | None, date | None]:
        """Return issue and arrival of the latest batch that arrived, else the first issue."""
        arrived = [b for b in self.batches if b.arrived_on.year * 12 + b.arrived_on.month - 1
                   <= index]  # fmt: skip
        if arrived:
            latest = max(arrived, key=lambda batch: batch.arrived_on)
            return latest.issued_on, latest.arrived_on
        return (self.batches[0].issued_on if self.batches else None), None

    def _stocks(self, index: int) -> SimulatedRow:
        in_hand = self.balance_at(index)
        stocks: SimulatedRow = {
            "carried_in": yuan(max(0, self.balance_at(january(index // 12) - 1))),
            "bridged": yuan(max(0, -in_hand)),
            "balance": yuan(max(0, in_hand)),
        }
        if self.is_accounted:
            open_advance = _until(self.paid, index) - _until(self.reimbursed, index)
            stocks |= {
                "inplace_basis": _TREASURY,
                "held_level": self.unit_level,
                "advance_open": yuan(max(0, open_advance)),
                "payable": yuan(max(0, -open_advance)),
                "retention": yuan(self._retention_at(index)),
            }
        return stocks

    def _retention_at(self, index: int) -> int:
        known = [start for start in self.retention if start <= index]
        return self.retention[max(known)] if known else 0


def steady_outflow(stock: int, inflow: int, wanted: int) -> int:
    """Return what leaves a stock so that it ends empty or within a factor of what it was."""
    left = stock + inflow - wanted
    small = stock < _SMALL or left < _SMALL
    if not small and not stock / _STEADY <= left <= stock * _STEADY:
        return stock + inflow
    return wanted


def _until(flow: Flows, index: int, since: int = 0) -> int:
    return sum(fen for t, fen in flow.items() if since <= t <= index)
