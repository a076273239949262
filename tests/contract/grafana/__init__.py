"""Dashboards and alert rules against the API, without a Grafana."""
