"""Release and metrics API on the real engine."""
