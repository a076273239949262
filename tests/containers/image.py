"""The production image, built by `make image` on a base made of Debian's packages: no registry is needed."""

import os
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
NAME: Final = "draagvlak:0.1.0"
_BASE: Final = "localhost/draagvlak-base:bookworm"
_STORAGE: Final = """[storage]
driver = "overlay"
graphroot = "{folder}/root"
runroot = "{folder}/run"
"""


def build(folder: Path) -> Path:
    """The image as a file that docker loads. ``folder`` takes everything that is needed on the way."""
    storage = folder / "storage.conf"
    storage.write_text(_STORAGE.format(folder=folder))
    environment = {**os.environ, "CONTAINERS_STORAGE_CONF": str(storage), "BUILDAH_ISOLATION": "chroot"}
    began = time.monotonic()
    _make_base(folder, environment)
    sys.stdout.write(f"\nthe base took {time.monotonic() - began:.0f} s")
    told = {"BUILDER": "buildah", "BASE": _BASE, "IMAGE": NAME, **_index(), **_certificates()}
    _run("make", "image", environment=environment | told, cwd=ROOT)
    archive = folder / "image.tar"
    _run("buildah", "push", "--quiet", NAME, f"docker-archive:{archive}:{NAME}", environment=environment)
    return archive


def _make_base(folder: Path, environment: Mapping[str, str]) -> None:
    """Debian with Python 3.11 as the base of python:3.11-slim-bookworm has it."""
    tree = folder / "base.tar"
    packages = "--include=python3,python3-venv,ca-certificates"
    _run("mmdebstrap", "--quiet", "--variant=minbase", packages, "bookworm", str(tree), environment=environment)
    container = _run("buildah", "from", "scratch", environment=environment).strip()
    _run("buildah", "add", "--quiet", container, str(tree), "/", environment=environment)
    _run("buildah", "commit", "--quiet", "--rm", container, _BASE, environment=environment)
    tree.unlink()


def _index() -> dict[str, str]:
    """Where this machine's pip finds packages, when that is told to it."""
    line = [sys.executable, "-m", "pip", "config", "get", "global.index-url"]
    configured = subprocess.run(line, capture_output=True, text=True, check=False).stdout.strip()
    address = os.environ.get("PIP_INDEX_URL") or configured
    return {"PIP_INDEX_URL": address, "UV_DEFAULT_INDEX": address} if address else {}


def _certificates() -> dict[str, str]:
    """Whom this machine's pip trusts, when that is told to it."""
    file = os.environ.get("PIP_CERT") or os.environ.get("SSL_CERT_FILE")
    return {"CA_FILE": file} if file else {}


def _run(*line: str, environment: Mapping[str, str], cwd: Path | None = None) -> str:
    done = subprocess.run(line, env=environment, cwd=cwd, capture_output=True, text=True, check=False, timeout=1_500)
    assert done.returncode == 0, f"{' '.join(line)}\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
    return done.stdout
