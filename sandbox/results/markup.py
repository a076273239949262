"""HTML and SVG as text, built from elements: what is not markup is escaped."""

from html import escape

VOID = frozenset({"meta", "link", "br", "hr", "img", "input"})
Attribute = str | float | int | bool | None


class Markup(str):
    """Text that is markup already."""

    __slots__ = ()


def element(tag: str, /, *children: str, **attributes: Attribute) -> Markup:
    """An element. ``class_`` is ``class``, ``aria_label`` is ``aria-label``; None and False leave an attribute out.

    A child that is not :class:`Markup` is text and is escaped.
    """
    said = "".join(
        f" {_name(name)}" if value is True else f' {_name(name)}="{escape(_text(value))}"'
        for name, value in attributes.items()
        if value is not None and value is not False
    )
    if tag in VOID:
        return Markup(f"<{tag}{said}>")
    inside = "".join(child if isinstance(child, Markup) else escape(child, quote=False) for child in children)
    return Markup(f"<{tag}{said}>{inside}</{tag}>")


def joined(parts: list[Markup]) -> Markup:
    """Elements one after the other."""
    return Markup("".join(parts))


def _name(name: str) -> str:
    return name.rstrip("_").replace("_", "-")


def _text(value: Attribute) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
