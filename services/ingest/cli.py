"""The commands of ingest, for the command line to mount."""

from services.ingest.commands.backup import backup
from services.ingest.commands.consuming import ingest
from services.ingest.commands.dead_letters import dead_letters
from services.ingest.commands.importing import import_survey
from services.ingest.commands.retention import retention
from services.ingest.commands.schema import migrate
from services.ingest.commands.topics import topics

__all__ = ["backup", "dead_letters", "import_survey", "ingest", "migrate", "retention", "topics"]
