"""Writes `prometheus-rule.yaml` beside this file: the alerts of deploy/monitoring for Prometheus' operator.

kustomize reads no file outside the folder that names it, and does not make an object of a rule file.
"""

from pathlib import Path

HERE = Path(__file__).resolve().parent
RULES = HERE.parents[2] / "monitoring" / "draagvlak.rules.yaml"
TARGET = HERE / "prometheus-rule.yaml"

_HEAD = """# Written by wrap_rules.py from deploy/monitoring/draagvlak.rules.yaml (`make manifests` does it too).
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: draagvlak
spec:
"""


def wrapped(rules: str) -> str:
    """The text of the object, from the text of a plain rule file."""
    _, found, groups = rules.partition("\ngroups:\n")
    if not found:
        raise ValueError(f"{RULES}: no line `groups:`")
    body = "".join(f"  {line}" if line.strip() else line for line in f"groups:\n{groups}".splitlines(keepends=True))
    return _HEAD + body


if __name__ == "__main__":
    TARGET.write_text(wrapped(RULES.read_text(encoding="utf-8")), encoding="utf-8")
