"""The frame of `draagvlak doctor`: what a check is, how checks run so that none hides another, how they are told.

Services offer checks of their own workloads (``services/*/checks.py``); `services.doctor` puts them together.
"""
