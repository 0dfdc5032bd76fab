#!/bin/bash
#
# psql_getenv.sh PSQL ARGUMENT...: psql before 15, which has no \getenv, with the
# variables that the tests ask for by it, and without its words about it.  pg_regress
# starts psql by it (--launcher) on those versions.

set -o pipefail
psql=$1
shift
variables=()
while read -r _ variable name; do
	variables+=(-v "$variable=${!name}")
done <<<"$(grep -h '^\\getenv ' test/include/warehouse.psql sql/*.sql)"
"$psql" "${variables[@]}" "$@" 2>&1 | grep -v -a 'invalid command \\getenv$'
