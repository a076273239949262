# Everything that a developer or a visitor types. `make help` lists it.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.ONESHELL:
.DELETE_ON_ERROR:
MAKEFLAGS += --warn-undefined-variables --no-builtin-rules
.DEFAULT_GOAL := help

PYTHON ?= python3
ONCE ?=
KEEP ?=
ARGS ?=
WORKERS ?= 2
BIN := .venv/bin

# Of the image: what it stands on, its name, and what builds it (deploy/docker/build).
BASE ?= python:3.11-slim-bookworm
IMAGE ?= draagvlak:$(shell sed -n 's/^version = "\(.*\)"/\1/p' pyproject.toml)
BUILDER ?=
CA_FILE ?=
export BASE IMAGE BUILDER CA_FILE

.PHONY: help demo test chaos check bench format grafana image sandboximage sbom manifests lock clean

help: ## list what can be made
	@printf 'Draagvlak\n\n'
	grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sort | awk 'BEGIN {FS = ":.*## "} {printf "  make %-12s %s\n", $$1, $$2}'
	printf '\n  make demo ONCE=1   play the whole story, print the trends, end\n'
	printf '  make demo KEEP=1   go on with what the last demo left\n'
	printf '  make test ARGS="-k scores"   hand arguments to pytest\n'

demo: .venv/.sandbox ## run the product on this machine: everything embedded, Slack emulated
	@exec $(BIN)/draagvlak demo $(if $(ONCE),--once) $(if $(KEEP),--keep)

test: .venv/.dev tests/judges/node_modules/.package-lock.json ## set up and run all tests
	@exec $(BIN)/python -m pytest -n $(WORKERS) --dist loadfile $(ARGS)

chaos: .venv/.dev ## the faults around ingest, with 100 kills of it instead of 20
	@exec $(BIN)/python -m pytest tests/chaos --kills 100 $(ARGS)

check: .venv/.dev ## lint, format, types, import rules
	@$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: .venv/.dev .venv/.bench ## measure what the README states, side by side
	@exec $(BIN)/python -m benchmarks $(ARGS)

grafana: .venv-grafana/.ready ## an environment for `draagvlak grafana verify` and `publish`
	@printf '%s\n' 'Run .venv-grafana/bin/draagvlak grafana verify (or publish); docs/grafana.md tells which settings.'

image: ## build the image of all services, with docker or buildah; BASE=… another base
	@exec deploy/docker/build

sandboximage: ## build the image to try it with on top of that: with the emulated workspace
	@PRODUCTION="$$IMAGE" IMAGE="$$IMAGE-sandbox" exec deploy/docker/build sandbox

sbom: .venv/.dev ## list what is in the image, as CycloneDX, in build/
	@mkdir -p build
	$(BIN)/cyclonedx-py requirements requirements.lock --pyproject pyproject.toml --output-reproducible \
	  --output-format JSON --output-file build/draagvlak.cdx.json 2>/dev/null
	echo "build/draagvlak.cdx.json"

manifests: .venv/.dev ## render the Kubernetes overlays into build/manifests
	@$(BIN)/python deploy/k8s/components/service-monitors/wrap_rules.py
	kustomize=("$(BIN)/kubectl" kustomize)
	if [ ! -x "$(BIN)/kubectl" ]; then
	  if command -v kustomize >/dev/null; then kustomize=(kustomize build)
	  elif command -v kubectl >/dev/null; then kustomize=(kubectl kustomize)
	  else echo "No kubectl here, and no wheel of it for this machine: install kubectl or kustomize"; exit 1; fi
	fi
	mkdir -p build/manifests
	for overlay in deploy/k8s/overlays/*/; do
	  name=$$(basename "$$overlay")
	  "$${kustomize[@]}" "$$overlay" >"build/manifests/$$name.yaml"
	  printf '%s: %s objects\n' "build/manifests/$$name.yaml" "$$(grep -c '^kind: ' "build/manifests/$$name.yaml")"
	done

format: .venv/.dev ## mend what ruff can mend
	@$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock: .venv/.dev ## resolve the dependencies again
	@$(BIN)/python -m pip install --quiet uv
	compile=("$(BIN)/uv" pip compile --quiet --universal --python-version 3.11 --generate-hashes
	  --no-emit-index-url --no-emit-find-links --no-header --upgrade pyproject.toml)
	"$${compile[@]}" --group dev -o requirements-dev.lock
	"$${compile[@]}" --group sandbox -c requirements-dev.lock -o requirements-sandbox.lock
	"$${compile[@]}" -c requirements-dev.lock -o requirements.lock
	"$${compile[@]}" --group grafana -c requirements-dev.lock -o requirements-grafana.lock
	apart=("$(BIN)/uv" pip compile --quiet --universal --python-version 3.11 --generate-hashes
	  --no-emit-index-url --no-emit-find-links --no-header --upgrade)
	"$${apart[@]}" --group pyproject.toml:bench -o requirements-bench.lock

clean: ## remove the demo's state and the environment
	@rm -rf .venv .venv-grafana .draagvlak

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Draagvlak needs Python 3.11 or later; say which with PYTHON=python3.12 make …"; exit 1; }
	$(PYTHON) -m venv .venv \
	  || { rm -rf .venv; echo "Python cannot make a virtual environment here; on Debian or Ubuntu: apt install python3-venv"; exit 1; }

# The lock files hold hashes, so what is installed is what was tested. The last step puts `draagvlak` on the path.
define set_up
	echo "Setting up from $(1) (once; about a minute and a half)"
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: -r $(1)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
endef

.venv/.sandbox: requirements-sandbox.lock pyproject.toml | .venv/bin/python
	@$(call set_up,requirements-sandbox.lock)
	touch $@

# The judges of the emulated workspace are npm packages, pinned by hash. Without npm their tests are skipped by name.
tests/judges/node_modules/.package-lock.json: tests/judges/package-lock.json
	@command -v npm >/dev/null || { echo "No npm here: the tests that need it will be skipped"; exit 0; }
	npm ci --silent --no-audit --no-fund --ignore-scripts --prefix tests/judges
	touch $@

.venv/.dev: requirements-dev.lock pyproject.toml | .venv/bin/python
	@$(call set_up,requirements-dev.lock)
	touch .venv/.sandbox $@

# Apart: grafana-client brings a replacement of the HTTP library under the services (docs/adr/0003).
.venv-grafana/.ready: requirements-grafana.lock pyproject.toml
	@rm -rf .venv-grafana
	$(PYTHON) -m venv .venv-grafana
	.venv-grafana/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: \
	  -r requirements-grafana.lock
	.venv-grafana/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

# The consumers that ingest is measured beside. The lock is complete, so that pip need not resolve anything.
.venv/.bench: requirements-bench.lock | .venv/bin/python
	@rm -rf .venv/bench
	$(BIN)/python -m venv .venv/bench
	.venv/bench/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes --only-binary :all: \
	  -r requirements-bench.lock
	touch $@
