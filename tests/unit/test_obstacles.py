"""What keeps a service from a need: told once for each cause, looked into beside the work, and over when it is over."""

import logging
import threading
from collections.abc import Callable
from time import monotonic, sleep

import pytest
import structlog

from services.ingest.migrating.plan import packaged
from services.runtime.causes import Cause
from services.runtime.causes.obstacle import AGAIN_SECONDS, Obstacle
from services.runtime.clickhouse import MIGRATION
from services.runtime.logs import Seldom

AWAY = Cause("Kafka refuses connections", "start it", lasting=False)
EXPIRED = Cause("the certificate has expired", "renew it")


def until(condition: Callable[[], bool]) -> None:
    end = monotonic() + 60
    while not condition():
        assert monotonic() < end, "it did not happen within 60 s"
        sleep(0.005)


class Watched:
    """An obstacle whose time, cause and looks are the test's."""

    def __init__(self) -> None:
        self.now, self.cause, self.looks = 0.0, AWAY, 0
        self.may_look = threading.Event()
        self.may_look.set()
        self.obstacle = Obstacle("Kafka", self._look, lambda: self.now)

    def _look(self, _error: BaseException) -> Cause:
        self.looks += 1
        cause = self.cause
        assert self.may_look.wait(60)
        return cause

    def fail(self, times: int = 1) -> None:
        """Attempts, each later than an error of the same kind is looked into again; each look is waited for."""
        for _ in range(times):
            before, self.now = self.looks, self.now + AGAIN_SECONDS
            self.obstacle.met(OSError())
            until(lambda before=before: self.looks > before and not self.obstacle._looking)  # type: ignore[misc]
            until(lambda: self.obstacle.cause == self.cause)


def lines(logged: list[structlog.typing.EventDict]) -> list[tuple[str, str, object]]:
    return [(str(one["log_level"]), str(one["event"]), one.get("lasting")) for one in logged]


def test_a_cause_is_told_once_and_again_only_when_it_changes_or_comes_back() -> None:
    watched = Watched()
    with structlog.testing.capture_logs() as logged:
        watched.fail(4)
        watched.cause = EXPIRED
        watched.fail(3)
        watched.obstacle.gone()
        watched.obstacle.gone()
        watched.fail(2)
    cannot, can = "Kafka cannot be used", "Kafka can be used again"
    assert lines(logged) == [
        ("warning", cannot, False),
        ("error", cannot, True),
        ("info", can, None),
        ("error", cannot, True),
    ]
    assert logged[1]["reason"] == "the certificate has expired: renew it"


def test_readiness_says_what_is_wrong_and_whether_somebody_must_act() -> None:
    watched = Watched()
    assert watched.obstacle.sentence is None
    watched.fail()
    assert watched.obstacle.sentence == "Kafka refuses connections: start it (this may pass by itself)"
    watched.cause = EXPIRED
    watched.fail()
    assert watched.obstacle.sentence == ("the certificate has expired: renew it (this stays until somebody mends it)")


def test_nobody_waits_for_a_look_and_an_error_of_the_same_kind_begins_no_second_one() -> None:
    watched = Watched()
    watched.may_look.clear()
    for _ in range(20):
        watched.obstacle.met(OSError())
    until(lambda: watched.looks == 1)
    assert watched.obstacle.sentence is not None
    assert "Kafka cannot be used (OSError)" in watched.obstacle.sentence
    watched.may_look.set()
    until(lambda: watched.obstacle.cause == AWAY)
    for _ in range(20):
        watched.obstacle.met(OSError())
    assert watched.looks == 1
    watched.obstacle.met(ValueError())
    until(lambda: watched.looks == 2)


def test_what_has_passed_while_it_was_looked_into_is_not_told_afterwards() -> None:
    watched = Watched()
    watched.may_look.clear()
    with structlog.testing.capture_logs() as logged:
        watched.obstacle.met(OSError())
        until(lambda: watched.looks == 1)
        watched.obstacle.gone()
        watched.may_look.set()
        until(lambda: not watched.obstacle._looking)
    assert watched.obstacle.sentence is None
    assert lines(logged) == [("info", "Kafka can be used again", None)]


def test_a_look_that_fails_is_said_without_what_the_error_holds() -> None:
    def fails(_error: BaseException) -> Cause:
        raise RuntimeError("a password")

    obstacle = Obstacle("Kafka", fails)
    obstacle.met(OSError())
    until(lambda: obstacle.cause is not None and "RuntimeError" in obstacle.cause.what)
    assert "a password" not in str(obstacle.cause)
    assert obstacle.cause is not None
    assert not obstacle.cause.lasting, "nothing is known: it may pass by itself"


def test_what_is_told_outdates_a_look_that_is_under_way() -> None:
    watched = Watched()
    watched.may_look.clear()
    watched.obstacle.met(OSError())
    until(lambda: watched.looks == 1)
    watched.obstacle.told(EXPIRED)
    watched.may_look.set()
    until(lambda: not watched.obstacle._looking)
    assert watched.obstacle.cause == EXPIRED


def test_where_no_thread_is_to_be_had_the_error_stands_for_the_cause_until_there_is_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    watched = Watched()

    def none_left(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as full:
        full.setattr(threading.Thread, "start", none_left)
        watched.obstacle.met(OSError())
    assert watched.obstacle.cause is not None
    assert watched.obstacle.cause.what == "Kafka cannot be used (OSError)"
    watched.obstacle.met(OSError())
    until(lambda: watched.obstacle.cause == AWAY)


@pytest.mark.parametrize(("library", "let_through"), [("kafka.net.manager", 2), ("draagvlak.needs", 6)])
def test_what_kafkas_client_says_for_every_attempt_is_let_through_once_a_minute(library: str, let_through: int) -> None:
    times = iter((0.0, 1.0, 59.0, 60.0, 61.0, 119.0))
    seldom = Seldom("kafka", 60.0, lambda: next(times))
    line = logging.LogRecord(library, logging.ERROR, "", 7, "Connection failed: %s", (), None)
    passed = sum(bool(seldom.filter(line)) for _ in range(6))
    assert passed == let_through


def test_what_services_ask_of_the_tables_is_the_newest_migration() -> None:
    assert packaged()[-1].number == MIGRATION
