"""The metrics API, version 1: what has been released, to callers with a token."""
