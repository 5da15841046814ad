"""Set-up on a machine without uv, pip and venv: the wheel comes from the configured index."""

import hashlib
import importlib.util
import platform
import subprocess
import sys
import zipfile
from pathlib import Path
from types import ModuleType

import pytest

SCRIPT = Path(__file__).resolve().parents[3] / "cli" / "bootstrap.py"


@pytest.fixture
def bootstrap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The script as a module, writing its tools under a temporary folder."""
    spec = importlib.util.spec_from_file_location("bootstrap_under_test", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "TOOLS", tmp_path / "tools")
    for name in ("UV_DEFAULT_INDEX", "UV_INDEX_URL", "PIP_INDEX_URL", "PIP_CONFIG_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home" / ".config"))
    return module


def make_index(folder: Path, version: str, script: bytes, digest: str | None = None) -> str:
    """A package index of two versions of uv as files; return its address."""
    package = folder / "simple" / "uv"
    package.mkdir(parents=True)
    links = []
    for number, content in (("0.9.9", b"old"), (version, script)):
        name = f"uv-{number}-py3-none-manylinux_2_17_{platform.machine()}.whl"
        with zipfile.ZipFile(package / name, "w") as wheel:
            wheel.writestr(f"uv-{number}.data/scripts/uv", content)
        found = digest or hashlib.sha256((package / name).read_bytes()).hexdigest()
        links.append(f'<a href="{name}#sha256={found}">{name}</a>')
    (package / "index.html").write_text("\n".join(links))
    return (folder / "simple").as_uri()


def serve(bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch, index: str) -> None:
    """Let file addresses of a folder answer with its index page, as a web server does."""
    read = bootstrap._read
    monkeypatch.setattr(
        bootstrap, "_read", lambda url: read(f"{url}index.html" if url.endswith("/") else url)
    )
    monkeypatch.setenv("PIP_INDEX_URL", index)


def test_the_newest_wheel_is_fetched_and_runs(bootstrap, tmp_path, monkeypatch) -> None:
    serve(bootstrap, monkeypatch, make_index(tmp_path, "0.10.1", b"#!/bin/sh\necho fetched\n"))
    monkeypatch.setattr(bootstrap, "_pip_command", lambda: None)
    monkeypatch.setattr(bootstrap.shutil, "which", which_only_in(tmp_path))
    uv = bootstrap.find_uv()
    assert subprocess.check_output([uv], text=True) == "fetched\n"


def which_only_in(folder: Path):
    """`shutil.which` of a machine that has no uv of its own."""

    def which(name: str, path: str | None = None) -> str | None:
        found = Path(path, name) if path else None
        return str(found) if found and found.is_file() and folder in found.parents else None

    return which


def test_a_wheel_with_another_hash_is_refused(bootstrap, tmp_path, monkeypatch) -> None:
    serve(bootstrap, monkeypatch, make_index(tmp_path, "0.10.1", b"x", digest="0" * 64))
    with pytest.raises(bootstrap.BootstrapError, match="no matching sha256"):
        bootstrap._fetch_wheel("uv")


def test_the_index_of_pip_counts_for_uv(bootstrap, tmp_path, monkeypatch) -> None:
    config = tmp_path / "home" / ".config" / "pip" / "pip.conf"
    config.parent.mkdir(parents=True)
    config.write_text("[global]\nindex-url = https://packages.example/simple\n")
    assert bootstrap._uv_environment()["UV_DEFAULT_INDEX"] == "https://packages.example/simple"
    monkeypatch.setenv("PIP_INDEX_URL", "https://other.example/simple")
    assert bootstrap.configured_index() == "https://other.example/simple"


def test_an_unsupported_python_is_named(bootstrap, monkeypatch, capsys) -> None:
    monkeypatch.setattr(bootstrap, "OLDEST", (99, 0))
    assert bootstrap.main() == 4
    assert "is not supported" in capsys.readouterr().err


def test_the_script_needs_the_standard_library_alone() -> None:
    code = f"import runpy; runpy.run_path({str(SCRIPT)!r}, run_name='imported')"
    subprocess.run([sys.executable, "-I", "-S", "-c", code], check=True)
