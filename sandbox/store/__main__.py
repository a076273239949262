"""``python -m sandbox.store``."""

from sandbox.store.cli import store

store()
