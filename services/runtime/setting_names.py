"""Every setting that this installation knows, so that a mistyped one is told and not passed over in silence.

The names are read in the sources, from every class that is called …Settings: importing every service to know its
settings would cost a process of one service the memory of all.
"""

import ast
import os
import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Final

PREFIX: Final = "DRAAGVLAK_"
_PACKAGES: Final = ("services", "sandbox", "grafana")
_CLASS: Final = re.compile(r"^class \w+Settings\(", re.MULTILINE)
_ELSEWHERE: Final = frozenset({"DRAAGVLAK_ALERT_EMAIL"})
"""Read by no process of ours: what provisioning files of Grafana put in their places."""


@cache
def known(modules: str = "*.py") -> frozenset[str]:
    """The names of all environment variables that some process of this installation reads."""
    found = set(_ELSEWHERE)
    for package in _PACKAGES:
        spec = find_spec(package)
        for folder in (spec.submodule_search_locations or ()) if spec else ():
            for path in Path(folder).rglob(modules):
                if _CLASS.search(text := path.read_text(encoding="utf-8")):
                    found.update(_declared(text))
    return frozenset(found)


def unknown(environment: Mapping[str, str] | None = None) -> tuple[str, ...]:
    """A sentence for each variable with our prefix that nothing reads, with the name that it may be meant to be."""
    given = os.environ if environment is None else environment
    ours = {name for name in given if name.upper().startswith(PREFIX)}
    rare = {name for name in ours if name.upper() not in known("settings.py")}  # a look at few files is mostly enough
    return tuple(_sentence(name) for name in sorted(rare) if name.upper() not in known())


def _sentence(name: str) -> str:
    close = get_close_matches(name.upper(), known(), n=1, cutoff=0.8)
    meant = f"; did you mean {close[0]}?" if close else ""
    return f"{name}: is no setting, and nothing reads it{meant}"


def _declared(text: str) -> Iterator[str]:
    for statement in ast.parse(text).body:
        if isinstance(statement, ast.ClassDef) and statement.name.endswith("Settings"):
            prefix = _prefix(statement)
            for part in statement.body:
                if isinstance(part, ast.AnnAssign) and isinstance(part.target, ast.Name):
                    yield f"{prefix}{part.target.id.upper()}"


def _prefix(settings: ast.ClassDef) -> str:
    for node in ast.walk(settings):
        if isinstance(node, ast.keyword) and node.arg == "env_prefix" and isinstance(node.value, ast.Constant):
            return str(node.value.value)
    return PREFIX
