"""The life of a wave: planned, approved, opened, sent, closed. One tick does whatever is due."""
