#!/bin/bash
#
# demo.sh FOLDER: runs all demos, one after the other in one folder; checks that
# they succeed and show the expected output, and that no process is left when they
# are stopped.  Called by script/test.

set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=../../script/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../../script/lib.sh"

export RSFED_DEMO_DIR=${1:?the folder of the demo}
LOG=$RSFED_DEMO_DIR.output
TESTS=0

# shows PATTERN WHAT: the output of the demo has a matching line.
shows() {
	grep -q -E -- "$1" "$LOG" || { cat "$LOG"; die "$2"; }
	TESTS=$((TESTS + 1))
}

shows_not() {
	! grep -E -- "$1" "$LOG" || die "$2"
	TESTS=$((TESTS + 1))
}

run_demo() {
	"$ROOT/script/demo" "$@" >"$LOG" 2>&1 || { cat "$LOG"; die "script/demo $* failed"; }
	shows_not 'ERROR:|FATAL:|WARNING:' "script/demo $* has such messages"
	shows "^Stop them: +$ROOT/script/demo stop\$" "script/demo $* has not come to its end"
}

# Processes whose command line contains the folder: the servers of the demo, of any
# user.
processes() {
	local pid
	for pid in /proc/[0-9]*; do
		if tr '\0' ' ' <"$pid/cmdline" 2>/dev/null | grep -q -F -- "$RSFED_DEMO_DIR/"; then
			printf '%s\n' "${pid#/proc/}"
		fi
	done
}

run_demo --rows 20000
shows '^ +4711 \| +[0-9]+ \| 10[0-9]{4}\.00 ' 'the replica does not show the sale'
shows '^ +4711 .* failing$' 'nothing is seen of the outage'
shows '^ sales_by_seller \| .* \| fresh$' 'the schedule does not go on'

# it stops the first one, whose folder it uses
run_demo group
shows '^ (big|medium|small) +\| +365 \| +0 \| +0 \| *$' 'the partitions were not added by one member'
shows '^ +[0-9]+ \| +(big|medium|small) +\| published \| +4 \| Asked for 1 of 366 partitions\.' 'the new day was not read by itself'
shows '^ +876000 \| +2400$' 'not as many bytes were read'
for line in 'big +3 +150' 'medium +2 +100' 'small +1 +50'; do
	# three times the same: due, given, and counted there; one backend of the group
	# may differ by one
	shows "^$line +[0-9]+ +[0-9]+\$" "no line of shares like \"$line\""
done
awk '/^(big|medium|small) +[123] +[0-9]+ +[0-9]+ +[0-9]+$/ {
		n++
		if ($4 < 0.95 * $3 || $4 > 1.05 * $3 || $5 < $4) bad++
	} END { exit n != 3 || bad }' "$LOG" || { cat "$LOG"; die "the shares are not those of the weights"; }
TESTS=$((TESTS + 1))
shows '^[0-9]+ statements were sent, and none of them failed\.$' 'statements have failed'
shows '^Member big is healthy, -?[0-9.]+ s after' 'the member that was killed is not used again'
shows 'column region is character varying\(5\), at "big" character varying\(20\)' 'the column that differs was not found'
shows "ALTER COLUMN \"region\" TYPE character varying\\(20\\)'\\);" 'doctor() has no statement that mends it'
[ "$(tail -n 12 "$LOG" | grep -c -E '^ (big|medium|small) +\| healthy$')" = 3 ] ||
	{ cat "$LOG"; die "the members are not alike in the end"; }
TESTS=$((TESTS + 1))

run_demo aurora --rows 20000
shows '^ t +\| +0$' 'the reader is no replica, or rsfed is installed there'
shows '^ +4711 \| +[0-9]+ \| 10[0-9]{4}\.00 \| 00:00:0' 'the reader does not show the sale, and how old that is'
shows '^ +4711 \| +[0-9]+ \| 10[0-9]{4}\.00 \| 2008-12-31 23:59:59 \| 00:00:' 'the new column did not arrive'
shows '^The reader answered [1-9][0-9]* times meanwhile, and failed 0 times; ' 'the reader failed while a column was added'
shows '^ +4711 \| +10[0-9]{4}\.00 \| .* \| late *$' 'the reader does not say that its answer is old'
shows '^ +4711 \| +10[0-9]{4}\.00 \| .* \| fresh *$' 'Aurora was not fresh in the end'
shows '^Aurora is fresh again [0-9]+ s later' 'nothing arrives from the node that is back'
shows '^ ok +\| database app \| Nothing found\.$' 'doctor() on Aurora finds something in the end'

[ -n "$(processes)" ] || die "no process of the demo is seen"
"$ROOT/script/demo" stop >/dev/null
[ -z "$(processes)" ] || { ps -o pid,args -p "$(processes | tr '\n' ',' | sed 's/,$//')"; die "processes of the demo are left"; }
TESTS=$((TESTS + 1))
echo "$TESTS tests passed"
