"""The production image has the packages of requirements.lock and no sandbox: every command of it must do with that."""

import json
import re
import subprocess
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

from services.command_line import COMMANDS

ROOT = Path(__file__).resolve().parents[2]
OF_DEVELOPMENT = {"demo", "sandbox"}

_ONLY_LOCKED = """
import importlib, json, pkgutil, sys

refused = frozenset(json.load(sys.stdin))

class OnlyLocked:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in refused:
            raise ModuleNotFoundError(f"{name} is not in the production image", name=name)
        return None

sys.meta_path.insert(0, OnlyLocked())
"""
_IMPORT_ALL = (
    _ONLY_LOCKED
    + """
import services
for module in pkgutil.walk_packages(services.__path__, "services."):
    if not module.name.endswith(("__main__", ".ledger.migrations.env")):  # alembic runs that one
        importlib.import_module(module.name)
        print(module.name)
"""
)
_COMMANDS = (
    _ONLY_LOCKED
    + """
import contextlib, io
from services.command_line import main
for command in sys.argv[1:]:
    sys.argv = ["draagvlak", command, "--help"] if command else ["draagvlak", "--help"]
    shown = io.StringIO()
    with contextlib.redirect_stdout(shown), contextlib.suppress(SystemExit):
        main()
    print(f"{command or 'draagvlak'}: {'Usage: ' in shown.getvalue()}")
"""
)


def locked(lock: str) -> dict[str, set[str]]:
    """Name of a distribution -> its versions in the lock."""
    found: dict[str, set[str]] = {}
    for name, version in re.findall(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", (ROOT / lock).read_text(), re.MULTILINE):
        found.setdefault(name, set()).add(version)
    return found


def refused() -> str:
    """The top-level modules of this environment that the production image does not have."""
    normal = {re.sub(r"[-_.]+", "-", name).lower() for name in locked("requirements.lock")}
    outside = [
        module
        for module, owners in packages_distributions().items()
        if normal.isdisjoint(re.sub(r"[-_.]+", "-", owner).lower() for owner in owners)
        and module not in {"services", "surveys", "grafana"}
    ]
    return json.dumps([*outside, "sandbox"])


def run(script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", script, *arguments],
        input=refused(),
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        timeout=240,
    )


def test_the_import_guard_refuses_what_the_image_lacks() -> None:
    for module in ("sandbox", "chdb", "pytest", "statsmodels", "pandas"):
        done = run(f"{_ONLY_LOCKED}\nimport {module}")
        assert f"{module} is not in the production image" in done.stderr


def test_every_module_of_the_services_needs_only_what_is_locked() -> None:
    done = run(_IMPORT_ALL)
    assert done.returncode == 0, done.stderr
    assert {"services.pulse_bot.app", "services.ingest.process", "services.metrics.release.watch"} <= set(
        done.stdout.split()
    )


def test_every_production_command_can_be_called() -> None:
    commands = sorted(set(COMMANDS) - OF_DEVELOPMENT)
    done = run(_COMMANDS, "", *commands)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [f"{command}: True" for command in ("draagvlak", *commands)]


def test_a_command_of_the_sandbox_says_that_it_is_not_there() -> None:
    done = run(_ONLY_LOCKED + "\nfrom services.command_line import main\nsys.argv = ['draagvlak', 'demo']\nmain()")
    assert (done.returncode, done.stderr) == (2, "the sandbox is not part of this installation\n")
