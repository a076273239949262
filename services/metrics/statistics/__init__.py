"""The formulas: pure functions of numbers, each with its source.

They ``import scipy`` and no part of it: SciPy loads ``scipy.special`` at the first use, a third of a second that the
start of a process does not have to wait for.
"""
