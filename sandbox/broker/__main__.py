"""``python -m sandbox.broker``."""

from sandbox.commands.broker import run

run()
