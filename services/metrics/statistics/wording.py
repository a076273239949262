"""The agreed words for changes and effects, in Dutch and English. Nothing else may be said of them in public.

Numbers stand with one decimal at most, Dutch ones with a comma. "Caused" appears in one sentence only, which a drawn
order of teams has to earn.
"""

from typing import Final

from services.contracts.base import Text
from services.metrics.statistics.change import Verdict
from services.metrics.statistics.effect import Difference
from services.metrics.statistics.trend import TrendVerdict

TOO_FEW: Final = Text(
    nl="Te weinig antwoorden om hier iets over te zeggen.", en="Too few answers to say anything about this."
)
NO_ROUND_SINCE: Final = Text(
    nl="Nog te vroeg: er is sindsdien geen ronde geopend en gepubliceerd.",
    en="Too early to say: no round has opened and been published since.",
)
NO_ROUND_BEFORE: Final = Text(
    nl="Er was geen ronde vóór dit bericht om mee te vergelijken.",
    en="There was no round before this announcement to compare with.",
)
TOO_EARLY: Final = Text(
    nl="Te vroeg om een trend te zien: daarvoor zijn zes rondes nodig.",
    en="Too early to see a trend: that takes six rounds.",
)
VERDICTS: Final = {
    Verdict.CLEARLY_UP: Text(nl="duidelijk hoger", en="clearly up"),
    Verdict.CLEARLY_DOWN: Text(nl="duidelijk lager", en="clearly down"),
    Verdict.NO_CLEAR_CHANGE: Text(nl="geen duidelijke verandering", en="no clear change"),
    Verdict.TOO_FEW_ANSWERS: Text(nl="te weinig antwoorden", en="too few answers"),
}
TREND_VERDICTS: Final = {
    TrendVerdict.CLEARLY_UP: VERDICTS[Verdict.CLEARLY_UP],
    TrendVerdict.CLEARLY_DOWN: VERDICTS[Verdict.CLEARLY_DOWN],
    TrendVerdict.NO_CLEAR_CHANGE: VERDICTS[Verdict.NO_CLEAR_CHANGE],
    TrendVerdict.TOO_EARLY: Text(nl="te vroeg", en="too early"),
}
LOW_RESPONSE: Final = Text(
    nl="Minder dan de helft antwoordde. Wie niets zei, denkt er misschien anders over.",
    en="Fewer than half answered. Those who said nothing may see it differently.",
)
VERY_LOW_RESPONSE: Final = Text(
    nl="Minder dan 30 % antwoordde. Vergelijk met deze cijfers geen teams.",
    en="Fewer than 30 % answered. Do not compare teams with these figures.",
)
OTHER_QUESTION: Final = Text(nl="Daar werd een andere vraag gesteld.", en="A different question was asked there.")

_NOT_CERTAIN: Final = Text(
    nl="Er zijn te weinig teams en rondes om toeval uit te sluiten.",
    en="There are too few teams and rounds to rule out chance.",
)


def change_sentence(difference: Difference) -> Text:
    """A plain before and after; it never speaks of a cause."""
    return Text(
        nl=f"Na het bericht was de score {_moved_nl(difference.value)} ({_interval_nl(difference)}). "
        "Of dat door het bericht komt, is hieruit niet op te maken.",
        en=f"After the announcement the score was {_moved_en(difference.value)} ({_interval_en(difference)}). "
        "Whether the announcement caused this cannot be told from it.",
    )


def comparison_sentence(difference: Difference, *, clear: bool) -> Text:
    """Teams that were reached against teams that were not, when nobody drew lots.

    Not clear although the interval lies beside 0: the test over teams or rounds did not follow the interval.
    """
    if not clear and _beside_zero(difference):
        return Text(
            nl=f"Waar het bericht aankwam, kwam de score {_moved_nl(difference.value)} uit dan je op grond van de "
            f"andere teams zou verwachten ({_interval_nl(difference)}). {_NOT_CERTAIN.nl}",
            en=f"Where the announcement was heard, the score ended up {_moved_en(difference.value)} than the other "
            f"teams would lead one to expect ({_interval_en(difference)}). {_NOT_CERTAIN.en}",
        )
    if not clear:
        return Text(
            nl="Waar het bericht aankwam, veranderde de score niet duidelijk anders dan elders "
            f"(verschil {_points_nl(difference.value, sign=True)}, {_interval_nl(difference)}).",
            en="Where the announcement was heard, the score did not clearly change differently from elsewhere "
            f"(difference {_points_en(difference.value, sign=True)}, {_interval_en(difference)}).",
        )
    return Text(
        nl=f"Waar het bericht aankwam, kwam de score {_moved_nl(difference.value)} uit dan je op grond van de "
        f"andere teams zou verwachten ({_interval_nl(difference)}). De teams zijn niet door loting gekozen, dus er kan "
        "ook iets anders meespelen.",
        en=f"Where the announcement was heard, the score ended up {_moved_en(difference.value)} than the other teams "
        f"would lead one to expect ({_interval_en(difference)}). The teams were not drawn by lot, so something else "
        "may play a part.",
    )


