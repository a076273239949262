"""Obstacles for tests that build a part of a service by themselves: the cause is what the error says."""

from services.runtime.causes import Cause
from services.runtime.causes.obstacle import Obstacle


def obstacle() -> Obstacle:
    """Connects to nothing."""
    return Obstacle("what is needed", lambda error: Cause(str(error), "wait", lasting=False))
