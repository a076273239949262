"""Ballot ids."""

import hmac

_HEX_DIGITS = 32
"""128 bits."""


def ballot_id(wave_key: bytes, workspace: str, member: str) -> str:
    """The id of a person's ballot in a wave: the first 128 bits of HMAC-SHA256(wave_key, workspace|member), in hex.

    Nobody can tell whose it is without the key, which is destroyed when the wave closes.
    """
    return hmac.digest(wave_key, f"{workspace}|{member}".encode(), "sha256").hex()[:_HEX_DIGITS]
