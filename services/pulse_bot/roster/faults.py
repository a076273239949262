"""What can be wrong with where a roster comes from."""


class RosterSourceGone(RuntimeError):
    """A user group or channel of the roster cannot be found; nothing is changed until it is back or renamed here."""
