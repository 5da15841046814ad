"""Every night: a backup that is checked, old records trimmed, overdue returns reminded of."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from airflow.sdk import DAG, CronTriggerTimetable, task
from dag_settings import DAG_SETTINGS

log = logging.getLogger(__name__)


@task
def back_up() -> str:
    """Back the home up; return the new folder."""
    from ingest.landing import waiting_files
    from warehouse.backup import make_backup
    from warehouse.settings import load_settings

    settings = load_settings()
    made = make_backup(settings, settings.backup_folder, waiting_files(settings))
    log.info("%s", made)
    for path in made.damaged:
        log.error("The landing file %s is missing or altered", path)
    return made.folder


@task
def check_backup(folder: str) -> None:
    """Read the backup as a restore would; only then do the oldest ones go."""
    from pathlib import Path

    from warehouse.backup import remove_old_backups
    from warehouse.backup_manifest import require_undamaged, verify_backup
    from warehouse.settings import load_settings

    settings = load_settings()
    manifest = verify_backup(Path(folder))
    log.info("Removed: %s", remove_old_backups(settings.backup_folder, settings.backup_keep))
    require_undamaged(manifest)


@task
def trim() -> None:
    """Remove old records of Airflow and old logs, never of what still runs or waits."""
    from cli.trim import trim as trim_records
    from warehouse.settings import load_settings

    log.info("%s", trim_records(load_settings(), datetime.now().astimezone()))


@task
def remind() -> None:
    """Remind the units that owe returns; without a mail server into the outbox."""
    from warehouse.reminders import remind as remind_units
    from warehouse.settings import load_settings

    settings = load_settings()
    if settings.smtp_host is None:
        log.warning("TMW_SMTP_HOST is not set: reminders are written to %s", settings.outbox_dir)
    send = None if settings.smtp_host is None else send_mail
    log.info("%s", remind_units(settings, send, datetime.now(ZoneInfo(settings.timezone))))


def send_mail(letter: Any) -> None:
    """Send one letter through Airflow's notifier, as it is (no template is filled in)."""
    from html import escape

    from airflow.providers.smtp.notifications.smtp import SmtpNotifier

    from cli.airflow_config import SMTP_CONNECTION

    SmtpNotifier(
        to=[letter.address],
        subject=letter.subject,
        html_content=f'<pre style="font-family: inherit">{escape(letter.text)}</pre>',
        custom_headers={"Message-ID": f"<{letter.letter_id}@tmw>"},
        smtp_conn_id=SMTP_CONNECTION,
    ).notify({})


with DAG(
    "keep_house",
    description="Backup, trimming, reminders, every night",
    schedule=CronTriggerTimetable("30 2 * * *", timezone="Asia/Shanghai"),
    doc_md=__doc__,
    **DAG_SETTINGS,
):
    check_backup(back_up())
    trim()
    remind()
