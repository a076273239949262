"""Alerts: rules that fire on what they should and on nothing else, and a page for each."""
