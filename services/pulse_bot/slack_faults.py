"""What Slack can refuse, and what stays uncertain."""


class SlackFault(RuntimeError):
    """Slack did not do what it was asked. ``code`` is Slack's error code, or the class of the failed connection."""

    def __init__(self, method: str, code: str) -> None:
        super().__init__(f"Slack refuses {method}: {code}")
        self.code = code


class PersonUnreachable(SlackFault):
    """This one person can have no message; the others can."""


class SlackBusy(SlackFault):
    """Nothing was done: too many calls. ``retry_after`` is how many seconds Slack wants to be left alone."""

    def __init__(self, method: str, retry_after: float) -> None:
        super().__init__(method, "ratelimited")
        self.retry_after = retry_after


class SlackUncertain(SlackFault):
    """It is not known whether Slack did it: no answer, or an error of its own."""


class SlackRefuses(SlackFault):
    """Nothing was done and nothing else of the kind will be: token, scopes or the form of the message."""
