"""`make manifests` renders every overlay into build/manifests."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.deploy.manifests import OVERLAYS, ROOT, documents, overlay

pytestmark = pytest.mark.needs("kustomize")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """What the target reads, in a folder of its own."""
    shutil.copy(ROOT / "Makefile", tmp_path)
    for part in ("deploy", "grafana"):
        shutil.copytree(ROOT / part, tmp_path / part, ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def make_manifests(checkout: Path) -> subprocess.CompletedProcess[str]:
    """Run it with this environment, which is taken to be up to date."""
    command = ["make", "--old-file", ".venv/.dev", "manifests", f"BIN={Path(sys.executable).parent}"]
    return subprocess.run(command, cwd=checkout, capture_output=True, text=True, check=False, timeout=240)


def test_every_overlay_is_rendered_whole(checkout: Path) -> None:
    stale = checkout / "deploy/k8s/components/service-monitors/prometheus-rule.yaml"
    stale.write_text("spec: of an older release\n")
    run = make_manifests(checkout)
    assert run.returncode == 0, run.stderr
    for name in OVERLAYS:
        text = (checkout / "build" / "manifests" / f"{name}.yaml").read_text(encoding="utf-8")
        assert documents(text) == overlay(name).documents
        assert f"build/manifests/{name}.yaml: {len(overlay(name).documents)} objects" in run.stdout


def test_an_overlay_that_cannot_be_rendered_ends_it(checkout: Path) -> None:
    (checkout / "deploy/k8s/base/ingest/service.yaml").unlink()
    run = make_manifests(checkout)
    assert run.returncode != 0
    assert "service.yaml" in run.stderr
