"""Pictures without a Grafana: of every dashboard, whatever is shown, small and labelled for what they are."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from grafana.building import GENERATED
from grafana.preview.canvas import Place
from grafana.preview.picture import label, picture
from services.contracts.base import TextLanguage
from tests.contract.grafana.organisations import Organisation

PNG = b"\x89PNG\r\n\x1a\n"
LARGEST = 150_000
PICTURES = Path("docs/pictures")


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every line of text that is drawn."""
    lines: list[str] = []
    real = Place.text

    def text(self: Place, x: float, y: float, text: str, **style: object) -> None:
        lines.append(text)
        real(self, x, y, text, **style)  # type: ignore[arg-type]

    monkeypatch.setattr(Place, "text", text)
    return lines


@pytest.mark.parametrize(
    ("board", "name"),
    [
        ("leadership/leadership", "story"),
        ("leadership/leadership", "hidden"),
        ("leadership/leadership", "empty"),
        ("leadership/teams", "mostly hidden"),
        ("leadership/successes", "empty"),
    ],
)
def test_a_dashboard_is_drawn_whatever_is_shown(
    board: str, name: str, organisations: dict[str, Organisation], written: list[str]
) -> None:
    one = organisations[name]
    content = json.loads((GENERATED / "en" / f"{board}.json").read_text(encoding="utf-8"))
    drawn = picture(content, TextLanguage.EN, one.source, one.period, {})
    assert drawn.startswith(PNG)
    assert len(drawn) < LARGEST
    assert label(TextLanguage.EN) in written
    assert label(TextLanguage.EN).startswith("preview, not Grafana")
    if name == "hidden" and board.endswith("leadership"):
        assert "Too few answers to show" in written
        assert not any(line.endswith(" points") for line in written)


def test_the_verdict_and_the_newest_score_are_in_the_picture(
    organisations: dict[str, Organisation], written: list[str]
) -> None:
    one = organisations["story"]
    content = json.loads((GENERATED / "nl" / "leadership" / "leadership.json").read_text(encoding="utf-8"))
    picture(content, TextLanguage.NL, one.source, one.period, {})
    last = one.copy.history.documents[-1].cell["organisation", "resistance"].score
    assert last is not None
    assert f"{last:.0f} punten" in written
    assert any(line.startswith("voorproefje, geen Grafana") for line in written)
    verdicts = {line for line in written if line.startswith(("▼ ", "= ", "▲ "))}
    assert verdicts
    assert verdicts <= {"▲ duidelijk hoger", "= geen duidelijke verandering", "▼ duidelijk lager"}, "none is cut off"


@pytest.mark.parametrize("name", ["leadership", "teams", "successes", "voice", "operations"])
def test_a_picture_of_each_is_in_the_documentation(name: str) -> None:
    content = (PICTURES / f"grafana-{name}-en.png").read_bytes()
    assert content.startswith(PNG)
    assert len(content) < LARGEST
    assert f"pictures/grafana-{name}-en.png" in Path("docs/grafana.md").read_text(encoding="utf-8")


def draagvlak(*arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "services.command_line", "grafana", "preview", *arguments],
        env={"PATH": os.environ["PATH"], **settings},
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )


def test_the_command_draws_the_story_without_anything_that_runs(tmp_path: Path) -> None:
    done = draagvlak("--story", "--language", "nl", "--team", "thuiszorg", "--to", str(tmp_path / "new"))
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == 5
    assert all(Path(line).read_bytes().startswith(PNG) for line in done.stdout.splitlines())


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("--story", "--begin", "2026-01-05", "--end", "2026-02-02"), "--story: has its own time"),
        (("--story", "--days", "30"), "--story: has its own time"),
        (("--days", "30", "--begin", "2026-01-05", "--end", "2026-02-02"), "--days: looks back from now"),
        (("--begin", "2026-01-05"), "give both --begin and --end"),
    ],
)
def test_a_period_that_would_not_be_drawn_is_refused(tmp_path: Path, arguments: tuple[str, ...], why: str) -> None:
    refused = draagvlak(*arguments, "--to", str(tmp_path / "new"), NO_COLOR="1", COLUMNS="200")
    assert refused.returncode == 2
    assert why in refused.stderr
    assert not (tmp_path / "new").exists()


def test_the_command_says_what_it_lacks(tmp_path: Path) -> None:
    assert "DRAAGVLAK_METRICS_URL" in draagvlak("--to", str(tmp_path)).stderr
    token = tmp_path / "token"
    token.write_text("x")
    away = draagvlak(
        "--to",
        str(tmp_path),
        DRAAGVLAK_METRICS_URL="http://127.0.0.1:9",
        DRAAGVLAK_METRICS_TOKEN_FILE=str(token),
    )
    assert away.returncode == 1
    assert "does not answer" in away.stderr
    assert "Traceback" not in away.stderr
