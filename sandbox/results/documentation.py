"""The metrics API's own description as a page, with links that ask it and lines for a terminal."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sandbox.results.markup import Markup, element
from sandbox.results.page import API_PATH, document
from sandbox.results.texts import WORDS, Words
from services.contracts.base import TextLanguage

_PREFIX: Final = "/v1/"


@dataclass(frozen=True)
class _Place:
    """Where the API is, where its token, and the wave of the examples."""

    url: str
    token_file: Path
    last_wave: str | None


def documentation_page(
    openapi: Mapping[str, Any], *, url: str, token_file: Path, last_wave: str | None, language: TextLanguage
) -> str:
    """Every address that can be read. ``last_wave`` fills in the examples; None before the first release."""
    words = WORDS[language]
    place = _Place(url, token_file, last_wave)
    parts = [
        element("p", words.api_lead, class_="lead"),
        element("p", words.api_token, " ", element("code", str(token_file))),
    ]
    for path, methods in openapi.get("paths", {}).items():
        if path.startswith(_PREFIX) and "get" in methods:
            parts.append(_address(path, methods["get"], words, place))
    link = element("a", words.api_description, href=f"{API_PATH}/openapi.json")
    return document(words.api_title, [*parts, element("p", link)], API_PATH, language)


def _address(path: str, operation: Mapping[str, Any], words: Words, place: _Place) -> Markup:
    parameters = [p for p in operation.get("parameters", []) if p.get("in") == "query"]
    example = _example(path, operation, place.last_wave)
    parts = [
        element("h2", element("code", f"GET {path}")),
        element("p", operation.get("description", operation.get("summary", "")), lang="en"),
    ]
    if parameters:
        parts.append(element("h3", words.api_parameters))
        parts.append(element("dl", *(part for p in parameters for part in _parameter(p, words)), lang="en"))
    if example is not None:
        curl = f'curl -H "Authorization: Bearer $(cat \'{place.token_file}\')" "{place.url}{example}"'
        parts += [
            element("p", element("a", words.api_try, " ", element("code", example), href=_ours(example))),
            element("h3", words.api_curl),
            element("pre", element("code", curl), tabindex=0),
        ]
    return element("section", *parts, class_="address")


def _ours(example: str) -> str:
    return f"{API_PATH}/{example.removeprefix(_PREFIX)}"


def _parameter(parameter: Mapping[str, Any], words: Words) -> list[Markup]:
    said = parameter.get("description") or parameter.get("schema", {}).get("description") or ""
    if parameter.get("required"):
        said = f"{said} ({words.api_required})".strip()
    return [element("dt", element("code", parameter["name"])), element("dd", said)]


def _example(path: str, operation: Mapping[str, Any], last_wave: str | None) -> str | None:
    """A request that has an answer, or None when that is not known."""
    if "{wave}" in path:
        if last_wave is None:
            return None
        path = path.replace("{wave}", last_wave)
    if "{" in path:
        return None
    required = [p["name"] for p in operation.get("parameters", []) if p.get("required") and p.get("in") == "query"]
    if not set(required) <= {"measure"}:
        return None
    offered = {p["name"] for p in operation.get("parameters", []) if p.get("in") == "query"}
    return f"{path}?measure=resistance" if "measure" in offered else path
