"""``python -m sandbox.store``."""

from sandbox.commands.store import run

run()
