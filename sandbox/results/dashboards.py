"""The page with pictures of Grafana's dashboards. It asks now and then whether there are newer ones."""

from sandbox.results.markup import Markup, element
from sandbox.results.page import DASHBOARDS_PATH, document
from sandbox.results.previews import Described, Standing, described
from sandbox.results.texts import WORDS, Words
from services.contracts.base import TextLanguage

SCRIPT: str = f"{DASHBOARDS_PATH}/dashboards.js"


def dashboards_page(standing: Standing, language: TextLanguage, *, released: bool) -> str:
    """The page for a browser; ``released`` is whether there is anything to draw."""
    words = WORDS[language]
    parts = [
        element("p", words.dashboards_lead, class_="lead"),
        element("p", words.dashboards_preview, class_="note"),
        element(
            "p",
            _said(standing, words, released=released),
            id="standing",
            role="status",
            class_="empty",
            data_language=language.value,
            data_version=standing.version,
            data_nothing=words.dashboards_nothing,
            data_drawing=words.dashboards_drawing,
            data_failed=words.dashboards_failed,
            data_away=words.dashboards_away,
        ),
        *(_figure(one, standing, language) for one in described(language)),
        element("script", src=SCRIPT, defer=True),
    ]
    return document(words.dashboards, parts, DASHBOARDS_PATH, language)


def _said(standing: Standing, words: Words, *, released: bool) -> str:
    if not released:
        return words.dashboards_nothing
    if standing.drawing:
        return words.dashboards_drawing
    return words.dashboards_failed if standing.failed else ""


def _figure(one: Described, standing: Standing, language: TextLanguage) -> Markup:
    at = f"{DASHBOARDS_PATH}/{one.name}.png?language={language.value}"
    shown = f"{at}&version={standing.version}" if standing.version else None
    alt = f"{one.title}. {one.description}"
    return element(
        "section",
        element("h2", one.title),
        element("a", element("img", src=shown, alt=alt, width=1440, loading="lazy"), href=shown),
        class_="dashboard",
        data_picture=at,
        hidden=not standing.version,
    )
