"""The words of the three pages, in Dutch and English."""

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from services.contracts.base import TextLanguage

_ZONE: Final = ZoneInfo("Europe/Amsterdam")
_MONTHS: Final = {
    TextLanguage.NL: ("jan", "feb", "mrt", "apr", "mei", "jun", "jul", "aug", "sep", "okt", "nov", "dec"),
    TextLanguage.EN: ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
}


@dataclass(frozen=True)
class Words:
    """Everything that the pages say themselves."""

    title: str
    lead: str
    grafana: str
    back: str
    measures: dict[str, str]
    organisation_chart: str
    chart_summary: str
    how_to_read: str
    too_few: str
    too_few_long: str
    window: str
    window_to_come: str
    open_round: str
    waiting: str
    response: str
    teams: str
    teams_lead: str
    team: str
    round: str
    closed: str
    interval: str
    change: str
    verdicts: dict[str, str]
    numbers: str
    nothing_yet: str
    not_asked: str
    unreadable: str
    away: str
    keyless: str
    wrong_status: str
    wrong_shape: str
    not_connected: str
    dashboards: str
    dashboards_lead: str
    dashboards_preview: str
    dashboards_nothing: str
    dashboards_drawing: str
    dashboards_failed: str
    dashboards_away: str
    api_title: str
    api_lead: str
    api_token: str
    api_parameters: str
    api_required: str
    api_try: str
    api_curl: str
    api_description: str
    language: str


