"""Grafana: dashboards and alert rules as code, the files that it is provisioned from, and the check of a live one."""
