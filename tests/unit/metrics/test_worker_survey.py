"""A real survey, made by others, through the release: what would be published of it."""

import csv
import json
import math
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from sandbox.published import StillArchive
from services.contracts.survey import Measure
from services.metrics.release.ballots import Ballot, count
from services.metrics.release.cells import Cell
from services.metrics.release.compute import Release, compute
from services.metrics.released.copies import Copy
from services.metrics.released.documents import Released
from services.metrics.routes.application import create_app
from tests.unit.metrics.organisations import closed_wave, item, nodes_of
from tests.unit.metrics.test_answers import HEADERS, tokens

INVITED = {"Construction": 58, "Contract Work": 35, "Manufacturing": 82, "Retail": 65, "Warehousing": 176}
TRANSPORTATION = 69
"""Answered / 0.7, rounded up; the file's name of the last domain is longer."""
COLUMNS = {"WS31": 30, "WS34": 33, "WS37": 36}
POINTS = {"Not at all": 1, "Somewhat": 2, "Absolutely": 3}
ITEMS = tuple(item(name, Measure.RESISTANCE, "job_security", points=3) for name in COLUMNS)


def released(shared: Path) -> Release:
    with (shared / "data" / "worker_robotics_survey.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))[1:]
    nodes = nodes_of({domain: (INVITED.get(domain, TRANSPORTATION), 0) for domain in {row[5] for row in rows}})
    ballots = [
        Ballot(f"{number:032x}", row[5], {name: POINTS[row[column]] for name, column in COLUMNS.items()})
        for number, row in enumerate(rows)
    ]
    return compute(closed_wave(nodes, ITEMS), count(nodes, ITEMS, ballots))


def cell(release: Release, node: str) -> Cell:
    return next(c for c in release.cells if c.node_id == node)


@pytest.mark.needs("shared")
def test_the_worker_survey_is_published_as_rounded_as_promised(shared: Path) -> None:
    release = released(shared)
    organisation, manufacturing = cell(release, "organisation"), cell(release, "Manufacturing")
    assert (organisation.score, organisation.n, organisation.response_band) == (38.2, 337, "50-69 %")
    assert organisation.low is not None
    assert organisation.high is not None
    assert organisation.low < 38.2 < organisation.high
    assert (manufacturing.score, manufacturing.n, manufacturing.n_band) == (30.0, None, "50+")
    assert all(c.score is not None for c in release.cells), "every domain has 20 invited and answers enough"


@pytest.mark.needs("shared")
def test_no_unrounded_figure_of_a_team_is_in_what_is_published(shared: Path) -> None:
    document = json.loads(released(shared).published.content)
    teams = [c for c in document["cells"] if c["node_id"] != "organisation"]
    steps = {"50+": 1, "35-49": 2, "20-34": 2, "12-19": 5, "8-11": 5, "5-7": 5}
    for team in teams:
        assert team["score"] % steps[team["n_band"]] == 0
        for end in (team["low"], team["high"]):
            assert end is None or end == int(end)


@pytest.fixture
def api(shared: Path, tmp_path: Path) -> Iterator[TestClient]:
    """The API on that survey alone."""
    published = released(shared).published
    document = Released.of(published.content, published.sha256)
    copy = Copy(releases={document.document.wave: document})
    with TestClient(create_app(StillArchive(copy), tokens(tmp_path)), headers=HEADERS) as client:
        yield client


@pytest.mark.needs("shared")
def test_the_api_tells_the_figures_of_the_worker_survey_as_rounded_as_promised(api: TestClient) -> None:
    (organisation,) = api.get("/v1/trends?measure=job_security").json()
    assert (organisation["score"], organisation["n"], organisation["response_band"]) == (38.2, 337, "50-69 %")
    half_width = (organisation["high"] - organisation["low"]) / 2
    assert half_width == pytest.approx(1.967 * 31.0465 * math.sqrt((1 - 337 / 485) / 337), abs=0.11), (
        "t with fpc, 485 invited"
    )
    (alpha,) = api.get("/v1/reliability").json()
    assert (alpha["alpha"], alpha["alpha_low"], alpha["alpha_high"], alpha["n"]) == (0.78, 0.74, 0.82, 337)
    teams = {row["team"]: row for row in api.get("/v1/teams?measure=job_security").json()}
    manufacturing = teams["Manufacturing"]
    assert (manufacturing["score"], manufacturing["n"], manufacturing["n_band"]) == (30.0, None, "50+")
    assert manufacturing["low"] < 29.53 < manufacturing["high"]
    assert set(INVITED) < set(teams)
    (driver,) = api.get("/v1/drivers?team=Manufacturing").json()
    assert (driver["measure"], driver["score"]) == ("job_security", 30.0)


@pytest.mark.needs("shared")
def test_no_answer_of_the_api_holds_an_unrounded_figure(api: TestClient) -> None:
    for path in (
        "trends?team=Manufacturing",
        "teams?measure=job_security",
        "drivers",
        "reliability",
        "releases/zorg-w01",
    ):
        told = api.get(f"/v1/{path}").text
        for figure in ("29.53", "38.22", "31.04", "2.161", "25.20", "33.86", "0.7805"):
            assert figure not in told, path
