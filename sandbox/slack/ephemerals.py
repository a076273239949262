"""Messages for one person only: the last few of each person, in memory alone, as in Slack."""

from __future__ import annotations

from collections import defaultdict

from sandbox.slack.records import Ephemeral

_KEPT_PER_PERSON = 20


class Ephemerals:
    """The latest such messages of every person."""

    def __init__(self) -> None:
        self._of_user: defaultdict[str, dict[str, Ephemeral]] = defaultdict(dict)

    def put(self, ephemeral: Ephemeral) -> None:
        """Remembers one, in the place of an earlier one with the same timestamp."""
        known = self._of_user[ephemeral.user]
        known[ephemeral.ts] = ephemeral
        while len(known) > _KEPT_PER_PERSON:
            del known[next(iter(known))]

    def find(self, user: str, ts: str) -> Ephemeral | None:
        """The one that a person was shown under this timestamp."""
        return self._of_user[user].get(ts) if user in self._of_user else None

    def remove(self, user: str, ts: str) -> None:
        """Forgets one."""
        self._of_user[user].pop(ts, None)

    def of(self, user: str, channel: str, since: int = 0) -> list[Ephemeral]:
        """What a person was shown in a conversation after change number ``since``, oldest first."""
        known = self._of_user.get(user, {})
        return [e for e in known.values() if e.channel == channel and e.sequence > since]
