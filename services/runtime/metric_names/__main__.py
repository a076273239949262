"""Writes docs/metrics.md."""

from pathlib import Path

from services.runtime.metric_names.page import page

Path("docs/metrics.md").write_text(page(), encoding="utf-8")
