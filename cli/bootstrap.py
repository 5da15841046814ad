"""Set-up from nothing: finds or fetches uv, then makes `.venv` from the hashed lock file.

Runs with a bare Python >= 3.11 and its standard library alone, before anything is installed:
`python3 -m cli.bootstrap`. Safe to repeat: it does nothing when the lock file has not changed.
"""

from __future__ import annotations

import configparser
import hashlib
import html.parser
import importlib.util
import os
import platform
import shutil
import subprocess
import sys
import urllib.parse
import urllib.request
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
TOOLS = ROOT / ".tools"
LOCK = ROOT / "requirements" / "dev.lock"
STAMP = VENV / "set-up-from"
OLDEST, NEWEST = (3, 11), (3, 14)


class BootstrapError(Exception):
    """Set-up cannot go on; the message says what to do."""


def main() -> int:
    """Set up `.venv`; return 0, or 4 with one line on standard error."""
    try:
        if not OLDEST <= sys.version_info[:2] <= NEWEST:
            raise BootstrapError(
                f"Python {platform.python_version()} is not supported. "
                "Name one from 3.11 to 3.14: make setup PYTHON=python3.11"
            )
        fingerprint = _fingerprint()
        if STAMP.exists() and STAMP.read_text() == fingerprint:
            return 0
        uv = find_uv()
        environment = _uv_environment()
        _say("Making .venv")
        making: list[str | Path] = ["venv", "--quiet", "--allow-existing"]
        _run([uv, *making, "--python", sys.executable, VENV])
        _say("Installing the locked packages")
        python = VENV / "bin" / "python"
        sync = ["pip", "sync", "--quiet", "--compile-bytecode", "--require-hashes"]
        _run([uv, *sync, "--python", python, LOCK], environment)
        project: list[str | Path] = ["pip", "install", "--quiet", "--no-deps", "--editable", ROOT]
        _run([uv, *project, "--python", python], environment)
        STAMP.write_text(fingerprint)
    except (BootstrapError, OSError) as error:
        print(f"make setup: {error}", file=sys.stderr)
        return 4
    return 0


def find_uv() -> str:
    """Return a uv: the one on PATH, ours in `.tools`, or one fetched now."""
    found = shutil.which("uv") or shutil.which("uv", path=str(TOOLS / "bin"))
    if found:
        return found
    _say("Fetching uv")
    pip = _pip_command()
    if pip is not None:
        _run([*pip, "install", "--quiet", "--no-deps", "--upgrade", "--target", TOOLS, "uv"])
    else:
        _fetch_wheel("uv")
    fetched = shutil.which("uv", path=str(TOOLS / "bin"))
    if fetched is None:
        raise BootstrapError("uv was fetched but .tools/bin/uv is missing. Install uv yourself.")
    return fetched


def _pip_command() -> list[str] | None:
    """Return how to call pip: the installed one, or the one that Python carries in ensurepip."""
    if importlib.util.find_spec("pip") is not None:
        return [sys.executable, "-m", "pip"]
    ensurepip = importlib.util.find_spec("ensurepip")
    if ensurepip is not None and ensurepip.origin is not None:
        bundled = sorted((Path(ensurepip.origin).parent / "_bundled").glob("pip-*.whl"))
        if bundled:
            return [sys.executable, str(bundled[-1] / "pip")]
    return None


def configured_index() -> str | None:
    """Return the package index that pip or uv is configured for, or None for their default."""
    for name in ("UV_DEFAULT_INDEX", "UV_INDEX_URL", "PIP_INDEX_URL"):
        if os.environ.get(name):
            return os.environ[name]
    files = [os.environ.get("PIP_CONFIG_FILE", "")]
    config_home = os.environ.get("XDG_CONFIG_HOME") or str(Path.home() / ".config")
    files += [f"{config_home}/pip/pip.conf", str(Path.home() / ".pip" / "pip.conf")]
    files += ["/etc/xdg/pip/pip.conf", "/etc/pip.conf"]
    for file in files:
        parser = configparser.ConfigParser(interpolation=None)
        if file and Path(file).is_file() and parser.read(file):
            for section in ("install", "global"):
                if parser.has_option(section, "index-url"):
                    return parser.get(section, "index-url")
    return None


