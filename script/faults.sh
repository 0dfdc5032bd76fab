# shellcheck shell=bash
# The rounds of faults, for script/suites (a server of this machine) and for
# script/test (one inside a Debian folder).  Sourced after lib.sh.

# Two small file systems on folders for servers of the user id $1 to fill, where
# that is allowed.
mount_disks() {
	local user=$1 disk
	shift
	for disk in "$@"; do
		as_root mount -t tmpfs -o "size=320m,mode=0700,uid=$user" tmpfs "$disk" || return 1
	done 2>/dev/null
}

# unmount_disks FOLDER: of the rounds.
unmount_disks() {
	local disk
	for disk in "$1"/disks/*; do
		! mountpoint -q "$disk" || as_root umount "$disk"
	done
}

# fault_rounds VERSION BINDIR FOLDER COUNTS ROUNDS SEED [DEBIAN]: everything in
# FOLDER, the result added to the file COUNTS, the log beside it.  DEBIAN: the
# folder whose programs the servers run, by chroot, which needs root on this side.
fault_rounds() {
	local version=$1 bindir=$2 folder=$3 counts=$4 rounds=$5 seed=$6 debian=${7:-}
	local log=${counts%/*}/faults-$1.log user by=as_server run_by=as_server options=() result
	user=$(id -u "$SERVER_USER")
	if [ -n "$debian" ]; then
		by=as_root run_by=as_root_leashed
		user=$(awk -F: '$1 == "postgres" { print $3 }' "$debian/etc/passwd")
		options+=(--root "$debian")
	fi
	"$by" mkdir -p "$folder"/disks/{a,b}
	! mount_disks "$user" "$folder"/disks/{a,b} || options+=(--disks "$folder/disks")
	[ -z "$seed" ] || options+=(--seed "$seed")
	"$run_by" /usr/bin/python3 -B "$ROOT/test/faults/run.py" --bindir "$bindir" \
		--folder "$folder/servers" --rounds "$rounds" "${options[@]}" >"$log" 2>&1 || true
	unmount_disks "$folder"
	grep -E '^not ok|^#|SKIP' "$log" || true
	sed -n '/^fault  /,$p' "$log"
	result=$(sed -n -E 's/^([0-9]+) passed, ([0-9]+) failed$/\1 \2/p' "$log")
	[ -n "$result" ] || tail -n 20 "$log"
	# shellcheck disable=SC2086 # two numbers
	add_count "$counts" "$version" faults ${result:-0 1}
}
