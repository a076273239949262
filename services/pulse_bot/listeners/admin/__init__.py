"""``/pulse admin``: everything here is for champions; who is none is told so, whatever they press."""
