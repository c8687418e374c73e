#!/usr/bin/env bash
# The main job from an empty folder: each command is echoed, then run.
set -euo pipefail
cd "$(dirname "$0")/.."

run() {
  printf '\n$ %s\n' "$*"
  "$@"
}

run ./dbtool --help
