"""What is shown for the values of the API: in the reader's language, and with a mark, so that no colour is needed."""

from collections.abc import Mapping

from grafana_foundation_sdk.models.dashboard import (
    DashboardRegexMapOptions,
    RegexMap,
    ValueMap,
    ValueMapping,
    ValueMappingResult,
)

from grafana.words import Words


def texts(shown: Mapping[str, str]) -> list[ValueMapping]:
    """Values of the API -> what is shown for them."""
    return [
        ValueMap(
            options={value: ValueMappingResult(text=text, index=at) for at, (value, text) in enumerate(shown.items())}
        )
    ]


def verdicts(words: Words) -> list[ValueMapping]:
    """The four verdicts, and whether a row is shown."""
    _ = words
    return texts(
        {
            "clearly up": "▲ " + _("clearly up"),
            "clearly down": "▼ " + _("clearly down"),
            "no clear change": "= " + _("no clear change"),
            "too few answers": "· " + _("too few answers"),
            "too early": "· " + _("too early"),
            "shown": _("shown"),
            "clear": _("clear"),
            "possible": _("possible"),
        }
    )


def reasons(words: Words) -> list[ValueMapping]:
    """Measures, drivers, facets and outcomes by name; high is more of what is named."""
    _ = words
    return texts(
        {
            "resistance": _("Resistance"),
            "trust": _("Trust"),
            "job_security": _("Worry about the job"),
            "competence": _("Feeling not able enough"),
            "transparency": _("Lack of openness"),
            "autonomy": _("Little say in it"),
            "reliability": _("AI is reliable"),
            "human_oversight": _("A person decides"),
            "fairness": _("Fair to everyone"),
            "regulation": _("Clear rules"),
            "usage": _("Use of AI"),
            "benefit": _("AI helps my work"),
            "time_saved": _("Time saved"),
            "buddy": _("Would help colleagues"),
        }
    )


def promise_states(words: Words) -> list[ValueMapping]:
    """What became of a promise."""
    _ = words
    return texts(
        {
            "open": "… " + _("open"),
            "overdue": "! " + _("overdue"),
            "kept": "✓ " + _("kept"),
            "not kept": "× " + _("not kept"),
        }
    )


def kinds(words: Words) -> list[ValueMapping]:
    """Kinds of announcements."""
    _ = words
    return texts(
        {
            "success": _("success"),
            "training": _("training"),
            "kickoff": _("kick-off"),
            "policy": _("agreement"),
            "buddy": _("AI buddy"),
            "promise": _("promise"),
        }
    )


def units(words: Words) -> list[ValueMapping]:
    """What a figure counts in. A post may say it in words of its own: these are shown as they are."""
    _ = words
    return texts(
        {
            "seconds": _("seconds"),
            "minutes": _("minutes"),
            "hours": _("hours"),
            "days": _("days"),
            "percent": "%",
            "count": _("in number"),
            "per_100": _("per 100"),
            "euro": _("euro"),
        }
    )


def codes() -> list[ValueMapping]:
    """Codes that the business systems chose, such as ``minutes_per_file``: their words with spaces."""
    return [RegexMap(options=DashboardRegexMapOptions(pattern="/_/g", result=ValueMappingResult(text=" ")))]
