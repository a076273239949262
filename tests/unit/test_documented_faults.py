"""The page of faults names tests that exist."""

import ast
import re
from pathlib import Path

PAGE = Path("docs/faults.md")
DEMANDED = (
    "down", "slow", "429", "5xx", "invalid_blocks", "channel_not_found", "revoked",
    "deactivated between claim and send", "renamed", "DM that is closed", "two ticks at once", "clock is set",
    "Amsterdam, Kolkata, St. John's", "<!channel>",
    "same second", "champion leaves",
)  # fmt: skip


def known_tests() -> set[str]:
    """The names of all test functions of this repository."""
    found = set()
    for path in Path("tests").rglob("test_*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
                found.add(node.name)
    return found


def test_every_fault_has_a_test_that_exists_and_none_that_was_demanded_is_missing() -> None:
    page = PAGE.read_text(encoding="utf-8")
    rows = [line for line in page.splitlines() if line.startswith("| ") and "---" not in line][1:]
    held = {row: set(re.findall(r"`(test_\w+)`", row)) for row in rows}
    assert [row for row, names in held.items() if not names] == []
    assert set().union(*held.values()) - known_tests() == set()
    assert [fault for fault in DEMANDED if fault not in page] == []
