"""A third language as whoever adds it does: one file in a copy of the services, and a process that runs there."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po

CODE, NAME, LOCALE = "fy", "Frysk", "fy-NL"
PLACE = Path("services/pulse_bot/locales")
FILE = Path("LC_MESSAGES/pulse_bot.po")
_KEPT = re.compile(r"(\{[^}]*\}|`[^`]*`|<[^>]*>|:[a-z_]+:)")
_ACCENTS = str.maketrans("aeiouAEIOU", "âêîôûÂÊÎÔÛ")


def own(english: str) -> str:
    """The text in a language of our making: accents on every vowel, gaps and commands as they were."""
    return "".join(part if n % 2 else part.translate(_ACCENTS) for n, part in enumerate(_KEPT.split(english)))


def stretched(english: str, limit: int) -> str:
    """The same, as long as a translation may be."""
    words = own(english)
    return words + (" ŵŵŵŵŵ" * limit)[: max(0, limit - len(words))].rstrip().ljust(max(0, limit - len(words)), "ŵ")


def catalogue(translate: Callable[[str, int], str]) -> Catalog:
    """What ``draagvlak slack catalogue`` prints, every text of it translated."""
    command = [sys.executable, "-m", "services.command_line", "slack", "catalogue", CODE]
    printed = subprocess.run(command, capture_output=True, check=True).stdout
    made = read_po(BytesIO(printed), locale=CODE)
    for entry in made:
        if entry.id:
            entry.string = translate(str(entry.id), int(re.findall(r"\d+", entry.auto_comments[-1])[0]))
    return made


def copied(folder: Path) -> Path:
    """A copy of the services; gives the folder of its catalogues."""
    shutil.copytree("services", folder / "services", ignore=shutil.ignore_patterns("__pycache__"))
    return folder / PLACE


def add(place: Path, content: Catalog | bytes, code: str = CODE) -> None:
    """The one file."""
    path = place / code / FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(content, bytes):
        path.write_bytes(content)
        return
    with path.open("wb") as file:
        write_po(file, content)


def there(folder: Path) -> dict[str, str]:
    """The variables of the environment with which a process runs the services of a copy."""
    return {"PYTHONSAFEPATH": "1", "PYTHONPATH": f"{folder}{os.pathsep}{Path.cwd()}"}


def run(folder: Path, script: str) -> str:
    """What a script says to the services of a copy."""
    done = subprocess.run(
        [sys.executable, "-c", script], env=os.environ | there(folder), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout
