"""Pictures of Grafana's dashboards, drawn by a process of its own when somebody looks, and again after a release."""

import asyncio
import json
import logging
import os
import shutil
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Final

import psutil

from grafana.building import GENERATED
from sandbox.results.model import Wave
from services.contracts.base import TextLanguage

DASHBOARDS: Final = ("leadership", "teams", "successes", "voice", "operations")
"""In the order of docs/grafana.md."""

_BEFORE: Final = timedelta(days=3)
_AFTER: Final = timedelta(days=7)
_FRESH_SECONDS: Final = 60.0
_NICE: Final = 10
"""What a visitor does in the workspace goes first."""

_log = logging.getLogger("sandbox.results")


@dataclass(frozen=True, slots=True)
class Described:
    """A dashboard in words, from the JSON that Grafana would read."""

    name: str
    title: str
    description: str


@dataclass(frozen=True, slots=True)
class Standing:
    """What there is to see. ``version`` counts what was drawn: 0 before the first pictures.

    ``failed``: the last drawing came to nothing. Why stands in the log.
    """

    version: int
    drawing: bool
    failed: bool


class _NotDrawn(Exception):
    """The process that draws made no pictures; its text is what that process said."""


@dataclass
class _Album:
    """The pictures in one language; ``tried`` is the newest wave that was drawn, or was to be."""

    version: int = 0
    folder: Path | None = None
    tried: str | None = None
    tried_at: float = 0.0
    failed: bool = False
    task: asyncio.Task[None] | None = None


class Previews:
    """Draws what the metrics API at ``url`` gives for the token in ``token_file``; keeps the pictures in ``folder``.

    What an earlier run left in the folder is taken away.
    """

    def __init__(self, url: str, token_file: Path, folder: Path) -> None:
        self._environment = {"DRAAGVLAK_METRICS_URL": url, "DRAAGVLAK_METRICS_TOKEN_FILE": str(token_file)}
        self._folder = folder
        if folder.exists():
            shutil.rmtree(folder)
        self._albums = {language: _Album() for language in TextLanguage}
        self._one_at_a_time = asyncio.Lock()

    def look(self, language: TextLanguage, waves: Sequence[Wave], *, again: bool = False) -> Standing:
        """What stands there. Begins to draw where the newest release is not in the pictures yet.

        ``again``: also what failed, and what is older than a minute, for comments come out after their release.
        """
        album = self._albums[language]
        released = [wave.wave for wave in waves if wave.released]
        idle = album.task is None or album.task.done()
        if released and idle:
            aged = time.monotonic() - album.tried_at > _FRESH_SECONDS
            if album.tried != released[-1] or (again and (aged or album.failed)):
                album.tried, album.tried_at, idle = released[-1], time.monotonic(), False
                album.task = asyncio.create_task(self._draw(album, language, waves))
        return Standing(album.version, not idle, idle and album.failed)

    def picture(self, language: TextLanguage, name: str) -> bytes | None:
        """The PNG of a dashboard; None where it is not drawn."""
        folder = self._albums[language].folder
        if folder is None or name not in DASHBOARDS:
            return None
        return (folder / f"grafana-{name}-{language.value}.png").read_bytes()

    async def close(self) -> None:
        """End what is being drawn."""
        tasks = [album.task for album in self._albums.values() if album.task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _draw(self, album: _Album, language: TextLanguage, waves: Sequence[Wave]) -> None:
        to = self._folder / f"{language.value}-{album.version + 1}"
        album.failed = True
        try:
            async with self._one_at_a_time:
                await self._run(to, language, waves)
        except _NotDrawn as fault:
            _log.warning("the dashboards could not be drawn: %s", fault)
            return
        except Exception:
            _log.exception("the dashboards could not be drawn")
            return
        album.failed = False
        before, album.folder, album.version = album.folder, to, album.version + 1
        if before is None:
            return
        try:
            shutil.rmtree(before)
        except OSError as error:
            _log.warning("pictures that were drawn before cannot be removed from %s: %s", before, error.strerror)

    async def _run(self, to: Path, language: TextLanguage, waves: Sequence[Wave]) -> None:
        """Run the command that draws; ``_NotDrawn`` when it fails."""
        begin = min(wave.opens_at for wave in waves) - _BEFORE
        end = max(wave.closes_at for wave in waves) + _AFTER
        try:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "services.command_line", "grafana", "preview"),
                *("--to", str(to), "--language", language.value),
                *("--begin", f"{begin:%Y-%m-%d}", "--end", f"{end:%Y-%m-%d}"),
                env=os.environ | self._environment,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.PIPE,
            )
        except OSError as error:
            raise _NotDrawn(f"the process that draws cannot be started: {error.strerror}") from error
        try:
            with suppress(psutil.NoSuchProcess):  # it has ended already: what it said tells why
                psutil.Process(process.pid).nice(_NICE)
            _, said = await process.communicate()
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        if process.returncode != 0:
            raise _NotDrawn(f"exit code {process.returncode}: {said.decode(errors='replace').strip()}")


@cache
def described(language: TextLanguage) -> tuple[Described, ...]:
    """The dashboards in this language."""
    files = {path.stem: path for path in (GENERATED / language.value).rglob("*.json")}
    contents = ((name, json.loads(files[name].read_text(encoding="utf-8"))) for name in DASHBOARDS)
    return tuple(Described(name, content["title"], content["description"]) for name, content in contents)
