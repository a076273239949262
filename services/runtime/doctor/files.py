"""Files that hold secrets: readable by us, and by nobody who need not."""

import stat
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from services.runtime.doctor.findings import Check, Finding, note, right, wrong
from services.runtime.setting_checks import is_secret
from services.runtime.setting_names import PREFIX, unknown
from services.runtime.settings import Fault, RuntimeSettings

_OTHERS: Final = stat.S_IRWXO
_WRITING: Final = stat.S_IWGRP


def secrets_check(settings: RuntimeSettings) -> Check:
    """Who may read the files of secrets that these settings name."""
    return Check("secrets", lambda: _secrets(settings))


def settings_check(faults: Iterable[Fault]) -> Check:
    """What is wrong with the settings themselves, and variables that nothing reads."""
    return Check("settings", lambda: _settings(tuple(faults)))


def private(subject: str, path: Path) -> Finding | None:
    """A finding where people may read ``path`` who need not; None where all is well, or there is nothing."""
    try:
        mode = path.stat().st_mode
    except OSError:
        return None
    if mode & (_OTHERS | _WRITING):
        how = "everybody on this machine may read it" if mode & stat.S_IROTH else "more people may use it than need to"
        folder = path.is_dir()
        return wrong(
            subject,
            f"{path} has mode {stat.S_IMODE(mode):04o}: {how}",
            f"chmod {700 if folder else 600} {path} (a Secret in Kubernetes: defaultMode: 0440, with fsGroup)",
        )
    return None


def _settings(faults: tuple[Fault, ...]) -> Iterable[Finding]:
    for fault in faults:
        name, _, text = str(fault).partition(": ")
        what, _, mend = text.partition("; ")
        yield wrong(name, what, mend or f"set {name} to something else")
    for sentence in unknown():
        name, _, text = sentence.partition(": ")
        yield note(name, text, f"unset {name}, or give it its right name")
    if not faults:
        yield right("settings", "they can be read and fit together")


def _secrets(settings: RuntimeSettings) -> Iterable[Finding]:
    named = [(name, getattr(settings, name)) for name in type(settings).model_fields if is_secret(name)]
    files = [(f"{PREFIX}{name.upper()}", path) for name, path in named if isinstance(path, Path) and path.exists()]
    open_ones = [found for name, path in files if (found := private(name, path)) is not None]
    yield from open_ones
    if files and not open_ones:
        yield right("files of secrets", f"{len(files)} can be read by us and not by everybody")
    if not files:
        yield note("files of secrets", "none is named in the settings")
