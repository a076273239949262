"""What has been released, drawn for a visitor without Grafana, and the metrics API's documents beside it.

It reads the metrics API as everybody does, with a token, and shows no number that the API does not give. Grafana is
the real thing; this is a page of the sandbox.
"""
