#!/usr/bin/env bash
# Seals what `draagvlak secrets init FOLDER` made, as the Secret `draagvlak` of the namespace `draagvlak`. Needs kubectl and kubeseal, and
# the cluster's certificate: from the cluster itself, or from a file in SEALED_SECRETS_CERT. Run it again after every change of a secret.
set -euo pipefail
folder="${1:?say which folder holds the secrets: seal.sh FOLDER}"
sealed="$(dirname "$0")/sealed-secret.yaml"
trap 'rm -f "$sealed.new"' EXIT
kubectl create secret generic draagvlak --namespace draagvlak --from-file="$folder" --dry-run=client -o yaml \
  | kubeseal --format yaml --scope strict >"$sealed.new"
mv "$sealed.new" "$sealed"
echo "sealed: $sealed; commit it, and add components/sealed-secrets to the overlay"
