#!/bin/bash
#
# psql_getenv.sh PSQL ARGUMENT...: runs a psql before 15, which does not have
# \getenv, with the variables that the tests read with it, and without its messages
# about it.  pg_regress starts psql with it (--launcher) in those versions.

set -o pipefail
psql=$1
shift
variables=()
while read -r _ variable name; do
	variables+=(-v "$variable=${!name}")
done <<<"$(grep -h '^\\getenv ' test/include/warehouse.psql sql/*.sql)"
"$psql" "${variables[@]}" "$@" 2>&1 | grep -v -a 'invalid command \\getenv$'
