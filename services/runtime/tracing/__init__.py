"""Tracing that cannot be turned against anyone: docs/adr/0016-an-answer-has-no-trace.md.

Off unless DRAAGVLAK_TRACING_URL is set; then nothing of OpenTelemetry is even imported. A trace is of a wave, of a
request of a business system or dashboard, or of ten answers and more; never of one answer, and no span knows a person.
"""
