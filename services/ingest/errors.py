"""How taking a record in can go wrong, by what is to be done about it."""


class Unavailable(RuntimeError):
    """A store or broker does not answer, or asks for patience: keep the records and try again later.

    ``capped`` says that the cause may last for ever, so that patience has an end.
    """

    def __init__(self, text: str, *, capped: bool = False) -> None:
        super().__init__(text)
        self.capped = capped


class Rejected(RuntimeError):
    """The store refuses some of the rows for what they hold: find the bad ones. ``error_class`` names the rule."""

    def __init__(self, error_class: str) -> None:
        super().__init__(error_class)
        self.error_class = error_class


class IngestStopped(RuntimeError):
    """Nothing more may be taken in until somebody has looked; the text says why and what to do. Nothing is lost."""
