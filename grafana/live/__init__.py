"""A Grafana that runs: what it shows is checked, and what it needs is created, through its HTTP API and by uid."""
