# shellcheck shell=bash
# Functions shared by script/demo and script/test.  Sourced, never run.
#
# PostgreSQL refuses to run as root, so servers run as the user postgres when the
# caller is root and as the caller otherwise.  Actions that need root (packages,
# make install, the Debian 13 folder) use sudo when the caller is not root.

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
SERVER_USER=$(id -un)
[ "$(id -u)" -ne 0 ] || SERVER_USER=postgres

say() { printf '== %s\n' "$*"; }

die() {
	printf '%s: %s\n' "$(basename "$0")" "$*" >&2
	exit 1
}

# Runs a command as root.
as_root() {
	if [ "$(id -u)" -eq 0 ]; then
		"$@"
	else
		command -v sudo >/dev/null || die "\"$1\" needs root: run this as root, or install sudo"
		sudo "$@"
	fi
}

# Runs a command as root that ends with this script at the latest.  A user cannot
# send a signal to the processes that sudo runs, and sudo passes a signal on to one
# process at most; therefore a leash controls the command: its standard input ends
# with a process of this script in this process group, and then the command and all
# its children are terminated.  The command itself reads nothing.
as_root_leashed() {
	local status=0
	if [ "$(id -u)" -eq 0 ]; then
		"$@" </dev/null
		return
	fi
	# shellcheck disable=SC2016 # expanded there
	as_root bash -c '
		exec 3<&0
		set -m
		"$@" </dev/null 3<&- &
		command=$!
		{ while read -r _; do :; done; kill -TERM -- "-$command"; } <&3 2>/dev/null &
		leash=$!
		set +m
		# a signal that comes from the terminal is passed on, too
		trap "kill -TERM -- -$command 2>/dev/null" INT TERM HUP
		status=0
		wait "$command" || status=$?
		while kill -0 "$command" 2>/dev/null; do
			wait "$command" || status=$?
		done
		kill "$leash" 2>/dev/null
		exit "$status"
	' leash "$@" < <(exec sleep infinity) || status=$?
	kill "$!" 2>/dev/null || true
	return "$status"
}

# Runs a command as the user of the servers.  HOME is neutral: no .psqlrc, .pgpass
# or .proverc may change the results.
as_server() {
	if [ "$(id -u)" -eq 0 ]; then
		runuser -u "$SERVER_USER" -- env HOME=/nonexistent "$@"
	else
		env HOME=/nonexistent "$@"
	fi
}

