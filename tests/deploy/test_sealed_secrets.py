"""Secrets in git: what `seal.sh` writes has every secret that pods mount, sealed; then no store is needed."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from services.runtime import secret_files
from tests.deploy import schemas
from tests.deploy.manifests import ROOT, Manifests, documents, kustomize, overlay, rendered
from tests.deploy.rules import RULES

pytestmark = pytest.mark.needs("kustomize")

KUBESEAL = """#!{python}
import base64, sys, yaml
given = yaml.safe_load(sys.stdin)
sealed = {{name: "AgB" + base64.b64encode(name.encode()).decode() for name in given["data"]}}
metadata = {{"name": given["metadata"]["name"], "namespace": given["metadata"]["namespace"]}}
print(yaml.safe_dump({{"apiVersion": "bitnami.com/v1alpha1", "kind": "SealedSecret", "metadata": metadata,
                      "spec": {{"encryptedData": sealed, "template": {{"metadata": metadata}}}}}}))
"""
"""Stands for kubeseal, which needs a cluster's certificate; it hides the values as well."""

KUBECTL = """#!{python}
import base64, pathlib, sys, yaml
folder = next(a.partition("=")[2] for a in sys.argv if a.startswith("--from-file="))
namespace = sys.argv[sys.argv.index("--namespace") + 1]
data = {{path.name: base64.b64encode(path.read_bytes()).decode() for path in pathlib.Path(folder).iterdir()}}
metadata = {{"name": sys.argv[4], "namespace": namespace}}
print(yaml.safe_dump({{"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "data": data}}))
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """The manifests in a folder of their own."""
    for part in ("deploy/k8s", "grafana"):
        shutil.copytree(ROOT / part, tmp_path / part, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    return tmp_path


@pytest.fixture
def programs(tmp_path: Path) -> dict[str, str]:
    """The environment with a kubeseal, and with a kubectl where the machine has kustomize alone."""
    folder = tmp_path / "bin"
    folder.mkdir()
    command = kustomize() or [""]
    scripts = {"kubeseal": KUBESEAL}
    if Path(command[0]).name == "kubectl":
        (folder / "kubectl").symlink_to(command[0])
    else:
        scripts["kubectl"] = KUBECTL
    for name, text in scripts.items():
        (folder / name).write_text(text.format(python=sys.executable))
        (folder / name).chmod(0o755)
    return {**os.environ, "PATH": f"{folder}:{os.environ['PATH']}"}


def seal(checkout: Path, secrets: Path, programs: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run the script."""
    script = checkout / "deploy/k8s/components/sealed-secrets/seal.sh"
    return subprocess.run([str(script), str(secrets)], env=programs, capture_output=True, text=True, check=False)


def test_an_overlay_with_sealed_secrets_has_every_secret_and_shows_none(
    checkout: Path, tmp_path: Path, programs: dict[str, str]
) -> None:
    secrets = tmp_path / "secrets"
    secret_files.make(secrets)
    for name in secret_files.YOURS:
        (secrets / name).write_text("xoxb-yours")
    run = seal(checkout, secrets, programs)
    assert run.returncode == 0, run.stderr

    folder = checkout / "deploy/k8s/overlays/production"
    kustomization = (folder / "kustomization.yaml").read_text(encoding="utf-8")
    (folder / "kustomization.yaml").write_text(kustomization.replace("external-secrets", "sealed-secrets"))
    text = rendered(folder)
    sealed = Manifests("sealed", documents(text))

    assert not sealed.of("ExternalSecret", "Secret")
    (one,) = sealed.of("SealedSecret")
    assert set(one["spec"]["encryptedData"]) >= {*secret_files.generated(), *secret_files.YOURS}
    assert schemas.Definitions(schemas.OURS).faults(one) == []
    assert {name: RULES[name](sealed) for name in RULES if RULES[name](sealed)} == {}
    assert [path.name for path in secrets.iterdir() if path.read_text().strip() in text] == []


def test_without_sealed_secrets_the_component_does_not_render(checkout: Path) -> None:
    folder = checkout / "deploy/k8s/overlays/production"
    kustomization = (folder / "kustomization.yaml").read_text(encoding="utf-8")
    (folder / "kustomization.yaml").write_text(kustomization.replace("external-secrets", "sealed-secrets"))
    with pytest.raises(AssertionError, match=r"sealed-secret\.yaml"):
        rendered(folder)


def test_a_folder_without_secrets_seals_nothing(checkout: Path, tmp_path: Path, programs: dict[str, str]) -> None:
    assert seal(checkout, tmp_path / "nowhere", programs).returncode != 0
    assert not list((checkout / "deploy/k8s/components/sealed-secrets").glob("sealed-secret.yaml*"))


def test_the_store_has_exactly_the_secrets_that_are_read() -> None:
    production = overlay("production")
    (external,) = production.of("ExternalSecret")
    kept = {entry["secretKey"] for entry in external["spec"]["data"]}
    assert kept <= {*secret_files.generated(), *secret_files.DERIVED, *secret_files.YOURS}
    assert [
        entry for entry in external["spec"]["data"] if entry["remoteRef"]["key"] != f"draagvlak/{entry['secretKey']}"
    ] == []
