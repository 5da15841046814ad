"""The ways in: a folder for each area, and an object store (a real S3 server on loopback)."""

from __future__ import annotations

import logging
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

import fsspec
import pytest
from moto.server import ThreadedMotoServer
from pydantic import SecretStr

from ingest import object_store, receive
from ingest.landing import submit_file
from ingest.object_store import ObjectStore, waiting_in_store
from ingest.receive import receive_inbox
from warehouse.settings import Settings

LIJIANG, YONGSHENG, SONGPING = "530700000000", "530722000000", "530722208000"
RECORDED = "select receipt_no, file_name, received_at, received_at_given, state from ops.submission"


def drop(settings: Settings, source: Path, *folders: str) -> Path:
    target = settings.inbox_dir.joinpath(*folders, source.name)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(source.read_bytes())
    return target


def test_each_area_may_have_a_folder_of_the_inbox(
    warehouse_home: Settings, write_return: Any
) -> None:
    own = [write_return.row(place_code=SONGPING)]
    unit = {"area_code": SONGPING, "area_name": "松坪乡"}
    drop(warehouse_home, write_return("own.csv", own, **unit), SONGPING)
    drop(warehouse_home, write_return("above.csv", own, version="1", **unit), f"{YONGSHENG} 永胜县")
    drop(warehouse_home, write_return("deep.csv", own, version="2", **unit), SONGPING, "十一月")
    drop(warehouse_home, write_return("other.csv", own, version="3", **unit), "530722202000")
    drop(warehouse_home, write_return("none.csv", own, version="4", **unit), "十一月", SONGPING)
    batch = receive_inbox(warehouse_home)
    states = {s.file_name: s.state for s in batch.submissions}
    assert states.pop("other.csv") == "rejected"
    assert set(states) == {"own.csv", "above.csv", "deep.csv", "none.csv"}
    assert "rejected" not in states.values()
    (found,) = [f for f in batch.findings if f.check_id == "IN-wrong-folder"]
    assert (found.file, found.value, found.expected) == ("other.csv", SONGPING, "530722202000")
    assert found.cell == "B8"
    assert not [path for path in warehouse_home.inbox_dir.rglob("*") if path.is_file()]
    assert (warehouse_home.inbox_dir / SONGPING).is_dir()  # the unit goes on using it


def test_a_folder_tells_which_unit_a_name_means(
    warehouse_home: Settings, write_return: Any
) -> None:
    nil = {"nil_return": "是", "area_code": "松坪乡", "area_name": ""}
    drop(warehouse_home, write_return("a.csv", [], **nil), SONGPING)
    drop(warehouse_home, write_return("b.csv", [], **nil, version="1"))
    batch = receive_inbox(warehouse_home)
    assert {s.file_name: s.area_code for s in batch.submissions} == {
        "a.csv": SONGPING,
        "b.csv": None,
    }


@pytest.fixture(scope="module")
def s3_server() -> Iterator[str]:
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


class Bucket:
    """The bucket a test sends to, as its senders see it."""

    def __init__(self, endpoint: str, name: str) -> None:
        self.files = fsspec.filesystem(
            "s3", key="sender", secret="secret", client_kwargs={"endpoint_url": endpoint},
            skip_instance_cache=True, use_listings_cache=False,
        )  # fmt: skip
        self.name = name
        self.files.mkdir(name)

    def put(self, key: str, data: bytes) -> None:
        self.files.pipe(f"{self.name}/{key}", data)

    def names(self) -> list[str]:
        self.files.invalidate_cache()
        return [key.removeprefix(f"{self.name}/") for key in self.files.find(self.name)]


@pytest.fixture
def bucket(s3_server: str) -> Bucket:
    return Bucket(s3_server, f"returns-{uuid4().hex[:12]}")


@pytest.fixture
def stored_home(assigned_home: Settings, s3_server: str, bucket: Bucket) -> Settings:
    """Return a warehouse that asks the bucket, with its secret in a file."""
    secret = assigned_home.secret_dir / object_store.SECRET
    secret.write_text("hidden\n")
    secret.chmod(stat.S_IRUSR | stat.S_IWUSR)
    return assigned_home.model_copy(
        update={
            "object_store_url": f"s3://{bucket.name}/returns",
            "object_store_endpoint": s3_server,
            "object_store_key": "tmw",
        }
    )


