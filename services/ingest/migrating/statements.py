"""Splitting a .sql file into its statements."""

import re
from typing import Final

_TOKEN: Final = re.compile(
    r"""(?P<comment>--[^\n]*|/\*.*?\*/)
    |(?P<quoted>'(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.)*"|`(?:[^`\\]|\\.)*`)
    |(?P<end>;)
    |(?P<other>[^-/'"`;]+|.)""",
    re.DOTALL | re.VERBOSE,
)


def split(text: str) -> tuple[str, ...]:
    """The statements in ``text`` without comments; a ``;`` inside a string, a quoted name or a comment ends nothing."""
    statements = [""]
    for token in _TOKEN.finditer(text):
        if token.lastgroup == "end":
            statements.append("")
        elif token.lastgroup == "comment":
            statements[-1] += " "
        else:
            statements[-1] += token.group()
    return tuple(stripped for statement in statements if (stripped := statement.strip()))
