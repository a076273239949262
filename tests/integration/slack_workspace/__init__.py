"""The emulated workspace, served over HTTP, with a small bot beside it."""
