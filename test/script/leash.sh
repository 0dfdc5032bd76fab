#!/bin/bash
#
# leash.sh: a command that a user's script runs as root by sudo ends with the
# script.  Run as a user other than root; sudo is replaced by a script that makes
# its command unreachable for signals, like a command of another user.  Called by
# script/test.

set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=../../script/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../../script/lib.sh"

DIR=$(mktemp -d)
PATH=$DIR:$PATH
trap 'rm -rf "$DIR"' EXIT
printf '#!/bin/sh\nexec setsid -w "$@"\n' >"$DIR/sudo"
chmod +x "$DIR/sudo"

# wait_for SECONDS COMMAND...: waits until it succeeds; fails if it does not.
wait_for() {
	local tries
	for ((tries = $1 * 10; tries > 0; tries--)); do
		! "${@:2}" || return 0
		sleep 0.1
	done
	return 1
}

group_is_empty() {
	! ps -e -o pgid= | grep -q -E "^ *$1\$"
}

has_ended() {
	! kill -0 "$1" 2>/dev/null
}

# on a signal, the command can clean up; its children are stopped, too
cat >"$DIR/command" <<-'END'
	trap 'echo stopped >"$1/stopped"; exit 0' TERM
	sleep 300 &
	echo "$!" >"$1/child"
	echo "$$" >"$1/pid"
	while :; do sleep 0.1; done
END

set -m
(as_root_leashed bash "$DIR/command" "$DIR") &
group=$!
set +m
wait_for 20 test -s "$DIR/pid" || die "the command did not start"
kill -TERM -- "-$group"
wait "$group" 2>/dev/null || true
wait_for 20 test -s "$DIR/stopped" || die "the command was not told to end"
wait_for 20 has_ended "$(cat "$DIR/pid")" || die "the command has not ended"
wait_for 20 has_ended "$(cat "$DIR/child")" || die "its child has not ended"

# a command that ends by itself returns its status, and leaves nothing behind
set -m
(as_root_leashed bash -c 'read -r line || exit 7') &
group=$!
set +m
status=0
wait "$group" || status=$?
[ "$status" = 7 ] || die "the status is $status"
wait_for 20 group_is_empty "$group" || die "something of the leash is left"
echo "1 test passed"
