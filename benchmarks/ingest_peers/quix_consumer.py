"""quixstreams, as "Creating a custom sink" shows: a BatchingSink whose ``write`` gets a batch a partition."""

from answers import BOOTSTRAP, GROUP, ROWS, SECONDS, TOPIC, Answer, insert
from quixstreams import Application
from quixstreams.sinks import BatchingSink, SinkBatch


class Table(BatchingSink):
    """Inserts every batch at the checkpoint."""

    def write(self, batch: SinkBatch) -> None:
        """Insert a batch."""
        insert([item.value for item in batch])


application = Application(
    broker_address=BOOTSTRAP,
    consumer_group=GROUP,
    auto_offset_reset="earliest",
    commit_interval=SECONDS,
    commit_every=ROWS,
)
answers = application.dataframe(application.topic(TOPIC, value_deserializer="bytes"))
answers.apply(lambda value: Answer.model_validate_json(value).row()).sink(Table())
application.run()
