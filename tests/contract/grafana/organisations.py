"""The real API on what was released of three organisations, asked as the plugin asks it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import orjson
import yaml
from fastapi.testclient import TestClient

from grafana.plugin.filling import Period
from grafana.plugin.running import Source
from grafana.provisioning_files import METRICS_URL
from sandbox.published import StillArchive
from sandbox.story.behaviour import Habits
from sandbox.story.generated import generated
from sandbox.story.organisation import build
from sandbox.story.plan import Plan, load_bank, zorg
from sandbox.story.published import story_copy
from sandbox.story.simulation import Simulation
from services.metrics.released.copies import Copy
from services.metrics.released.documents import Released
from services.metrics.routes.application import create_app
from services.runtime.tokens import TokenFile

FORMAT_1 = ("wave", "campaign", "title", "opened_at", "closed_at", "measures", "nodes", "cells", "responses")
"""What a document of the first format has."""
HERE = timezone(timedelta(hours=2))
"""Where the reader is: not in UTC, so that a time without its zone would be seen."""


@dataclass(frozen=True)
class Organisation:
    """What was released of it, where to ask, the fields that every path has, and the time to look at."""

    copy: Copy
    source: Source
    fields: dict[str, frozenset[str]]
    period: Period


@cache
def story() -> Copy:
    """The care organisation of the demo after its seven waves."""
    return _copy(zorg(), Habits())


@cache
def begun() -> Copy:
    """The same after three waves, when there are reasons to give advice about."""
    return _copy(zorg(), Habits(), 3)


@cache
def mostly_hidden() -> Copy:
    """Sixty people in small teams of whom four in ten answer."""
    return _copy(generated(60, 3, team_size=9), Habits(response=0.4))


@cache
def hidden() -> Copy:
    """Fifty people of whom hardly anyone answers: nothing at all may be shown."""
    return _copy(generated(50, 3, team_size=9), Habits(response=0.03, response_spread=0.1))


@cache
def old() -> Copy:
    """The story as releases of format 1 told it: scores of every node per wave, and nothing else."""
    copy = story()
    releases = {}
    for wave, release in copy.releases.items():
        content = orjson.loads(release.content)
        known = {(cell["node_id"], cell["measure"]) for cell in content["cells"]}
        nothing = dict.fromkeys(content["cells"][0]) | {"status": "too few answers"}
        first = {name: content[name] for name in FORMAT_1} | {"format": 1}
        first["nodes"] = [{name: node[name] for name in ("id", "parent", "name")} for node in content["nodes"]]
        first["cells"] += [
            nothing | {"node_id": node["id"], "measure": measure["name"]}
            for measure in content["measures"]
            for node in content["nodes"]
            if (node["id"], measure["name"]) not in known
        ]
        releases[wave] = Released.of(orjson.dumps(first), "0" * 64)
    return Copy(waves=copy.waves, releases=releases, phases=copy.phases)


@cache
def empty() -> Copy:
    """Before the first release."""
    return Copy()


ORGANISATIONS: dict[str, Callable[[], Copy]] = {
    "story": story,
    "begun": begun,
    "mostly hidden": mostly_hidden,
    "hidden": hidden,
    "old": old,
    "empty": empty,
}


def _copy(plan: Plan, habits: Habits, waves: int | None = None) -> Copy:
    simulation = Simulation(build(plan, 1), load_bank(), 1, habits=habits)
    return story_copy(simulation, range(1, (waves or plan.campaign.schedule.waves) + 1))


def period_of(copy: Copy) -> Period:
    """From before the first wave until a week after the last; any time where there is none."""
    if not copy.waves:
        return Period(datetime(2026, 1, 1, tzinfo=HERE), datetime(2026, 7, 1, tzinfo=HERE))
    begin, end = copy.waves[0].opens_at - timedelta(days=3), copy.waves[-1].closes_at + timedelta(days=7)
    return Period(begin.astimezone(HERE), end.astimezone(HERE))


@contextmanager
def served(copy: Copy, folder: Path) -> Iterator[Organisation]:
    """The API of an organisation behind the data source as it is provisioned."""
    tokens = folder / "tokens.yaml"
    token = "grafana"
    entry = {"name": "grafana", "sha256": sha256(token.encode()).hexdigest(), "scopes": ["metrics:read"]}
    tokens.write_text(yaml.safe_dump([entry]), encoding="utf-8")
    application = create_app(StillArchive(copy), TokenFile(tokens))
    with TestClient(application, base_url=METRICS_URL.removesuffix("/v1")) as http:
        source = Source(http, METRICS_URL, (f"{METRICS_URL}/",), token)
        yield Organisation(copy, source, _fields(application.openapi()), period_of(copy))


def _fields(openapi: dict[str, Any]) -> dict[str, frozenset[str]]:
    """Path (below /v1) -> the names that its rows have, for those that answer with rows."""
    found = {}
    for path, methods in openapi["paths"].items():
        content = methods["get"]["responses"]["200"].get("content", {}).get("application/json", {})
        reference = content.get("schema", {}).get("items", {}).get("$ref")
        if reference:
            model = openapi["components"]["schemas"][reference.rpartition("/")[2]]
            found[path.removeprefix("/v1")] = frozenset(model["properties"])
    return found
