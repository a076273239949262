"""What the Infinity plugin and Grafana do with a query, done here: for tests, previews and benchmarks.

It follows the plugin's backend (3.11: `pkg/infinity`, `pkg/models/macros.go`, and the framers of its library) for the
part of it that our queries use. It proves that our queries and our API fit together, nothing about Grafana's drawing.
"""
