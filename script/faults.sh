# shellcheck shell=bash
# The rounds of faults, for script/suites (a server of this machine) and for
# script/test (one inside a Debian folder).  Sourced after lib.sh.

# Two small file systems on folders that servers of the user id $1 can fill, if
# mounting is allowed.
mount_disks() {
	local user=$1 disk
	shift
	for disk in "$@"; do
		as_root mount -t tmpfs -o "size=320m,mode=0700,uid=$user" tmpfs "$disk" || return 1
	done 2>/dev/null
}

# unmount_disks FOLDER: the folder of the rounds.
unmount_disks() {
	local disk
	for disk in "$1"/disks/*; do
		! mountpoint -q "$disk" || as_root umount "$disk"
	done
}

# fault_rounds VERSION BINDIR FOLDER COUNTS ROUNDS GROUP_ROUNDS SUBSCRIBER_ROUNDS
# SEED [DEBIAN]: rounds with one warehouse, of groups, and of a subscriber;
# everything is in FOLDER, the results are added to the file COUNTS, the logs are
# beside it.  DEBIAN: the folder with the programs of the servers, which run by
# chroot; this needs root.
fault_rounds() {
	local version=$1 bindir=$2 folder=$3 counts=$4 rounds=$5 group_rounds=$6 subscriber_rounds=$7 seed=$8 debian=${9:-}
	local user by=as_server run_by=as_server options=()
	user=$(id -u "$SERVER_USER")
	if [ -n "$debian" ]; then
		by=as_root run_by=as_root_leashed
		user=$(awk -F: '$1 == "postgres" { print $3 }' "$debian/etc/passwd")
		options+=(--root "$debian")
	fi
	options+=(--bindir "$bindir")
	[ -z "$seed" ] || options+=(--seed "$seed")
	if [ "$rounds" -gt 0 ]; then
		"$by" mkdir -p "$folder"/disks/{a,b}
		if mount_disks "$user" "$folder"/disks/{a,b}; then
			some_rounds faults run.py --rounds "$rounds" --disks "$folder/disks" --folder "$folder/servers"
		else
			some_rounds faults run.py --rounds "$rounds" --folder "$folder/servers"
		fi
		unmount_disks "$folder"
	fi
	if [ "$group_rounds" -gt 0 ]; then
		"$by" mkdir -p "$folder"
		some_rounds group-faults groups.py --rounds "$group_rounds" --folder "$folder/group"
	fi
	if [ "$subscriber_rounds" -gt 0 ]; then
		"$by" mkdir -p "$folder"
		some_rounds subscriber-faults subscriber.py --rounds "$subscriber_rounds" --folder "$folder/subscriber"
	fi
}

# some_rounds NAME PROGRAM ARGUMENTS, within fault_rounds.
some_rounds() {
	local name=$1 program=$2 log=${counts%/*}/$1-$version.log result
	shift 2
	"$run_by" /usr/bin/python3 -B "$ROOT/test/faults/$program" "${options[@]}" "$@" >"$log" 2>&1 || true
	grep -E '^not ok|^#|SKIP' "$log" || true
	sed -n '/^fault  \|^what was done/,$p' "$log"
	result=$(sed -n -E 's/^([0-9]+) passed, ([0-9]+) failed$/\1 \2/p' "$log")
	[ -n "$result" ] || tail -n 20 "$log"
	# shellcheck disable=SC2086 # two numbers
	add_count "$counts" "$version" "$name" ${result:-0 1}
}
