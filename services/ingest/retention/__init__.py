"""Erasing what has been released: ballots after days, comments after months; checked by reading afterwards."""
