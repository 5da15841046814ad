"""Who owes and has not filed after the deadline is reminded once, by mail or in the outbox."""

from __future__ import annotations

import email
import email.policy
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from email.message import EmailMessage
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

from cli.airflow_config import SMTP_PASSWORD, smtp_connection
from warehouse.contacts import import_contacts, list_contacts
from warehouse.database import Role, connect
from warehouse.errors import UsageError, WarehouseError
from warehouse.reminders import Letter, Reminded, overdue_returns, remind
from warehouse.secrets import replace_secret
from warehouse.settings import PROJECT_ROOT, Settings

if TYPE_CHECKING:
    from tests.conftest import Clone

NINGLANG = "530724000000"
DEADLINE = datetime.fromisoformat("2009-12-09T00:00:00+08:00")
BEFORE, AFTER = datetime.fromisoformat("2009-12-08T23:59:59+08:00"), DEADLINE
# The DAG's own function, in a process that knows the mail server as a task does.
SEND_AS_THE_DAG_DOES = """
import sys
from datetime import datetime
import keep_house
from warehouse.reminders import remind
from warehouse.settings import load_settings
print(remind(load_settings(), keep_house.send_mail, datetime.fromisoformat(sys.argv[1])))
"""


@pytest.fixture
def home(published_example: Settings, clone_warehouse: Clone, tmp_path: Path) -> Iterator[Settings]:
    """Return a warehouse in which Ninglang's FP-02 was sent back and its FP-08 never came."""
    with clone_warehouse(published_example, tmp_path / "home") as settings:
        with connect(settings, Role.admin) as connection:
            connection.execute(
                "update ops.submission set state = 'rejected', accepted_state = null"
                " where area_code = %s and form_code = 'FP-02'",
                [NINGLANG],
            )
            connection.execute(
                "update ops.submission set stat_month = '2001-01-01'"
                " where area_code = %s and form_code = 'FP-08'",
                [NINGLANG],
            )
        yield settings


def contacts(settings: Settings, *lines: str) -> int:
    path = settings.home / "contacts.csv"
    path.write_text("\n".join(["area_code,name,email", *lines, ""]), encoding="utf-8")
    return import_contacts(settings, path)


def reminders(settings: Settings) -> list[tuple[str, str]]:
    with connect(settings, Role.publisher) as connection:
        return connection.execute(
            "select form_code, address from ops.reminder order by 1"
        ).fetchall()


class Mailbox:
    """What a mail server does with mail; the first `refuse` letters are turned away."""

    def __init__(self) -> None:
        self.letters: list[EmailMessage] = []
        self.recipients: list[str] = []
        self.refuse = 0

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        if self.refuse:
            self.refuse -= 1
            return "451 Try again later"
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        self.letters.append(message)
        self.recipients += envelope.rcpt_tos
        return "250 OK"


@pytest.fixture
def mail_server() -> Iterator[tuple[Mailbox, int]]:
    """Start a real mail server on loopback that wants user `clerk` and password `geheim`."""

    def authenticate(*arguments: Any) -> AuthResult:
        data = arguments[-1]
        good = isinstance(data, LoginPassword) and data == LoginPassword(b"clerk", b"geheim")
        return AuthResult(success=good)

    mailbox = Mailbox()
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    controller = Controller(
        mailbox, hostname="127.0.0.1", port=port, authenticator=authenticate,
        auth_required=True, auth_require_tls=False,
    )  # fmt: skip
    controller.start()
    try:
        yield mailbox, port
    finally:
        controller.stop()


def test_nothing_is_overdue_before_the_deadline_ends(home: Settings) -> None:
    assert overdue_returns(home, BEFORE) == {}
    late = overdue_returns(home, AFTER)
    assert [area for area, _ in late] == [NINGLANG]
    (returns,) = late.values()
    assert {(r.form_code, r.returned) for r in returns} == {("FP-02", True), ("FP-08", False)}
    assert {r.deadline_at for r in returns} == {DEADLINE}
    assert overdue_returns(home, datetime.fromisoformat("2010-03-01T00:00:00+08:00")) == {}


def test_without_a_mail_server_the_outbox_has_it_once(home: Settings) -> None:
    assert contacts(home, f"{NINGLANG},和文明,wenming@example.org") == 1
    assert remind(home, None, AFTER) == Reminded(overdue=2, mailed=0, written=1)
    (path,) = (home.outbox_dir / NINGLANG).glob("reminder-*.txt")
    text = path.read_text(encoding="utf-8")
    assert text.startswith("催报：宁蒗彝族自治县 2009-11 报表逾期 Overdue returns")
    assert "FP-02 2009-11 期限 deadline 2009-12-08 已退回，待重报 sent back" in text
    assert "FP-08 2009-11 期限 deadline 2009-12-08 未报 not received" in text
    path.unlink()
    assert remind(home, None, AFTER) == Reminded(overdue=2, mailed=0, written=0)
    assert not path.exists()


