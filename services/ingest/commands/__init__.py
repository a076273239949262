"""The commands of ingest, one module each; `cli` gathers them."""
