"""Consumers of answers written as the documentation of other libraries shows; each is a program of its own.

They run in ``.venv/bench`` and read ``BENCH_…`` from the environment. They share this: the same pydantic model where
the library validates, the same table, batches of 10,000 rows or a second, offsets committed after the insert. Nothing
of theirs looks for bad rows, keeps dead letters, survives a store that is away, or knows of released waves.
"""
