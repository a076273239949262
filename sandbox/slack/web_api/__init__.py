"""Slack's Web API: ``dispatch`` takes the request apart, one module per family of methods answers it."""
