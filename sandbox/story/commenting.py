"""What simulated people write to the open question of a wave, where it asks one."""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from sandbox.story.behaviour import Sheet
from sandbox.story.organisation import Organisation
from services.contracts.base import TextLanguage

_WRITES: Final = 0.6
"""The share of those who answer that writes something, too."""

_WORDS: Final[Mapping[str, Sequence[str]]] = {
    TextLanguage.NL.value: (
        "Het scheelt me de brieven waar ik nooit aan toekwam.",
        "Meer tijd voor bewoners, daarvoor werk ik hier.",
        "Ik controleer alles nog, maar het is een goed begin.",
        "’s Avonds verslagen schrijven is voorbij.",
        "Ik wil eerst zien dat het klopt.",
        "Fijn dat een collega het liet zien en geen adviseur.",
        "Wie leest er mee met wat ik vraag?",
        "Het rooster is sneller klaar.",
        "Ik ben bang dat er straks minder mensen nodig zijn.",
        "Het helpt me met moeilijke woorden.",
        "Graag meer tijd om te oefenen.",
        "Minder papier. Ga zo door!",
        "Niet voor gesprekken met familie, alstublieft.",
        "Benieuwd wat er nog komt 🙂",
    ),
    TextLanguage.EN.value: (
        "It saves me the letters I never got round to.",
        "More time with residents, that is what I came here for.",
        "I still check everything, but it is a good start.",
        "Writing reports in the evening is over.",
        "I want to see that it is right first.",
        "Nice that a colleague showed it and not a consultant.",
        "Who reads along with what I ask?",
        "The rota is ready sooner.",
        "I am afraid that fewer people will be needed.",
        "It helps with Dutch, which is not my first language.",
        "More time to practise, please.",
        "Less paper. Please go on!",
        "Not for talks with families, please.",
        "Curious what comes next 🙂",
    ),
}


def comments_of(organisation: Organisation, sheets: Sequence[Sheet], chance: np.random.Generator) -> dict[str, str]:
    """Who writes what: member -> comment, in the person's own language."""
    language = {person.member: person.language for person in organisation.people}
    found = {}
    for sheet in sheets:
        writes, which = chance.random(), int(chance.integers(0, 1_000_000))
        words = _WORDS[language[sheet.member]]
        if writes < _WRITES:
            found[sheet.member] = words[which % len(words)]
    return found
