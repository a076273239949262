"""The Kubernetes manifests, as kustomize renders them: schemas, rules, and broken manifests that the rules must catch."""