def causal_sentence(difference: Difference) -> Text:
    """Only where the order in which teams were reached was drawn by lot, and the difference is clear."""
    return Text(
        nl=f"Door het bericht werd de score {_moved_nl(difference.value)} ({_interval_nl(difference)}). "
        "Welke teams het eerder kregen, is door loting bepaald.",
        en=f"The announcement made the score {_moved_en(difference.value)} ({_interval_en(difference)}). "
        "Which teams got it earlier was drawn by lot.",
    )


def drawn_sentence(difference: Difference) -> Text:
    """Where lots were drawn and the difference is not clear."""
    if _beside_zero(difference):
        return Text(
            nl="Bij teams die het bericht eerder kregen, was de score "
            f"{_moved_nl(difference.value)} ({_interval_nl(difference)}). {_NOT_CERTAIN.nl}",
            en="Where teams got the announcement earlier, the score was "
            f"{_moved_en(difference.value)} ({_interval_en(difference)}). {_NOT_CERTAIN.en}",
        )
    return Text(
        nl="Teams die het bericht eerder kregen, veranderden niet duidelijk anders dan teams die het later kregen "
        f"(verschil {_points_nl(difference.value, sign=True)}, {_interval_nl(difference)}).",
        en="Teams that got the announcement earlier did not clearly change differently from those that got it later "
        f"(difference {_points_en(difference.value, sign=True)}, {_interval_en(difference)}).",
    )


def moving_apart(pre_trend: Difference) -> Text:
    """The warning when the arms already moved apart before."""
    return Text(
        nl="Let op: al voor het bericht liepen de groepen uiteen "
        f"({_points_nl(pre_trend.value, sign=True)} per ronde).",
        en="Note: the groups moved apart before the announcement already "
        f"({_points_en(pre_trend.value, sign=True)} a round).",
    )


def regression_warning(points: float) -> Text:
    """The warning when the reached group stood out before; `points`: how far it is expected to move back by chance."""
    return Text(
        nl="Let op: deze groep viel vooraf op. Wat opvalt, komt vanzelf weer dichter bij het gemiddelde: reken op "
        f"ongeveer {_points_nl(points)} {'daling' if points > 0 else 'stijging'} door toeval alleen.",
        en="Note: this group stood out before. What stands out moves back towards the mean by itself: expect a "
        f"{'fall' if points > 0 else 'rise'} of about {_points_en(points)} by chance alone.",
    )


def _beside_zero(difference: Difference) -> bool:
    return not difference.interval.low <= 0 <= difference.interval.high


def _moved_nl(points: float) -> str:
    if round(points, 1) == 0:
        return "even hoog"
    return f"{_points_nl(points)} {'hoger' if points > 0 else 'lager'}"


def _moved_en(points: float) -> str:
    if round(points, 1) == 0:
        return "the same"
    return f"{_points_en(points)} {'higher' if points > 0 else 'lower'}"


def _points_nl(points: float, *, sign: bool = False) -> str:
    number = _signed_nl(points) if sign else _number_nl(abs(points))
    return f"{number} {'punt' if _is_one(points) else 'punten'}"


def _points_en(points: float, *, sign: bool = False) -> str:
    number = _signed_en(points) if sign else _number_en(abs(points))
    return f"{number} {'point' if _is_one(points) else 'points'}"


def _is_one(points: float) -> bool:
    return round(abs(points), 1) == 1


def _interval_nl(difference: Difference) -> str:
    low, high = _signed_nl(difference.interval.low), _signed_nl(difference.interval.high)
    return f"95 %-interval {low} tot {high}"


def _interval_en(difference: Difference) -> str:
    return f"95 % interval {_signed_en(difference.interval.low)} to {_signed_en(difference.interval.high)}"


def _number_en(value: float) -> str:
    return f"{round(value, 1):g}"


def _number_nl(value: float) -> str:
    return _number_en(value).replace(".", ",")


def _signed_en(value: float) -> str:
    rounded = round(value, 1)
    return f"{'−' if rounded < 0 else '+' if rounded > 0 else ''}{_number_en(abs(value))}"


def _signed_nl(value: float) -> str:
    return _signed_en(value).replace(".", ",")
