"""What the bot listens to; each module has a ``register``."""
