"""The image really built, and the services run from it by compose: without a registry, in a network namespace."""
