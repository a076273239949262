"""Slack's numbers: sizes of messages and blocks, and the rates of its methods.

Source: Slack's reference of blocks, block elements, views and rate limits; the total of a message's blocks is
undocumented and was measured by others at about 13,200 characters.
"""

from __future__ import annotations

from enum import Enum
from typing import Final

MESSAGE_BLOCKS: Final = 50
VIEW_BLOCKS: Final = 100
MESSAGE_TEXT: Final = 40_000
MESSAGE_BLOCKS_CHARACTERS: Final = 13_200
VIEW_BYTES: Final = 250_000
VIEW_STACK: Final = 3
PRIVATE_METADATA: Final = 3_000

BLOCK_ID: Final = 255
ACTION_ID: Final = 255
CALLBACK_ID: Final = 255
EXTERNAL_ID: Final = 255
SECTION_TEXT: Final = 3_000
SECTION_FIELDS: Final = 10
SECTION_FIELD_TEXT: Final = 2_000
HEADER_TEXT: Final = 150
CONTEXT_ELEMENTS: Final = 10
ACTIONS_ELEMENTS: Final = 25
MARKDOWN_TEXT: Final = 12_000
URL: Final = 3_000
ALT_TEXT: Final = 2_000
IMAGE_TITLE: Final = 2_000
BUTTON_TEXT: Final = 75
BUTTON_VALUE: Final = 2_000
OPTION_TEXT: Final = 75
OPTION_VALUE: Final = 150
OPTIONS: Final = 100
PLACEHOLDER: Final = 150
INPUT_LABEL: Final = 2_000
VIEW_TITLE: Final = 24

TRIGGER_SECONDS: Final = 3.0
RESPONSE_URL_SECONDS: Final = 30 * 60.0
RESPONSE_URL_USES: Final = 5

REQUEST_BYTES: Final = 1_000_000
FILE_BYTES: Final = 20_000_000
"""Slack takes a gigabyte; this is one machine."""


class Tier(Enum):
    """How often a method may be called, per minute and app. POSTING has rules of its own (see rates)."""

    TIER_1 = 1
    TIER_2 = 20
    TIER_3 = 50
    TIER_4 = 100
    SPECIAL = 600
    POSTING = 300
