#!/usr/bin/env bash
# The main job from an empty folder: each command is echoed, then run, in a database of the demo's own.
set -euo pipefail
cd "$(dirname "$0")/.."

# Whatever the caller's environment points to is not ours to fill.
unset DATABASE_URL $(compgen -v PG || true)
export DBTOOL_DATABASE=demo

run() {
  printf '\n$ %s\n' "$*"
  "$@"
}

echo '$ export DBTOOL_DATABASE=demo'
run ./dbtool migrate
run ./dbtool seed --replace
run ./dbtool embed --encoder lexical
run ./dbtool recommend-netflix --customer 5

cat <<'TEXT'

Try next (with DBTOOL_DATABASE=demo in the environment):
  ./dbtool recommend-netflix --customer 5 --show-sql
  ./dbtool recommend-netflix --customer 2 --format json
  ./dbtool cluster psql -c 'TABLE customer_film LIMIT 5'
TEXT
