"""The metrics of the API. What they mean: services/runtime/metric_names/metrics.py."""

from typing import Final

from services.runtime.metric_names import metrics as names

REQUEST_SECONDS: Final = names.REQUEST_SECONDS.make()
REQUESTS_NOW: Final = names.REQUESTS_NOW.make()
ANSWER_BYTES: Final = names.ANSWER_BYTES.make()
ANSWERS_KEPT: Final = names.ANSWERS_KEPT.make()
