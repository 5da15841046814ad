"""Reminders of overdue returns: who owes, what, since when; each said once to each address.

When a return is due stands in `core.fct_return_monthly`, made with the month's build (the calendar
close builds every month at the latest); whether it has come meanwhile, in the ledger.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import psycopg

from warehouse.builds import ACCEPTED_STATES
from warehouse.database import Role, connect
from warehouse.errors import WarehouseError
from warehouse.month import Month
from warehouse.settings import Settings
from warehouse.status import month_status

OUTBOX = "outbox"


@dataclass(frozen=True)
class Overdue:
    """A return that is owed, whose deadline has passed and of which none is accepted."""

    form_code: str
    month: Month
    deadline_at: datetime
    returned: bool  # something came and was sent back


@dataclass(frozen=True)
class Letter:
    """One reminder of one unit to one address; the same letter always has the same `letter_id`."""

    area_code: str
    area_name_zh: str
    address: str
    returns: tuple[Overdue, ...]

    @property
    def letter_id(self) -> str:
        """Return an id by which a letter sent again after a crash is known as the same."""
        lines = [f"{r.form_code} {r.month}" for r in self.returns]
        text = "\n".join([self.area_code, self.address, *lines])
        return hashlib.sha256(text.encode()).hexdigest()[:24]

    @property
    def subject(self) -> str:
        """Return the subject, Chinese first."""
        months = sorted({str(r.month) for r in self.returns})
        return f"催报：{self.area_name_zh} {'、'.join(months)} 报表逾期 Overdue returns"

    @property
    def text(self) -> str:
        """Return the letter, Chinese first, one line for each return."""
        lines = [
            f"{self.area_name_zh}（{self.area_code}）：",
            "下列报表已过报送期限，尚无可采用的报表，请尽快报送。",
            "The deadline of these returns has passed and none is accepted yet; please send them.",
            "",
        ]
        for item in self.returns:
            last_day = (item.deadline_at - timedelta(microseconds=1)).date()
            state = "已退回，待重报 sent back" if item.returned else "未报 not received"
            lines.append(f"{item.form_code} {item.month} 期限 deadline {last_day} {state}")
        lines += ["", "如已报送，请忽略。 Sent meanwhile? Then nothing is to be done."]
        return "\n".join(lines) + "\n"


@dataclass(frozen=True)
class Reminded:
    """What was said: letters sent by mail, files written to the outbox, overdue returns in all."""

    overdue: int
    mailed: int
    written: int

    def as_json(self) -> dict[str, int]:
        """Return the counts as a record."""
        return asdict(self)


Send = Callable[[Letter], object]


def overdue_returns(settings: Settings, now: datetime) -> dict[tuple[str, str], list[Overdue]]:
    """Return the overdue returns of each unit (code and name), by form and month.

    Only those whose deadline passed within the last `remind_days`: older months are history.
    """
    with connect(settings, Role.publisher) as connection:
        rows = connection.execute(
            "select stat_month, filing_unit_code, form_code, deadline_at"
            " from core.fct_return_monthly"
            " where is_expected and deadline_at <= %s and deadline_at > %s",
            [now, now - timedelta(days=settings.remind_days)],
        ).fetchall()
    due: dict[date, dict[tuple[str, str], datetime]] = defaultdict(dict)
    for stat_month, area, form, deadline in rows:
        due[stat_month][area, form] = deadline.astimezone(ZoneInfo(settings.timezone))
    found: dict[tuple[str, str], list[Overdue]] = defaultdict(list)
    for stat_month, deadlines in sorted(due.items()):
        month = Month.of(stat_month)
        for filed in month_status(settings, month).returns:
            at = deadlines.get((filed.area_code, filed.form_code))
            if at is not None and filed.owed and filed.state not in ACCEPTED_STATES:
                unit = (filed.area_code, filed.area_name_zh or filed.area_code)
                returned = filed.state not in ("expected", "withdrawn")
                found[unit].append(Overdue(filed.form_code, month, at, returned))
    return dict(found)


def remind(settings: Settings, send: Send | None, now: datetime) -> Reminded:
    """Remind each unit with overdue returns once; `send` mails a letter, None where it cannot.

    Without a mail server, or without a contact of the unit, the letter is written to its folder
    of the outbox. A letter is recorded in the transaction in which it is sent: what fails is tried
    again by the next run. Raises `WarehouseError` at the end when letters could not be sent.
    """
    overdue = overdue_returns(settings, now)
    with connect(settings, Role.publisher) as connection:
        rows = connection.execute("select area_code, email from ops.contact order by 1, 2")
        contacts: dict[str, list[str]] = defaultdict(list)
        for area, email in rows:
            contacts[area].append(email)
    mailed = written = 0
    failures: list[str] = []
    for (area, name), returns in overdue.items():
        addresses = contacts.get(area, []) if send is not None else []
        for address in addresses or [OUTBOX]:
            try:
                with connect(settings, Role.publisher) as connection:
                    new = _record(connection, area, address, returns)
                    if not new:
                        continue
                    letter = Letter(area, name, address, tuple(new))
                    if send is None or address == OUTBOX:
                        _write(settings, letter)
                        written += 1
                    else:
                        send(letter)
                        mailed += 1
            except Exception as error:  # noqa: BLE001 (whatever a mail server answers; said below)
                failures.append(f"{area} {address}: {' '.join(str(error).split())}")
    if failures:
        raise WarehouseError(
            f"{len(failures)} reminders could not be sent, {mailed + written} were: {failures[0]}.",
            remedy="Check the mail settings (TMW_SMTP_...); the next run sends what is missing.",
        )
    return Reminded(sum(map(len, overdue.values())), mailed, written)


def _record(
    connection: psycopg.Connection, area: str, address: str, returns: Iterable[Overdue]
) -> list[Overdue]:
    """Record the reminders that are new to this address and return their returns."""
    new = []
    for item in returns:
        added = connection.execute(
            "insert into ops.reminder (area_code, form_code, stat_month, address, deadline_at)"
            " values (%s, %s, %s, %s, %s) on conflict do nothing",
            [area, item.form_code, item.month.first_day, address, item.deadline_at],
        ).rowcount
        if added:
            new.append(item)
    return new


def _write(settings: Settings, letter: Letter) -> None:
    folder = settings.outbox_dir / letter.area_code
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / f"reminder-{letter.letter_id[:12]}.txt"
    draft = path.with_name(f".draft-{path.name}")
    draft.write_text(f"{letter.subject}\n\n{letter.text}", encoding="utf-8", newline="\r\n")
    draft.replace(path)
