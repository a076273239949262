"""The pictures of all dashboards of a language."""

import importlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx

from grafana.building import GENERATED
from grafana.plugin.filling import Choice, Period
from grafana.plugin.framing import Unlike
from grafana.plugin.running import Source, options
from grafana.preview.picture import picture
from services.contracts.base import TextLanguage
from services.runtime.settings import SettingsFault

_SECONDS: Final = 10.0


@dataclass(frozen=True, slots=True)
class Album:
    """Where the pictures go, the language of the dashboards, and the team to choose where one asks for a team."""

    folder: Path
    language: TextLanguage
    team: str


def of_api(album: Album, url: str, token: str, period: Period) -> list[Path]:
    """Pictures of what a running metrics API answers; gives their paths. Raises Unlike."""
    base = f"{url.rstrip('/')}/v1"
    with httpx.Client(timeout=_SECONDS) as http:
        try:
            return draw(album, Source(http, base, (f"{base}/",), token), period)
        except httpx.HTTPError as error:
            raise Unlike(f"the metrics API at {url} does not answer ({error})") from None


def of_story(album: Album) -> list[Path]:
    """Pictures of the simulated care organisation. Raises SettingsFault where the sandbox is not installed."""
    try:
        shown = importlib.import_module("sandbox.story.shown")
    except ModuleNotFoundError as missing:
        if (missing.name or "").split(".")[0] != "sandbox":
            raise
        raise SettingsFault("the sandbox is not part of this installation; draw from a running metrics API") from None
    with shown.story_source() as (http, base, token, begin, end):
        return draw(album, Source(http, base, (f"{base}/",), token), Period(begin, end))


def draw(album: Album, source: Source, period: Period) -> list[Path]:
    """A PNG of each dashboard. Raises Unlike, SettingsFault for a team that the API does not offer."""
    paths = []
    for path in sorted((GENERATED / album.language.value).rglob("*.json")):
        content = json.loads(path.read_text(encoding="utf-8"))
        drawn = album.folder / f"grafana-{path.stem}-{album.language.value}.png"
        chosen = _chosen(content, source, period, album.team)
        drawn.write_bytes(picture(content, album.language, source, period, chosen))
        paths.append(drawn)
    return paths


def _chosen(content: Mapping[str, Any], source: Source, period: Period, team: str) -> dict[str, Choice]:
    for variable in content["templating"]["list"]:
        if variable["name"] == "team":
            offered = options(variable, source, period)
            found = [choice for choice in offered if choice.value == team]
            if offered and not found:
                raise SettingsFault(f"there is no team {team!r}; there are {', '.join(one.value for one in offered)}")
            return {"team": found[0]} if found else {}
    return {}