def test_an_object_becomes_a_return_received_when_the_store_had_it(
    stored_home: Settings, bucket: Bucket, write_return: Any, query: Any
) -> None:
    path = write_return("十一月.csv")
    bucket.put(f"returns/{LIJIANG}/十一月.csv", path.read_bytes())
    bucket.put("returns/.hidden.csv", b"x")
    bucket.put("returns/half.csv.part", b"x")
    bucket.put("elsewhere/a.csv", path.read_bytes())
    (waits,) = ObjectStore(stored_home, str(stored_home.object_store_url)).waiting()
    assert len(waiting_in_store(stored_home)) == 1
    batch = receive_inbox(stored_home)
    ((receipt, name, received_at, given, state),) = query(stored_home, RECORDED)
    assert (name, received_at, given, state) == ("十一月.csv", waits.modified_at, False, "accepted")
    assert batch.not_taken == []
    assert bucket.names() == [
        "elsewhere/a.csv",
        "returns/.hidden.csv",
        "returns/half.csv.part",
        f"returns/received/{receipt}/{LIJIANG}/十一月.csv",
    ]
    assert receive_inbox(stored_home).submissions == []


def test_the_folder_of_an_object_is_that_of_its_sender(
    stored_home: Settings, bucket: Bucket, write_return: Any
) -> None:
    bucket.put(f"returns/{SONGPING}/a.csv", write_return("a.csv").read_bytes())
    assert [f.check_id for f in receive_inbox(stored_home).findings if f.severity == "error"] == [
        "IN-wrong-folder"
    ]
    assert bucket.names()[0].startswith("returns/received/")  # refused is recorded too


class _KilledError(Exception):
    pass


@pytest.mark.parametrize("moment", ["after the copy", "after the ledger", "before the removal"])
def test_a_killed_run_neither_loses_nor_doubles_an_object(
    stored_home: Settings,
    bucket: Bucket,
    write_return: Any,
    query: Any,
    monkeypatch: pytest.MonkeyPatch,
    moment: str,
) -> None:
    def killed(*_: Any, **__: Any) -> None:
        raise _KilledError

    bucket.put("returns/a.csv", write_return("a.csv").read_bytes())
    with monkeypatch.context() as broken:
        if moment == "after the copy":
            broken.setattr(receive, "waiting_files", killed)
        elif moment == "after the ledger":
            broken.setattr(ObjectStore, "move_aside", killed)
        else:
            from s3fs import S3FileSystem

            broken.setattr(S3FileSystem, "rm_file", killed)
        with suppress(_KilledError):
            receive_inbox(stored_home)
    assert "returns/a.csv" in bucket.names()
    receive_inbox(stored_home)
    assert [name for _, name, *_ in query(stored_home, RECORDED)] == ["a.csv"]
    assert query(
        stored_home, "select count(*) from ops.finding where check_id = 'IN-duplicate'"
    ) == [(0,)]
    assert [key.partition("/")[2].partition("/")[0] for key in bucket.names()] == ["received"]
    assert not [path for path in stored_home.inbox_dir.rglob("*") if path.is_file()]


def test_an_object_written_over_is_not_lost(
    stored_home: Settings,
    bucket: Bucket,
    write_return: Any,
    query: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first, second = write_return("a.csv"), write_return("b.csv", version="1")
    bucket.put("returns/a.csv", first.read_bytes())
    move_aside = ObjectStore.move_aside

    def late(store: ObjectStore, *args: Any) -> None:
        bucket.put("returns/a.csv", second.read_bytes())
        move_aside(store, *args)

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(ObjectStore, "move_aside", late)
        receive_inbox(stored_home)
    assert bucket.names() == ["returns/a.csv"]
    receive_inbox(stored_home)
    assert query(stored_home, "select version, state from ops.submission order by version") == [
        (0, "superseded"),
        (1, "accepted"),
    ]


def test_the_same_bytes_sent_again_are_a_duplicate(
    stored_home: Settings, bucket: Bucket, write_return: Any, query: Any
) -> None:
    path = write_return("a.csv")
    submit_file(stored_home, path)
    receive_inbox(stored_home)
    bucket.put("returns/again.csv", path.read_bytes())
    assert {f.check_id for f in receive_inbox(stored_home).findings} == {"IN-duplicate"}
    assert len(query(stored_home, RECORDED)) == 1
    assert bucket.names()[0].startswith("returns/received/")


def test_a_store_in_trouble_keeps_nothing_else_from_being_taken_in(
    stored_home: Settings, bucket: Bucket, write_return: Any
) -> None:
    path = write_return("a.csv")
    bucket.put("returns/huge.csv", b"x" * 2048)
    small = stored_home.model_copy(update={"max_file_bytes": 1024})
    batch = receive_inbox(small)
    assert "huge.csv" in batch.not_taken[0]
    assert bucket.names() == ["returns/huge.csv"]
    assert not waiting_in_store(small)  # the scheduler is not woken for it
    submit_file(stored_home, path)
    away = stored_home.model_copy(
        update={"object_store_endpoint": "http://127.0.0.1:9", "object_store_key": None,
                "object_store_secret": SecretStr("x")}
    )  # fmt: skip
    batch = receive_inbox(away)
    assert [s.state for s in batch.submissions] == ["accepted"]
    (sentence,) = batch.not_taken
    assert "object store" in sentence
    assert "hidden" not in sentence