def test_a_return_that_came_meanwhile_is_not_asked_for(home: Settings) -> None:
    with connect(home, Role.admin) as connection:
        connection.execute(
            "update ops.submission set stat_month = '2009-11-01'"
            " where area_code = %s and form_code = 'FP-08'",
            [NINGLANG],
        )
    remind(home, None, AFTER)
    assert reminders(home) == [("FP-02", "outbox")]


def test_the_dag_mails_each_contact_once(
    home: Settings, mail_server: tuple[Mailbox, int], tmp_path: Path
) -> None:
    mailbox, port = mail_server
    contacts(home, f"{NINGLANG},和文明,wenming@example.org", f"{NINGLANG},王芳,fang@example.org")
    settings = home.model_copy(
        update={"smtp_host": "127.0.0.1", "smtp_port": port, "smtp_user": "clerk",
                "smtp_from": "tmw@example.org", "smtp_starttls": False}
    )  # fmt: skip
    with pytest.raises(UsageError, match=SMTP_PASSWORD):
        smtp_connection(settings)
    replace_secret(settings, SMTP_PASSWORD, "geheim")
    assert home.database_url is not None
    environment = {k: v for k, v in os.environ.items() if not k.startswith("AIRFLOW")} | {
        **smtp_connection(settings),
        "TMW_HOME": str(home.home),
        "TMW_DATABASE_URL": home.database_url.get_secret_value(),
        "AIRFLOW_HOME": str(tmp_path / "airflow"),
        "PYTHONPATH": str(PROJECT_ROOT / "dags"),
    }

    def send() -> str:
        done = subprocess.run(
            [sys.executable, "-c", SEND_AS_THE_DAG_DOES, AFTER.isoformat()],
            env=environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        return done.stdout + done.stderr

    mailbox.refuse = 2  # the mail server turns one letter away, and the second attempt, too
    assert "1 reminders could not be sent, 1 were" in send()
    assert "mailed=1" in send()
    assert "mailed=0" in send()
    assert sorted(mailbox.recipients) == ["fang@example.org", "wenming@example.org"]
    for letter in mailbox.letters:
        assert letter["From"] == "tmw@example.org"
        assert letter["Subject"].startswith("催报：宁蒗彝族自治县 2009-11")
        body = letter.get_body(("html",))
        assert body is not None
        assert "FP-08 2009-11 期限 deadline 2009-12-08 未报 not received" in body.get_content()
    assert len({letter["Message-ID"] for letter in mailbox.letters}) == 2
    assert len(reminders(home)) == 4


def test_a_letter_that_fails_keeps_no_record_and_the_others_go(home: Settings) -> None:
    contacts(home, f"{NINGLANG},甲,a@example.org", f"{NINGLANG},乙,b@example.org")
    sent: list[Letter] = []

    def send(letter: Letter) -> None:
        if letter.address.startswith("a@"):
            raise OSError("connection refused")
        sent.append(letter)

    with pytest.raises(WarehouseError, match=r"1 reminders.*a@example.org: connection refused"):
        remind(home, send, AFTER)
    assert {address for _, address in reminders(home)} == {"b@example.org"}
    ids = [letter.letter_id for letter in sent]
    remind(home, sent.append, AFTER)
    assert len({*ids, *(letter.letter_id for letter in sent)}) == 2


WRONG_LINES = {
    "999999999999,x,x@example.org": "unknown",
    f"{NINGLANG},x,": "needs a name and an email",
    f"{NINGLANG},x,no address": "is no address",
    f'{NINGLANG},x,"a@b.org,c@d.org"': "is no address",
}


def test_a_wrong_line_imports_nothing(home: Settings) -> None:
    contacts(home, f"{NINGLANG},和文明,wenming@example.org")
    for line, trouble in WRONG_LINES.items():
        with pytest.raises(UsageError, match=f"line 3.*{trouble}"):
            contacts(home, f"{NINGLANG},王芳,fang@example.org", line)
    assert [c["email"] for c in list_contacts(home)] == ["wenming@example.org"]
    assert contacts(home, f"{NINGLANG},,") == 0
    assert list_contacts(home) == []
