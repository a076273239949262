"""The formulas: pure functions of numbers, each with its source."""
