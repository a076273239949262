"""The metrics API on the story's releases, in this process, for pictures of dashboards without a running sandbox."""

import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Final

import yaml
from fastapi.testclient import TestClient

from sandbox.published import StillArchive
from sandbox.story.organisation import build
from sandbox.story.plan import load_bank, zorg
from sandbox.story.published import story_copy
from sandbox.story.simulation import Simulation
from services.metrics.routes.application import create_app
from services.runtime.tokens import Scope, TokenFile

_BASE: Final = "http://metrics"
_SEED: Final = 1


@contextmanager
def story_source() -> Iterator[tuple[TestClient, str, str, datetime, datetime]]:
    """A client, the base address with /v1, a token, and the time of the story."""
    simulation = Simulation(build(zorg(), _SEED), load_bank(), _SEED)
    copy = story_copy(simulation, range(1, simulation.organisation.plan.campaign.schedule.waves + 1))
    token = secrets.token_urlsafe(24)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "tokens.yaml"
        entry = {"name": "preview", "sha256": sha256(token.encode()).hexdigest(), "scopes": [Scope.METRICS_READ.value]}
        path.write_text(yaml.safe_dump([entry]), encoding="utf-8")
        with TestClient(create_app(StillArchive(copy), TokenFile(path)), base_url=_BASE) as http:
            begin, end = copy.waves[0].opens_at - timedelta(days=3), copy.waves[-1].closes_at + timedelta(days=7)
            yield http, f"{_BASE}/v1", token, begin, end
