"""ClickHouse as on a single machine: one user of its own, no log of statements; and users shared by the replicas."""

import xml.etree.ElementTree as ElementTree

from tests.deploy.manifests import ROOT, Document, Manifests


def clickhouse(manifests: Manifests) -> list[str]:
    """Replicas that know one another have Keeper, three of it; nobody logs in but by password."""
    faults = []
    for installation in manifests.of("ClickHouseInstallation"):
        configuration = installation["spec"]["configuration"]
        (cluster,) = configuration["clusters"]
        replicas = cluster["layout"]["replicasCount"]
        names = {key.partition("/")[0] for key in configuration["users"]}
        if names != {"draagvlak_migrate"}:
            faults.append(f"users beside the one of the migrations: {sorted(names)}")
        if any(key.rpartition("/")[2] in ("password", "password_sha256_hex") for key in configuration["users"]):
            faults.append("a password stands in the manifest")
        told = manifests.get("ConfigMap", "draagvlak")["data"].get("DRAAGVLAK_CLICKHOUSE_CLUSTER")
        if told != (cluster["name"] if replicas > 1 else None):
            faults.append(f"{replicas} replicas of the cluster {cluster['name']}, and the services are told {told}")
        faults += _logs(configuration["files"])
        faults += _keeper(manifests, configuration, replicas)
    return faults


def removed_logs(text: str) -> set[str]:
    """The system logs that a configuration of ClickHouse takes away."""
    return {
        element.tag
        for element in ElementTree.fromstring(text)
        if element.get("remove") and element.tag.endswith("_log")
    }


def _logs(files: Document) -> list[str]:
    """The same logs are gone as on a single machine (deploy/compose)."""
    compose = (ROOT / "deploy" / "compose" / "clickhouse" / "draagvlak.xml").read_text(encoding="utf-8")
    gone = {log for name, text in files.items() if name.endswith("z-logs.xml") for log in removed_logs(text)}
    return [f"{log}: is kept" for log in sorted(removed_logs(compose) - gone)]


def _keeper(manifests: Manifests, configuration: Document, replicas: int) -> list[str]:
    keepers = {
        f"keeper-{keeper['metadata']['name']}": keeper for keeper in manifests.of("ClickHouseKeeperInstallation")
    }
    if replicas == 1:
        return ["Keeper, and nothing to keep"] if keepers or "zookeeper" in configuration else []
    hosts = {node["host"] for node in configuration.get("zookeeper", {}).get("nodes", [])}
    faults = [f"there is no Keeper {host}" for host in sorted(hosts - set(keepers))] or ([] if hosts else ["no Keeper"])
    for keeper in keepers.values():
        if keeper["spec"]["configuration"]["clusters"][0]["layout"]["replicasCount"] != 3:
            faults.append("Keeper needs three to outlive one")
    if not any("<replicated>" in text for text in configuration["files"].values()):
        faults.append("a new replica would know no user")
    return faults