# Installs the missing ones of the Debian packages.
need_packages() {
	local package missing=()
	command -v apt-get >/dev/null || die "this needs Debian: it installs packages with apt-get"
	for package in "$@"; do
		dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q '^install ok installed$' ||
			missing+=("$package")
	done
	[ ${#missing[@]} -gt 0 ] || return 0
	say "installing ${missing[*]}"
	install_packages "${missing[@]}"
}

install_packages() {
	local log
	log=$(mktemp)
	if ! { as_root apt-get -q update &&
		as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends install "$@"; } \
		>"$log" 2>&1; then
		tail -n 20 "$log" >&2
		rm -f "$log"
		die "apt-get could not install $*"
	fi
	rm -f "$log"
}

# need_programs FOLDER PROGRAM ... -- PACKAGE ...: if one of the programs is
# missing, unpacks the Debian packages that contain them into a folder, whose
# usr/bin and usr/sbin can be added to PATH.  Nothing is installed, so no service is started.
need_programs() {
	local dir=$1 log=$1.log package lacking=
	shift
	while [ "$1" != -- ]; do
		[ -n "$(PATH=$PATH:/usr/sbin:$dir/usr/bin:$dir/usr/sbin type -P "$1")" ] || lacking=$1
		shift
	done
	shift
	[ -n "$lacking" ] || return 0
	say "unpacking $*"
	rm -rf "$dir"
	mkdir -p "$dir"
	# apt's own user may write there
	chmod a+rwx "$dir"
	if ! (as_root apt-get -q update && cd "$dir" && apt-get -q download "$@" &&
		for package in *.deb; do dpkg-deb -x "$package" . || exit; done) >"$log" 2>&1; then
		tail -n 20 "$log" >&2
		die "apt-get could not download $*"
	fi
	chmod 755 "$dir"
}

# The folder for all built files and started servers: build/ of the checkout, unless
# the user of the servers has no access to it (a clone in /root).  A sub-folder NAME
# of it is made for that user.
work_dir() {
	local base=${RSFED_BUILD_DIR:-$ROOT/build}
	mkdir -p "$base"
	chmod a+rx "$base"
	if ! as_server test -x "$base"; then
		base=/var/tmp/rsfed-$(printf '%s' "$ROOT" | cksum | cut -d' ' -f1)
		mkdir -p "$base"
		# another user could have created this name first
		if [ ! -O "$base" ] || [ -L "$base" ]; then
			die "$base belongs to somebody else"
		fi
	fi
	printf '%s/%s\n' "$base" "$1"
}

own_dir() {
	mkdir -p "$1"
	[ "$(id -u)" -ne 0 ] || chown "$SERVER_USER" "$1"
}

# The version of the extension in these sources.
extension_version() {
	sed -n "s/^default_version = '\(.*\)'/\1/p" "$ROOT/rsfed.control"
}

# copy_sources FOLDER [COMMAND]: copies the sources without built files to a folder;
# with COMMAND (as_root) if the caller may not write there.  Building there keeps
# the checkout clean and the versions separate; times are kept, so that make builds
# only changed files, and deleted files are deleted there, too.
copy_sources() {
	local to=$1 by=${2:-env} list=$1/.copied new
	new=$(mktemp)
	"$by" mkdir -p "$to"
	(cd "$ROOT" && find . \( -path ./build -o -path ./.git -o -path ./results -o -path ./output_iso \
		-o -path ./tmp_check -o -path ./log -o -path ./out -o -name __pycache__ \) -prune -o -type f \
		! -name '*.o' ! -name '*.bc' ! -name '*.so' \
		! -path "./sql/rsfed--$(extension_version).sql" ! -path './rsfed-*.zip' ! -path './regression.*' \
		-print | LC_ALL=C sort) >"$new"
	if [ -f "$list" ]; then
		LC_ALL=C comm -23 "$list" "$new" | (cd "$to" && "$by" xargs -r -d '\n' rm -f)
	fi
	tar -C "$ROOT" -cf - -T "$new" | "$by" tar -C "$to" -xf - --no-same-owner
	"$by" cp "$new" "$list"
	"$by" chmod 644 "$list"
	rm -f "$new"
}

# build_and_install FOLDER PG_CONFIG [variables of make]: builds the sources in
# that folder and installs them.
build_and_install() {
	local dir=$1 pg_config=$2 log=$1/build.log
	shift 2
	say "building rsfed for $("$pg_config" --version | sed 's/ (.*//')"
	[ "$(id -u)" -ne 0 ] || chown -R "$SERVER_USER" "$dir"
	if ! as_server make -C "$dir" -j "$(nproc)" PG_CONFIG="$pg_config" "$@" >"$log" 2>&1 ||
		! as_root make -C "$dir" PG_CONFIG="$pg_config" "$@" install >>"$log" 2>&1; then
		grep -E -A4 'error:|Error|\*\*\*' "$log" | tail -n 40 >&2 || true
		die "the build failed, all of it is in $log"
	fi
}

# copy_installation FOLDER: copies the installed PostgreSQL 15.  The programs find
# their libraries and their share folder relative to their own location.
copy_installation() {
	mkdir -p "$1/usr/lib/postgresql" "$1/usr/share/postgresql"
	cp -a /usr/lib/postgresql/15 "$1/usr/lib/postgresql/"
	cp -a /usr/share/postgresql/15 "$1/usr/share/postgresql/"
}

port_is_free() {
	! (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

# Prints the first free port from $1 on.
free_port() {
	local port=$1
	until port_is_free "$port"; do
		port=$((port + 1))
	done
	printf '%s\n' "$port"
}

# make_server FOLDER [initdb options]: creates an empty server without starting it.
make_server() {
	local dir=$1
	shift
	as_server "$PG_BIN/initdb" -D "$dir" -U postgres -E UTF8 --locale=C.UTF-8 --no-sync "$@" \
		>"$dir.initdb.log" 2>&1 || { cat "$dir.initdb.log" >&2; die "initdb failed"; }
}

# start_server FOLDER: its settings are in its postgresql.auto.conf or .conf.
start_server() {
	as_server "$PG_BIN/pg_ctl" -D "$1" -l "$1.log" -w -s start ||
		{ tail -n 20 "$1.log" >&2; die "the server in $1 did not start"; }
}

# stop_server FOLDER: stops only the server of that folder, if it runs.
stop_server() {
	[ ! -f "$1/postmaster.pid" ] || as_server "$PG_BIN/pg_ctl" -D "$1" -s -w -m fast stop
}

# warehouse_psql FOLDER [psql options]: as awsuser in the stand-in of that folder,
# without its proxy and without Redshift's limits, to load data.
warehouse_psql() {
	local dir=$1
	shift
	(
		# shellcheck source=/dev/null
		. "$dir/env"
		PGPASSWORD=$WAREHOUSE_PASSWORD PGOPTIONS='-c standin.loading=on' as_server "$PG_BIN/psql" \
			-X -q -v ON_ERROR_STOP=1 -h 127.0.0.1 -p "$WAREHOUSE_DIRECT_PORT" -U "$WAREHOUSE_USER" \
			-d "$WAREHOUSE_DBNAME" "$@"
	)
}

# add_count FILE VERSION SUITE PASSED FAILED: prints them, and adds them to a file
# of counts.
add_count() {
	local file=$1
	shift
	printf '%s %s %s %s\n' "$@" >>"$file"
	printf '%s: %s passed, %s failed\n' "${@:2}"
}

# count_prove LOG: "passed failed" of the single tests in the output of prove -v.  A
# file that ended early is one more failure; "ok", blanks and a time is the line of
# --timer for a whole file.
count_prove() {
	local passed failed
	passed=$(grep -c -E '^ok [^ ]' "$1" || true)
	failed=$(grep -c -E '^not ok ' "$1" || true)
	if ! grep -q '^Result: PASS' "$1" && [ "$failed" -eq 0 ]; then
		failed=1
	fi
	printf '%s %s\n' "$passed" "$failed"
}

# show_longest LOG: the five files with the longest times, from 10 s on, in the
# output of prove -v --timer.
show_longest() {
	awk '
		/^\[[0-9:]+\] ./ { n = split($2, path, "/"); file = path[n] }
		/^ok  +[0-9]+ ms / && $2 >= 10000 { printf "%d s %s\n", $2 / 1000, file }' "$1" |
		sort -rn | head -n 5 | paste -s -d ',' | sed -n '/./{s/,/, /g; s/^/   longest: /; p}'
}

# Shows the failures in the output of prove -v; nothing if there are none.
show_prove() {
	if ! grep -q '^Result: PASS' "$1"; then
		grep -E '^not ok |^#' "$1" | head -n 200 || true
		sed -n '/^Test Summary Report/,$p' "$1"
	fi
}
