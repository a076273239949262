"""The deploy files: the images, and the Kubernetes manifests as kustomize renders them."""
