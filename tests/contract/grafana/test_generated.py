"""What is committed is what the code gives, and the kit reads its own JSON back."""

import json
from pathlib import Path
from typing import Any

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import Dashboard

from grafana.building import FOLDER, GENERATED, KUSTOMIZATION, PROVISIONING, files, write
from services.contracts.base import TextLanguage


def test_the_committed_files_are_what_the_code_builds() -> None:
    built = files()
    committed = {
        path
        for path in (*GENERATED.rglob("*"), *PROVISIONING.rglob("*"))
        if path.is_file() and path.name != "README.md"
    }
    assert set(built) == {*committed, KUSTOMIZATION}
    stale = [path.name for path, text in built.items() if path.read_text(encoding="utf-8") != text]
    assert stale == [], "run `draagvlak grafana build`"


def test_building_writes_what_differs_and_takes_away_what_is_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("grafana.building.GENERATED", tmp_path)
    old, new = tmp_path / "en" / "old.json", tmp_path / "en" / "new.json"
    old.parent.mkdir()
    old.write_text("{}", encoding="utf-8")
    assert set(write({new: "{}\n"})) == {old, new}
    assert not old.exists()
    assert write({new: "{}\n"}) == []


@pytest.mark.parametrize("path", sorted(GENERATED.rglob("*.json")), ids=lambda path: f"{path.parts[-3]}-{path.stem}")
def test_the_kit_reads_a_dashboard_and_writes_the_same(path: Path) -> None:
    content = json.loads(path.read_text(encoding="utf-8"))
    again = json.loads(JSONEncoder().encode(Dashboard.from_json(content)))
    assert set(again) == set(content)
    assert {name: again[name] for name in content if name not in LISTS} == {
        name: content[name] for name in content if name not in LISTS
    }
    for ours, theirs in zip(objects(content), objects(again), strict=True):
        lost = {name for name, value in ours.items() if theirs.get(name) != value}
        assert lost <= UNKNOWN_TO_THE_KIT, ours.get("title") or ours.get("name")


LISTS = ("panels", "links", "annotations", "templating")
UNKNOWN_TO_THE_KIT = {"mappings"}
"""Of annotations: it names their fields."""


def objects(content: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        *content["panels"],
        *content["links"],
        *(content["annotations"].get("list") or []),
        *(content["templating"].get("list") or []),
    ]


def test_dutch_has_every_text_and_no_other() -> None:
    used = {
        found[2]
        for found in extract_from_dir(FOLDER, method_map=[("**.py", "python")], keywords={"_": None, "words": None})
    }
    with (FOLDER / "locales" / "nl" / "LC_MESSAGES" / "grafana.po").open("rb") as file:
        catalogue = {entry.id: entry for entry in read_po(file, locale="nl") if entry.id}
    assert set(catalogue) == used
    assert [name for name, entry in catalogue.items() if not entry.string or entry.fuzzy] == []


@pytest.mark.parametrize("name", sorted(path.name for path in (GENERATED / "en").rglob("*.json")))
def test_dashboards_of_all_languages_ask_and_show_the_same(name: str) -> None:
    """Texts differ; panels, their places, queries (but for the language) and fields do not."""

    def skeleton(language: TextLanguage) -> list[object]:
        (path,) = (GENERATED / language.value).rglob(name)
        content = json.loads(path.read_text(encoding="utf-8"))
        return [
            (
                panel["type"],
                panel["gridPos"],
                [(query.get("url"), query.get("expr")) for query in panel.get("targets", ())],
                [column["selector"] for query in panel.get("targets", ()) for column in query.get("columns", ())],
            )
            for panel in content["panels"]
        ]

    assert skeleton(TextLanguage.EN) == skeleton(TextLanguage.NL)


def test_a_dashboard_asks_in_its_own_language() -> None:
    for path in GENERATED.rglob("*.json"):
        text = path.read_text(encoding="utf-8")
        language = path.relative_to(GENERATED).parts[0]
        asked = set()
        for panel in json.loads(text)["panels"]:
            for query in panel.get("targets", ()):
                asked |= {
                    p["value"] for p in query.get("url_options", {"params": []})["params"] if p["key"] == "language"
                }
        assert asked <= {language}
