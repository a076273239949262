"""From panels to a dashboard: what every one of them has, and what the kit leaves to be mended."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from grafana_foundation_sdk.builders import dashboard as build
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import dashboard
from grafana_foundation_sdk.models.dashboard import DashboardCursorSync

from grafana.infinity import PERIOD, Column, Query, text, time
from grafana.names import INFINITY, LEADERSHIP_FOLDER, METRICS_UID, TAG
from grafana.panels import Panel
from grafana.words import Words

SCHEMA_VERSION: Final = 42
_PURPLE: Final = "#56508C"
"""Announcements: neither resistance nor trust."""


@dataclass(frozen=True)
class Board:
    """A dashboard in one language. `folder` is the uid of Grafana's folder for it."""

    name: str
    folder: str
    language: str
    content: dict[str, Any]

    @property
    def uid(self) -> str:
        """The uid in Grafana."""
        return str(self.content["uid"])

    def text(self) -> str:
        """The JSON as it is committed."""
        return json.dumps(self.content, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def uid_of(name: str, words: Words) -> str:
    """The uid of a dashboard; the same in every Grafana."""
    return f"{TAG}-{name}-{words.language.value}"


def announcements(words: Words) -> dict[str, Any]:
    """Announcements as marks on every panel of time; pulled from the service, so Grafana needs no right to write."""
    _ = words
    query = Query(
        "/announcements",
        (
            time(),
            Column("timeEnd", "timeEnd", "timestamp"),
            text("title", "title"),
            text("text", "text"),
            text("kind", "tags"),
        ),
        (*PERIOD.items(), ("language", words.language.value)),
        "dataframe",
    )
    return {
        "name": _("Announcements"),
        "datasource": {"type": INFINITY, "uid": METRICS_UID},
        "enable": True,
        "hide": False,
        "iconColor": _PURPLE,
        "target": query.model("announcements"),
        "mappings": {name: {"source": "field", "value": name} for name in ("time", "timeEnd", "title", "text", "tags")},
    }


def teams(words: Words) -> dict[str, Any]:
    """The team to look at."""
    _ = words
    return _variable(words, "team", _("Team"), {"text": _("Organisation"), "value": "organisation"})


def waves(words: Words) -> dict[str, Any]:
    """The round to look at."""
    _ = words
    return _variable(words, "wave", _("Round"), {})


def _variable(words: Words, name: str, label: str, current: dict[str, str]) -> dict[str, Any]:
    query = Query(
        f"/variables/{name}s",
        (text("__text", "__text"), text("__value", "__value")),
        (("language", words.language.value),),
    )
    return {
        "name": name,
        "label": label,
        "type": "query",
        "datasource": {"type": INFINITY, "uid": METRICS_UID},
        "query": {"queryType": "infinity", "refId": "variable", "infinityQuery": query.model("variable")},
        "refresh": 1,
        "sort": 0,
        "multi": False,
        "includeAll": False,
        "hide": 0,
        "current": current,
        "options": [],
    }


def assemble(
    words: Words,
    name: str,
    title: str,
    description: str,
    panels: Sequence[Panel],
    *,
    folder: str,
    group: str,
    period: str = "now-6M",
    refresh: str = "15m",
    variables: Sequence[dict[str, Any]] = (),
    annotations: Sequence[dict[str, Any]] = (),
) -> Board:
    """A dashboard with everything that each must have; ``group`` is the tag by which dashboards link to each other."""
    builder = (
        build.Dashboard(title)
        .uid(uid_of(name, words))
        .description(description)
        .tags([TAG, group, words.language.value])
        .readonly()
        .refresh(refresh)
        .time(period, "now")
        .timezone("browser")
        .tooltip(DashboardCursorSync.CROSSHAIR)
        .link(
            build.DashboardLink(words("More dashboards"))
            .type(dashboard.DashboardLinkType.DASHBOARDS)
            .tags([TAG, group, words.language.value])
            .keep_time(True)
            .include_vars(True)
        )
    )
    for panel in panels:
        builder = builder.with_panel(panel)
    content: dict[str, Any] = json.loads(JSONEncoder().encode(builder.build()))
    _mend(content, variables, annotations)
    return Board(name, folder, words.language.value, content)


def for_leadership(
    words: Words,
    name: str,
    title: str,
    asked: str,
    panels: Sequence[Panel],
    *,
    variables: Sequence[dict[str, Any]] = (),
) -> Board:
    """A dashboard in leadership's folder: its one question, and the announcements on every panel of time."""
    return assemble(
        words,
        name,
        title,
        asked,
        panels,
        folder=LEADERSHIP_FOLDER,
        group="leadership",
        variables=variables,
        annotations=(announcements(words),),
    )


def _mend(content: dict[str, Any], variables: Sequence[dict[str, Any]], annotations: Sequence[dict[str, Any]]) -> None:
    """Panels get their numbers, lists that the kit leaves out are there, and the marks show where the time is."""
    content["schemaVersion"] = SCHEMA_VERSION
    content["templating"] = {"list": list(variables)}
    content["annotations"] = {"list": list(annotations)}
    content["version"] = 1
    for number, panel in enumerate(content["panels"], start=1):
        panel["id"] = number
        panel.pop("repeatDirection", None)
    for link in content["links"]:
        link.pop("placement", None)
