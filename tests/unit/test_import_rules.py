"""Services meet in events only; the contracts and the runtime stand on nothing above them."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LINT = [sys.executable, "-c", "from importlinter.cli import lint_imports_command; lint_imports_command()"]


def test_the_import_rules_hold() -> None:
    result = subprocess.run(LINT, cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize(
    ("importer", "imported"),
    [
        ("services/metrics", "services.pulse_bot"),
        ("services/ingest", "sandbox"),
        ("services/runtime", "services.ingest"),
        ("services/contracts", "services.runtime"),
        ("grafana", "services.metrics"),
        ("services/runtime", "grafana"),
    ],
)
def test_a_forbidden_import_is_caught(tmp_path: Path, importer: str, imported: str) -> None:
    for package in (
        "services",
        "sandbox",
        "grafana",
        *(f"services/{n}" for n in ("contracts", "runtime", "pulse_bot", "ingest", "metrics")),
    ):
        (tmp_path / package).mkdir(exist_ok=True)
        (tmp_path / package / "__init__.py").write_text("")
    (tmp_path / importer / "trespass.py").write_text(f"import {imported}\n")
    (tmp_path / "pyproject.toml").write_text((ROOT / "pyproject.toml").read_text())
    result = subprocess.run(LINT, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert result.returncode == 1, result.stdout + result.stderr
    assert "trespass" in result.stdout


@pytest.mark.parametrize("service", ["metrics.routes.service", "metrics.release.watch"])
def test_what_serves_numbers_loads_no_library_that_it_can_do_without(service: str) -> None:
    """`scipy.stats` takes 46 MB in every process that loads it; `scipy.special`, at its first use, is enough."""
    code = f"import sys, services.{service}; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert {"scipy.stats", "scipy.optimize", "pandas", "matplotlib"}.isdisjoint(loaded.split())
    assert "scipy" in loaded.split()
