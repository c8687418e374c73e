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
run ./dbtool embed --encoder minilm
run ./dbtool recommend-netflix --customer 5

# The titles of an answer; those of "because" stand deeper.
titles() {
  ./dbtool recommend-netflix --customer 5 --encoder "$1" --format json 2>/dev/null |
    sed -n 's/^      "title": "\(.*\)",$/\1/p'
}
printf '\nThe same customer by words (lexical) and by meaning (minilm):\n'
printf '   %-30s  %s\n' lexical minilm
paste <(titles lexical) <(titles minilm) |
  awk -F '\t' '{ printf "%d  %-30s  %s\n", NR, $1, $2 }'

cat <<'TEXT'

Try next (with DBTOOL_DATABASE=demo in the environment):
  ./dbtool recommend-netflix --customer 5 --show-sql
  ./dbtool recommend-netflix --customer 5 --encoder lexical
  ./dbtool recommend-netflix --customer 2 --format json
  ./dbtool cluster psql -c 'TABLE customer_film LIMIT 5'
TEXT
