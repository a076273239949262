"""What Alembic runs: the revisions, on the connection and inside the transaction of ``ledger.migrating``."""

from alembic import context

from services.pulse_bot.ledger.models import Base

context.configure(connection=context.config.attributes["connection"], target_metadata=Base.metadata, compare_type=True)
context.run_migrations()
