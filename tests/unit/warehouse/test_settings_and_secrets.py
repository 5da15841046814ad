"""Settings come from the environment alone; secrets are made once and read by their owner."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from warehouse.errors import UsageError, WarehouseError
from warehouse.secrets import secret
from warehouse.settings import PROJECT_ROOT, Settings, load_settings


def test_defaults_live_in_the_checkout(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TMW_HOME", raising=False)
    monkeypatch.setenv("TMW_DATABASE_URL", "")
    settings = load_settings()
    assert settings.home == PROJECT_ROOT / ".tmw"
    assert settings.database_url is None
    assert settings.timezone == "Asia/Shanghai"


def test_everything_lies_in_the_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TMW_HOME", str(tmp_path / "h"))
    settings = load_settings()
    folders = [
        settings.inbox_dir, settings.outbox_dir, settings.landing_dir, settings.log_dir,
        settings.secret_dir, settings.report_dir, settings.database_dir, settings.run_dir,
        settings.areas_file,
    ]  # fmt: skip
    assert {folder.parent for folder in folders} == {tmp_path / "h"}
    assert len(set(folders)) == len(folders)


def test_a_secret_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    first = secret(settings, "database_x")
    assert len(first) >= 32
    assert secret(settings, "database_x") == first
    assert secret(settings, "database_y") != first
    assert stat.S_IMODE(settings.secret_dir.stat().st_mode) == 0o700
    assert stat.S_IMODE((settings.secret_dir / "database_x").stat().st_mode) == 0o600
    assert sorted(path.name for path in settings.secret_dir.iterdir()) == [
        "database_x",
        "database_y",
    ]


def test_askers_at_the_same_time_agree(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    with ThreadPoolExecutor(8) as pool:
        values = set(pool.map(lambda _: secret(settings, "shared"), range(64)))
    assert len(values) == 1


def test_a_secret_has_a_plain_name_and_a_value(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    with pytest.raises(UsageError):
        secret(settings, "../outside")
    settings.secret_dir.mkdir()
    (settings.secret_dir / "empty").write_text("\n")
    with pytest.raises(WarehouseError, match="empty"):
        secret(settings, "empty")


def test_the_database_url_is_never_printed(tmp_path: Path) -> None:
    settings = Settings.model_validate(
        {"home": tmp_path, "database_url": "postgresql://u:topsecret@h/d"}
    )
    assert "topsecret" not in repr(settings)
