#!/usr/bin/env bash
# Regenerate requirements/*.txt and package-lock.json. `tools/lock.sh --upgrade` takes newer versions.
# Locks hold digests and no addresses, so any package index or mirror serves them.
set -euo pipefail
cd "$(dirname "$0")/.."

uv="$(command -v uv || echo .venv/bin/uv)"

lock() { # lock OUTPUT ARGUMENT...
  local output="$1"
  shift
  "$uv" pip compile --quiet --universal --python-version 3.11 --generate-hashes \
    --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" \
    --output-file "requirements/$output" "$@" "${upgrade[@]}"
}

upgrade=("$@")
lock dev.txt pyproject.toml --extra dev --group build
lock run.txt pyproject.toml --group build --constraints requirements/dev.txt
lock uv.txt requirements/uv.in
lock node.txt requirements/node.in
lock schemas.txt requirements/schemas.in --no-deps
lock titles.txt requirements/titles.in --no-deps

npm install --package-lock-only --ignore-scripts
