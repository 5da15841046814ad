"""Bytes on their way in: receipts, landing, what is left alone in the inbox."""

from __future__ import annotations

import hashlib
import os
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ingest.landing import (
    NotTakenError,
    clear,
    clear_leftovers,
    land,
    receipt_number,
    safe_name,
    submit_file,
    waiting_files,
)
from warehouse.errors import LandingError, UsageError
from warehouse.settings import Settings

RECEIVED = datetime(2009, 12, 4, 9, 30, tzinfo=UTC)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "十一月.csv"
    path.write_bytes("表号,FP-02\n".encode())
    return path


def test_the_receipt_is_made_of_the_bytes(settings: Settings, source: Path) -> None:
    digest = hashlib.sha256(source.read_bytes()).hexdigest()
    receipt = submit_file(settings, source)
    assert receipt.receipt_no == receipt_number(digest) == f"R-{digest[:12].upper()}"
    assert submit_file(settings, source.rename(source.with_name("b.csv"))).receipt_no == (
        receipt.receipt_no
    )
    assert len(waiting_files(settings)) == 1


def test_what_was_submitted_counts_whatever_its_name(settings: Settings, source: Path) -> None:
    submit_file(settings, source.rename(source.with_name("~$draft.tmp")))
    assert [arrival.file_name for arrival in waiting_files(settings)] == ["~$draft.tmp"]


def test_a_given_time_of_receipt_is_kept_and_its_sidecar_is_no_return(
    settings: Settings, source: Path
) -> None:
    submit_file(settings, source, RECEIVED)
    (arrival,) = waiting_files(settings)
    assert (arrival.received_at, arrival.received_at_given) == (RECEIVED, True)
    with pytest.raises(UsageError):
        submit_file(settings, source, RECEIVED.replace(tzinfo=None))


def test_the_time_of_a_dropped_file_is_when_it_arrived_and_not_what_it_says(
    settings: Settings, source: Path
) -> None:
    settings.inbox_dir.mkdir(parents=True)
    dropped = settings.inbox_dir / "late.csv"
    dropped.write_bytes(source.read_bytes())
    os.utime(dropped, (0, 0))
    (arrival,) = waiting_files(settings)
    assert abs((datetime.now(UTC) - arrival.received_at).total_seconds()) < 60
    assert not arrival.received_at_given


def test_a_file_that_is_still_growing_is_left_for_the_next_run(settings: Settings) -> None:
    settings.inbox_dir.mkdir(parents=True)
    growing = settings.inbox_dir / "growing.csv"
    growing.write_bytes(b"a,b\n")
    done = settings.inbox_dir / "done.csv"
    done.write_bytes(b"a,b\n")
    writer = os.fork()
    if writer == 0:  # another process that goes on writing
        for _ in range(20):
            time.sleep(0.1)
            with growing.open("ab") as stream:
                stream.write(b"c,d\n")
        os._exit(0)
    try:
        assert [arrival.file_name for arrival in waiting_files(settings)] == ["done.csv"]
    finally:
        os.waitpid(writer, 0)


def test_landing_keeps_the_bytes_and_leaves_the_inbox_alone(
    settings: Settings, source: Path
) -> None:
    submit_file(settings, source)
    (arrival,) = waiting_files(settings)
    landed = land(settings, arrival)
    assert land(settings, arrival) == landed
    stored = settings.landing_dir / landed.landing_path
    assert stored.read_bytes() == source.read_bytes()
    assert landed.landing_path == f"{landed.sha256[:2]}/{landed.sha256}/十一月.csv"
    assert stored.stat().st_mode & 0o777 == 0o400
    assert stored.parent.stat().st_mode & 0o077 == 0
    assert arrival.path.exists()
    clear(settings, arrival)
    assert not any(settings.inbox_dir.iterdir())
    assert [path.name for path in settings.landing_dir.iterdir()] == [landed.sha256[:2]]


def test_a_link_is_never_followed(settings: Settings, source: Path) -> None:
    submit_file(settings, source)
    (arrival,) = waiting_files(settings)
    arrival.path.unlink()
    arrival.path.symlink_to("/etc/hostname")
    with pytest.raises(NotTakenError):
        land(settings, arrival)


def test_a_store_that_cannot_be_written_is_named(settings: Settings, source: Path) -> None:
    submit_file(settings, source)
    (arrival,) = waiting_files(settings)
    settings.landing_dir.write_text("a file where the folder should be")
    with pytest.raises(LandingError) as caught:
        land(settings, arrival)
    assert str(settings.landing_dir) in str(caught.value)
    assert arrival.path.exists()


@pytest.mark.parametrize(
    ("name", "stored"),
    [
        ("十一月.xlsx", "十一月.xlsx"),
        ("../../etc/passwd", "etcpasswd"),
        ('a<b>:"|?*.csv', "ab.csv"),
        (".hidden.csv", "hidden.csv"),
        ("a\nb\u202e.csv", "ab.csv"),
        (os.fsdecode("十一月.csv".encode("gb18030")), "十一月.csv"),
        ("...", "return"),
    ],
)
def test_names_are_made_safe(name: str, stored: str) -> None:
    assert safe_name(name) == stored


def test_a_long_name_keeps_its_suffix() -> None:
    name = safe_name("月报" * 100 + ".xlsx")
    assert name.endswith(".xlsx")
    assert len(name.encode()) <= 200


def test_half_made_copies_of_killed_runs_are_removed_and_those_being_made_are_not(
    settings: Settings,
) -> None:
    being_made = settings.inbox_dir / ".submit-new"
    abandoned = settings.inbox_dir / ".submit-old"
    landing = settings.landing_dir / ".landing-old"
    draft, old_draft = settings.drafts_dir / "new", settings.drafts_dir / "old"
    for folder in (being_made, abandoned, landing, draft, old_draft):
        folder.mkdir(parents=True)
        (folder / "half.csv").write_bytes(b"half")
    for folder in (abandoned, old_draft):
        os.utime(folder, times=(time.time() - 90_000,) * 2)
    clear_leftovers(settings)
    assert [folder.exists() for folder in (being_made, abandoned, landing)] == [True, False, False]
    assert (draft.exists(), old_draft.exists()) == (True, False)
