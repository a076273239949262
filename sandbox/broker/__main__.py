"""``python -m sandbox.broker``."""

from sandbox.broker.cli import broker

broker()
