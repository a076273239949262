"""A measure has one name, whether somebody reads it in Slack or in Grafana."""

import pytest
from grafana_foundation_sdk.models.dashboard import ValueMap

from grafana.values import reasons
from grafana.words import words
from services.contracts.base import Language, TextLanguage
from services.pulse_bot.messages.results import measure_name


@pytest.mark.parametrize("language", TextLanguage)
def test_a_measure_is_called_in_slack_as_in_the_dashboards(language: TextLanguage) -> None:
    (mapping,) = reasons(words(language))
    assert isinstance(mapping, ValueMap)
    shown = {measure: result.text for measure, result in mapping.options.items()}
    assert {measure: measure_name(measure, Language(language.value)) for measure in shown} == shown
    against = words(language)("People who are against")
    assert measure_name("resister_share", Language(language.value)) == against
