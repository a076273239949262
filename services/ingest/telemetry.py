"""The metrics of ingest, registered. What they mean: services/runtime/metric_names/ingest.py."""

from typing import Final

from services.runtime.metric_names import ingest as names

RECORDS: Final = names.RECORDS.make()
UNKNOWN_FIELDS: Final = names.UNKNOWN_FIELDS.make()
DEAD_LETTERS: Final = names.DEAD_LETTERS.make()
INSERT_SECONDS: Final = names.INSERT_SECONDS.make()
BATCH_ROWS: Final = names.BATCH_ROWS.make()
RETRIES: Final = names.RETRIES.make()
HELD: Final = names.HELD.make()
COMMITS: Final = names.COMMITS.make()
COMMIT_AGE: Final = names.COMMIT_AGE.make()
LAG: Final = names.LAG.make()
WAITING_SECONDS: Final = names.WAITING_SECONDS.make()
STOPPED: Final = names.STOPPED.make()
GATEWAY_REQUESTS: Final = names.GATEWAY_REQUESTS.make()
GATEWAY_SECONDS: Final = names.GATEWAY_SECONDS.make()
