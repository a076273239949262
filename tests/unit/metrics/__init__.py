"""Release and statistics."""