class _Links(html.parser.HTMLParser):
    """Collects the links of a package's index page."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep the target of each anchor."""
        if tag == "a":
            self.links += [value for name, value in attrs if name == "href" and value]


def _fetch_wheel(package: str) -> None:
    """Unpack the newest wheel of a package for this machine from the configured index."""
    index = configured_index()
    if index is None:
        raise BootstrapError(
            "neither uv nor pip is here and no package index is configured. Install python3-pip, "
            "or set PIP_INDEX_URL to the address of your package index, and run this again."
        )
    page_url = f"{index.rstrip('/')}/{package}/"
    page = _Links()
    page.feed(_read(page_url).decode())
    machine = platform.machine().lower().replace("arm64", "aarch64")
    wheels = [
        link
        for link in page.links
        if f"{package}-" in link and machine in link and ".whl" in link and "manylinux" in link
    ]
    if not wheels:
        raise BootstrapError(f"the package index has no {package} for {machine}. Install uv.")
    newest = max(wheels, key=_version_of)
    address, _, fragment = newest.partition("#")
    content = _read(urllib.parse.urljoin(page_url, address))
    algorithm, _, digest = fragment.partition("=")
    if algorithm != "sha256" or hashlib.sha256(content).hexdigest() != digest:
        raise BootstrapError(f"the index gives no matching sha256 for {package}. Install uv.")
    (TOOLS / "bin").mkdir(parents=True, exist_ok=True)
    archive = TOOLS / "wheel.zip"
    archive.write_bytes(content)
    with zipfile.ZipFile(archive) as wheel:
        for name in wheel.namelist():
            if name.endswith(f".data/scripts/{package}"):
                target = TOOLS / "bin" / package
                target.write_bytes(wheel.read(name))
                target.chmod(0o755)
    archive.unlink()


def _version_of(link: str) -> tuple[int, ...]:
    """Return the version in a wheel's name as numbers, `(0,)` for a pre-release."""
    version = link.rsplit("/", 1)[-1].split("-")[1].split(".")
    return tuple(int(part) for part in version) if all(p.isdigit() for p in version) else (0,)


def _read(url: str) -> bytes:
    if urllib.parse.urlsplit(url).scheme not in ("https", "http", "file"):
        raise BootstrapError(f"{url} is no address of a package index. Check PIP_INDEX_URL.")
    with urllib.request.urlopen(url, timeout=180) as answer:  # noqa: S310 (scheme checked above)
        content: bytes = answer.read()
    return content


def _uv_environment() -> dict[str, str]:
    """Return the environment for uv: pip's index and certificate count for uv as well."""
    environment = dict(os.environ)
    # With this set Python writes no .pyc files and every later start costs seconds.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    index = configured_index()
    if index is not None:
        environment.setdefault("UV_DEFAULT_INDEX", index)
    if "PIP_CERT" in environment:
        environment.setdefault("SSL_CERT_FILE", environment["PIP_CERT"])
    environment.setdefault("UV_HTTP_TIMEOUT", "180")
    # Trust what the machine trusts, as pip does: offices have certificates of their own.
    # (The second name is that of uv before 0.11.)
    for name in ("UV_SYSTEM_CERTS", "UV_NATIVE_TLS"):
        environment.setdefault(name, "true")
    return environment


def _fingerprint() -> str:
    """Return what `.venv` depends on: the lock file, the project file and this Python."""
    digest = hashlib.sha256(LOCK.read_bytes() + (ROOT / "pyproject.toml").read_bytes())
    return f"{digest.hexdigest()} {sys.executable} {platform.python_version()} {ROOT}"


def _run(command: list[str | Path], environment: dict[str, str] | None = None) -> None:
    done = subprocess.run([str(part) for part in command], env=environment, check=False)
    if done.returncode != 0:
        name = " ".join(str(part) for part in command[:3])
        raise BootstrapError(f"`{name}` failed (exit {done.returncode}); its message is above.")


def _say(text: str) -> None:
    print(f"setup: {text} ...", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
