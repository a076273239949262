"""Why a story cannot go on."""


class StoryFault(RuntimeError):
    """The story came to a halt; the text says where, what was expected, and where to look."""