WORDS: Final[dict[TextLanguage, Words]] = {
    TextLanguage.NL: Words(
        title="Uitkomsten",
        lead="Dit ziet iedereen: medewerkers, kartrekkers en leiding zien dezelfde cijfers, op dezelfde dag.",
        grafana="Deze pagina is er voor wie even rondkijkt. In het echt kijkt de leiding in Grafana, op dezelfde "
        "cijfers. Hoe je die hier erbij zet, staat in je terminal en in docs/grafana.md.",
        back="Terug naar de Slack-omgeving",
        measures={"resistance": "weerstand", "trust": "vertrouwen"},
        organisation_chart="Weerstand en vertrouwen in de hele organisatie",
        chart_summary="Lijnen van weerstand en vertrouwen per ronde, op een schaal van 0 tot 100, met marges.",
        how_to_read="0 is geen, 100 is heel veel. Elke stip is een ronde. "
        "De verticale streep is de marge: daar ligt de echte waarde met 95 % "
        "zekerheid. Waar een ronde ontbreekt, is de lijn onderbroken.",
        too_few="te weinig antwoorden",
        too_few_long="Te weinig antwoorden om te laten zien.",
        window="Teams met minder dan 20 mensen komen per drie rondes samen in beeld: "
        "daar staat 1–3 of 4–6 onder een stip.",
        window_to_come="Dit team is klein. Het komt in beeld als drie rondes zijn afgerond.",
        open_round="loopt nog",
        waiting="wordt verwerkt",
        response="Respons",
        teams="Per team",
        teams_lead="Een team staat hier alleen als daaruit niet blijkt wie wat antwoordde. Anders staat er: "
        "te weinig antwoorden.",
        team="Team",
        round="Ronde",
        closed="Gesloten",
        interval="marge",
        change="Sinds de vorige ronde",
        verdicts={
            "clearly up": "duidelijk hoger",
            "clearly down": "duidelijk lager",
            "no clear change": "geen duidelijke verandering",
            "too few answers": "te weinig antwoorden",
        },
        numbers="Dezelfde cijfers als tabel",
        nothing_yet="Er is nog geen ronde afgerond. Sluit de ronde die open is: dan staan hier de uitkomsten.",
        not_asked="niet gevraagd",
        unreadable="De cijfers zijn nu niet te lezen. Probeer het zo nog eens.",
        away="De metrics-API op {url} geeft geen antwoord ({error}).",
        keyless="Het token voor de metrics-API is niet te lezen uit {path}: {error}.",
        wrong_status="De metrics-API antwoordt {status} op het verzoek om {path}.",
        wrong_shape="De metrics-API antwoordt in een andere vorm dan verwacht: {count} fouten.",
        not_connected="Deze Slack-omgeving is niet met een metrics-API verbonden. Start de hele demo met: make demo",
        dashboards="Overzichten",
        dashboards_lead="Deze vijf overzichten ziet de leiding in Grafana. Hier staan ze als plaatjes, getekend uit "
        "wat in deze Slack-omgeving is vrijgegeven.",
        dashboards_preview="Dit is een voorproefje. De indeling en de cijfers kloppen, maar Grafana tekent het anders "
        "en je kunt er hier niet in klikken. Hoe je Grafana erbij zet, staat in docs/grafana.md.",
        dashboards_nothing="Er is nog geen ronde afgerond. Sluit de ronde die open is: dan komen hier de overzichten.",
        dashboards_drawing="De overzichten worden getekend. Dat duurt even.",
        dashboards_failed="De overzichten zijn nu niet te tekenen. Ververs de pagina om het nog eens te proberen. "
        "Blijft het zo, dan staat in het logboek van de Slack-omgeving (workspace) waarom.",
        dashboards_away="Of er nieuwere overzichten zijn, is nu niet te zien. Deze pagina probeert het vanzelf "
        "opnieuw. Blijft het zo, kijk dan of de Slack-omgeving (workspace) nog draait, en in het logboek ervan.",
        api_title="De metrics-API",
        api_lead="Hieruit lezen deze pagina en Grafana. De API geeft alleen wat al is vrijgegeven; er is niets in te "
        "vinden over een persoon. Voor elk verzoek is een token nodig. Deze pagina stuurt er een voor je mee.",
        api_token="Het token staat op je eigen computer, in dit bestand:",  # noqa: S106 - words
        api_parameters="Je kunt meegeven",
        api_required="verplicht",
        api_try="Bekijk het antwoord",
        api_curl="Zelf vragen, in een terminal",
        api_description="De volledige beschrijving (OpenAPI)",
        language="Taal van deze pagina",
    ),
    TextLanguage.EN: Words(
        title="Results",
        lead="Everybody sees this: employees, champions and leaders see the same numbers, on the same day.",
        grafana="This page is for a first look. The real thing for leaders is Grafana, on the same numbers. Your "
        "terminal and docs/grafana.md say how to add it here.",
        back="Back to the workspace",
        measures={"resistance": "resistance", "trust": "trust"},
        organisation_chart="Resistance and trust in the whole organisation",
        chart_summary="Lines of resistance and trust per round, on a scale from 0 to 100, with margins.",
        how_to_read="0 is none, 100 is very much. Each mark is a round. "
        "The vertical line is the margin: the true value lies there with 95 % "
        "certainty. Where a round is missing, the line is broken.",
        too_few="too few answers",
        too_few_long="Too few answers to show.",
        window="Teams under 20 people are shown for three rounds together: such a mark has 1–3 or 4–6 below it.",
        window_to_come="This team is small. It is shown once three rounds are done.",
        open_round="still open",
        waiting="being counted",
        response="Share that answered",
        teams="Per team",
        teams_lead="A team is shown only where that does not tell who answered what. Otherwise it says: "
        "too few answers.",
        team="Team",
        round="Round",
        closed="Closed",
        interval="margin",
        change="Since the round before",
        verdicts={
            "clearly up": "clearly up",
            "clearly down": "clearly down",
            "no clear change": "no clear change",
            "too few answers": "too few answers",
        },
        numbers="The same numbers as a table",
        nothing_yet="No round has been released yet. Close the open round: its result then appears here.",
        not_asked="not asked",
        unreadable="The numbers cannot be read right now. Please try again in a moment.",
        away="The metrics API at {url} does not answer ({error}).",
        keyless="The token for the metrics API cannot be read from {path}: {error}.",
        wrong_status="The metrics API answers {status} when it is asked for {path}.",
        wrong_shape="The metrics API answers in another shape than expected: {count} faults.",
        not_connected="This workspace is not connected to a metrics API. Start the whole demo with: make demo",
        dashboards="Dashboards",
        dashboards_lead="Leaders watch these five dashboards in Grafana. Here they are as pictures, drawn from what "
        "has been released in this workspace.",
        dashboards_preview="This is a preview. Layout and numbers are right, but Grafana draws them in its own way, "
        "and nothing here can be clicked. How to add Grafana is in docs/grafana.md.",
        dashboards_nothing="No round has been released yet. Close the open round: the dashboards are drawn then.",
        dashboards_drawing="The dashboards are being drawn. This takes a moment.",
        dashboards_failed="The dashboards cannot be drawn right now. Reload the page to try again. "
        "If it stays like this, the log of the workspace says why.",
        dashboards_away="Whether there are newer dashboards cannot be seen right now. This page tries again by itself. "
        "If it stays like this, see whether the workspace still runs, and look into its log.",
        api_title="The metrics API",
        api_lead="This page and Grafana read from it. The API gives only what has been released; nothing in it is "
        "about a person. Every request needs a token. This page sends one along for you.",
        api_token="The token is on your own computer, in this file:",  # noqa: S106 - words
        api_parameters="You can ask for",
        api_required="required",
        api_try="Look at the answer",
        api_curl="Ask yourself, in a terminal",
        api_description="The full description (OpenAPI)",
        language="Language of this page",
    ),
}


def number(shown: str | float | None, language: TextLanguage) -> str:
    """A published number, with the decimal mark of the language."""
    said = shown if isinstance(shown, str) else f"{shown:g}" if shown is not None else ""
    return said.replace(".", ",") if language is TextLanguage.NL else said


def day(moment: datetime, language: TextLanguage) -> str:
    """A day without its year, such as ``6 apr``."""
    local = moment.astimezone(_ZONE)
    return f"{local.day} {_MONTHS[language][local.month - 1]}"


def empty_texts() -> list[str]:
    """Names of texts that are missing in one of the languages; for the test that both are complete."""
    return [field.name for words in WORDS.values() for field in fields(words) if not getattr(words, field.name)]
