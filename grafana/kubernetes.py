"""What a cluster mounts into Grafana: the generated files as ConfigMaps, for `deploy/k8s/base/grafana`.

kustomize reads no file outside the folder that names it, so its list stands beside the files.
"""

from collections import defaultdict
from collections.abc import Iterable
from pathlib import PurePosixPath
from typing import Any, Final

import yaml

_HEAD: Final = "# Written by `draagvlak grafana build`; change the code in grafana/, not this file.\n"
_PROVISIONING: Final = {"datasources": "datasources", "dashboards": "dashboard-providers", "alerting": "alerting"}
"""Folder of provisioning -> what its ConfigMap is called, after `grafana-`."""


def kustomization(files: Iterable[PurePosixPath]) -> str:
    """The text of `grafana/kustomization.yaml`: a ConfigMap for each folder of ``files``, relative to `grafana/`."""
    maps: dict[str, list[str]] = defaultdict(list)
    for path in sorted(files):
        if path.suffix in (".json", ".yaml"):  # no template, which Grafana is not to read
            maps[f"grafana-{_name(path)}"].append(str(path))
    content: dict[str, Any] = {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "configMapGenerator": [{"name": name, "files": listed} for name, listed in sorted(maps.items())],
    }
    return _HEAD + yaml.safe_dump(content, sort_keys=False)


def _name(path: PurePosixPath) -> str:
    if path.parts[0] == "provisioning":
        return _PROVISIONING[path.parts[1]]
    language, kind = path.parts[1:3]
    return f"dashboards-{language}-{kind}"
