"""The page of results, whole: no script, no outside parts. Pure functions of what was read."""

from sandbox.results.chart import COLOURS, TEAM, WHOLE, trend
from sandbox.results.markup import Markup, element, joined
from sandbox.results.model import HEADLINES, WINDOW, Node, Point, Results, Wave
from sandbox.results.texts import WORDS, Words, day, number
from services.contracts.base import TextLanguage

PATH = "/results"
DASHBOARDS_PATH = "/dashboards"
API_PATH = "/metrics-api"


def results_page(results: Results, language: TextLanguage) -> str:
    """The page for a browser."""
    words = WORDS[language]
    if not results.released:
        return document(words.title, [element("p", words.nothing_yet, class_="empty")], PATH, language)
    parts = [
        element("p", words.lead, class_="lead"),
        element("p", words.grafana, class_="note"),
        _whole(results, words, language),
        _teams(results, words, language),
        _numbers(results, words, language),
    ]
    return document(words.title, parts, PATH, language)


def trouble_page(said: str, language: TextLanguage, detail: str = "") -> str:
    """The page when there is nothing to read from."""
    parts = [element("p", said, class_="empty")]
    if detail:
        parts.append(element("p", detail, class_="note"))
    return document(WORDS[language].title, parts, PATH, language)


def document(title: str, parts: list[Markup], path: str, language: TextLanguage) -> str:
    """A whole HTML document with the head that the pages share."""
    words = WORDS[language]
    languages = [
        element(
            "a",
            other.value.upper(),
            href=f"{path}?language={other.value}",
            lang=other.value,
            hreflang=other.value,
            aria_current="true" if other is language else None,
            aria_label={TextLanguage.NL: "NL, Nederlands", TextLanguage.EN: "EN, English"}[other],
        )
        for other in TextLanguage
    ]
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("title", f"{title} – Draagvlak"),
        element("link", rel="icon", href="/page/icon.svg", type="image/svg+xml"),
        element("link", rel="stylesheet", href=f"{PATH}/style.css"),
    )
    bar = element(
        "header",
        element("a", f"← {words.back}", href="/", class_="back"),
        element(
            "nav",
            *(
                element("a", name, href=f"{place}?language={language.value}", aria_current=_here(path, place))
                for place, name in (
                    (PATH, words.title),
                    (DASHBOARDS_PATH, words.dashboards),
                    (API_PATH, words.api_title),
                )
            ),
            aria_label="Draagvlak",
        ),
        element("div", *languages, class_="languages", role="group", aria_label=words.language),
    )
    body = element("body", bar, element("main", element("h1", title), *parts))
    return "<!doctype html>\n" + element("html", head, body, lang=language.value)


def _here(path: str, link: str) -> str | None:
    return "page" if path == link else None


def _whole(results: Results, words: Words, language: TextLanguage) -> Markup:
    picture = trend(results.places(), results.series(), WHOLE, words.chart_summary, language)
    return element(
        "section",
        element("h2", words.organisation_chart),
        _legend(words),
        element("figure", picture, element("figcaption", words.how_to_read)),
    )


def _legend(words: Words) -> Markup:
    marks = {
        "resistance": lambda colour: element("circle", cx=17, cy=8, r=5.5, fill=colour, stroke="#23302e"),
        "trust": lambda colour: element("rect", x=12, y=3, width=10, height=10, fill=colour, stroke="#23302e"),
    }
    dashes = {"resistance": None, "trust": "7 4"}
    entries = [
        element(
            "li",
            element(
                "svg",
                element(
                    "line",
                    x1=0,
                    x2=34,
                    y1=8,
                    y2=8,
                    stroke=COLOURS[measure],
                    stroke_width=2.5,
                    stroke_dasharray=dashes[measure],
                ),
                marks[measure](COLOURS[measure]),
                viewBox="0 0 34 16",
                class_="key",
                aria_hidden="true",
            ),
            f" {words.measures[measure]}",
        )
        for measure in HEADLINES
    ]
    return element("ul", *entries, class_="legend")


def _teams(results: Results, words: Words, language: TextLanguage) -> Markup:
    cards = [_card(results, node, words, language) for node in results.teams()]
    if not cards:
        return Markup("")
    notes = [element("p", words.teams_lead)]
    if any(node.cadence == WINDOW for node in results.teams()):
        notes.append(element("p", words.window))
    return element("section", element("h2", words.teams), *notes, element("div", *cards, class_="cards"))


def _card(results: Results, node: Node, words: Words, language: TextLanguage) -> Markup:
    name = node.name.in_language(language)
    places, series = results.places(node), results.series(node)
    if node.cadence == WINDOW and not places:
        inside = element("p", words.window_to_come, class_="too-few")
    elif not any(one.shown for one in series):
        inside = element("p", words.too_few_long, class_="too-few")
    else:
        inside = trend(places, series, TEAM, f"{name}. {words.chart_summary}", language)
    return element("article", element("h3", name), inside)


def _numbers(results: Results, words: Words, language: TextLanguage) -> Markup:
    heads = [words.round, words.closed, words.response]
    heads += [name.capitalize() for name in (words.measures[measure] for measure in HEADLINES)]
    series = results.series()
    rows = [
        element(
            "tr",
            element("th", wave.title.in_language(language), scope="row"),
            element("td", day(wave.closes_at, language)),
            element("td", wave.response_band or words.too_few),
            *(element("td", *_said(one.points[i], words, language)) for one in series),
        )
        for i, wave in enumerate(results.waves)
        if wave.released
    ]
    waiting = [
        element("p", f"{wave.title.in_language(language)}: {_standing(wave, words)}.", class_="note")
        for wave in results.waves
        if not wave.released
    ]
    table = element(
        "table",
        element("caption", words.organisation_chart),
        element("thead", element("tr", *(element("th", head, scope="col") for head in heads))),
        element("tbody", *rows),
    )
    scroll = element("div", table, class_="scroll", tabindex=0, role="region", aria_label=words.numbers)
    return element("section", element("h2", words.numbers), scroll, joined(waiting))


def _standing(wave: Wave, words: Words) -> str:
    return words.open_round if wave.status == "open" else words.waiting


def _said(point: Point | None, words: Words, language: TextLanguage) -> list[str]:
    """A number with its margin, and what became of it since the round before, in words."""
    if point is None:
        return [words.not_asked]
    if point.score is None:
        return [words.too_few]
    said: list[str] = [number(point.score_label or point.score, language)]
    if point.low is not None and point.high is not None:
        margin = f"{number(point.low, language)}–{number(point.high, language)}"
        said.append(f" ({words.interval} {margin})")
    if point.verdict is not None:
        said.append(element("small", words.verdicts.get(point.verdict, point.verdict)))
    return said
