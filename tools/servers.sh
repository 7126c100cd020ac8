#!/usr/bin/env bash
# Install what the engine and browser tests talk to: PostgreSQL, Prometheus, Slurm with its accounting, Chromium, and a
# Chinese font for its pictures.
#
# Debian packages, as root or with sudo that asks nothing. What cannot be installed is named; the tests that need it
# are then skipped with a reason. Where CI=true, that is a failure instead.
set -euo pipefail

has_chromium() { command -v chromium >/dev/null || command -v chromium-browser >/dev/null || [ -x "${CHROMIUM:-}" ]; }
has_postgresql() { compgen -G '/usr/lib/postgresql/*/bin/postgres' >/dev/null || command -v postgres >/dev/null; }
has_chinese_font() { compgen -G '/usr/share/fonts/*/noto/NotoSansCJK*' >/dev/null; }

missing_packages() {
  has_chromium || echo chromium
  has_postgresql || echo postgresql
  has_chinese_font || echo fonts-noto-cjk
  command -v prometheus >/dev/null || echo prometheus
  command -v prometheus-node-exporter >/dev/null || echo prometheus-node-exporter
  [ -x /usr/sbin/slurmctld ] || echo slurm-wlm
  [ -x /usr/sbin/slurmdbd ] || echo slurmdbd
  [ -x /usr/sbin/munged ] || echo munge
  [ -x /usr/sbin/mariadbd ] || echo mariadb-server
  compgen -G '/usr/lib/*/slurm*/accounting_storage_mysql.so' >/dev/null || echo slurm-wlm-mysql-plugin
}

mapfile -t missing < <(missing_packages)
if [ "${#missing[@]}" -eq 0 ]; then exit 0; fi

as_root=()
if [ "$(id -u)" -ne 0 ]; then as_root=(sudo -n); fi
if command -v apt-get >/dev/null && "${as_root[@]}" true 2>/dev/null; then
  echo "servers: installing ${missing[*]}"
  # The package may start a cluster of its own; the tests leave it alone and start theirs in a temporary folder.
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get update -qq
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "${missing[@]}" >/dev/null
fi

mapfile -t missing < <(missing_packages)
if [ "${#missing[@]}" -eq 0 ]; then exit 0; fi
echo "servers: must be installed, missing: ${missing[*]}" >&2
echo "         On Debian: sudo apt-get install ${missing[*]}" >&2
if [ "${CI:-}" = true ]; then exit 1; fi
