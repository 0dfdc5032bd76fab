#!/bin/bash
#
# packages.sh POSTGRESQL: tests a package, from its build to its purge, and PGXN's
# archive.  Called by script/test as root in a Debian that has the PostgreSQL and
# the tools to build packages, but not rsfed.  /packages/now contains the sources
# with the archive of make dist, /packages/next those of the next version.  Prints
# "ok" and "not ok" lines, and at the end that it is complete.

set -euo pipefail

VERSION=${1:?which PostgreSQL}
PACKAGE=postgresql-$VERSION-rsfed
BIN=/usr/lib/postgresql/$VERSION/bin
NOW=/packages/now
NEXT=/packages/next
REPOSITORY=/packages/repository
SOURCES=/etc/apt/sources.list.d/rsfed.list
DATA=/packages/server/data
LOG=/packages/check.log
export DEBIAN_FRONTEND=noninteractive PGHOST=/packages/server PGPORT=54329 PGUSER=postgres PGDATABASE=postgres
TESTS=0

# check WHAT COMMAND...: a test, passed if the command succeeds.
check() {
	local what=$1
	shift
	TESTS=$((TESTS + 1))
	if "$@" >"$LOG" 2>&1; then
		echo "ok $TESTS - $what"
	else
		echo "not ok $TESTS - $what"
		tail -n 60 "$LOG" | sed 's/^/# /'
	fi
}

is() { # got, expected
	[ "$1" = "$2" ] || { printf 'got:      %s\nexpected: %s\n' "$1" "$2"; return 1; }
}

fails_with() { # pattern, command...
	local pattern=$1 output
	shift
	if output=$("$@" 2>&1); then
		printf 'no error: %s\n' "$output"
		return 1
	fi
	grep -q -E -- "$pattern" <<<"$output" || { printf '%s\n' "$output"; return 1; }
}

version_of() {
	sed -n "s/^default_version = '\(.*\)'/\1/p" "$1/rsfed.control"
}

as_postgres() {
	runuser -u postgres -- "$@"
}

sql() {
	as_postgres "$BIN/psql" -XAtq -v ON_ERROR_STOP=1 -c 'SET client_min_messages = warning' -c "$1"
}

# sql_gives STATEMENT VALUE: waits for that value, for at most a minute.
sql_gives() {
	local tries value
	for ((tries = 0; tries < 300; tries++)); do
		value=$(sql "$1")
		[ "$value" != "$2" ] || return 0
		sleep 0.2
	done
	is "$value" "$2"
}

# The server, which runs before the package is installed and afterwards.
start() {
	as_postgres "$BIN/pg_ctl" -D "$DATA" -l "$DATA.log" -s -w start || { tail -n 20 "$DATA.log"; return 1; }
}

stop() {
	[ ! -f "$DATA/postmaster.pid" ] || as_postgres "$BIN/pg_ctl" -D "$DATA" -s -w -m fast stop
}

restart() {
	stop
	start
}

make_cluster() {
	install -d -o postgres -g postgres "${DATA%/*}"
	as_postgres "$BIN/initdb" -D "$DATA" -A trust -E UTF8 --locale=C.UTF-8 --no-sync
	as_postgres tee -a "$DATA/postgresql.conf" <<-CONF
		listen_addresses = ''
		unix_socket_directories = '${DATA%/*}'
		port = $PGPORT
		fsync = off
	CONF
	start
}

# documented LINE...: doc/install.md contains the command that the test runs.
documented() {
	local line
	for line in "$@"; do
		grep -q -F -- "$line" "$NOW/doc/install.md" || { printf 'doc/install.md has no "%s"\n' "$line"; return 1; }
	done
}

# Runs a command with a compiler cache, which saves most of the second build, and of
# the next run of this script.
cached() {
	install -d -o postgres -g postgres /var/cache/ccache
	env PATH="/usr/lib/ccache:$PATH" CCACHE_DIR=/var/cache/ccache CCACHE_NOHASHDIR=1 CCACHE_UMASK=000 \
		CCACHE_SLOPPINESS=include_file_mtime,include_file_ctime "$@"
}

# build SOURCES: as a user who is not root, as usual for packages.
build() {
	chown -R postgres "$1"
	install -d -o postgres -g postgres "$1-built"
	(cd "$1" && cached runuser -u postgres -- env HOME="$1-built" RSFED_BUILD_DIR="$1-built" \
		DEB_BUILD_OPTIONS="parallel=$(nproc)" make deb)
}

# The names of the built files, without folder.
built() {
	find "$1-built/deb" -maxdepth 1 \( -name '*.deb' -o -name '*.dsc' \) -printf '%f\n' | sort | paste -s -d ' '
}

expected_names() {
	local version
	version=$(version_of "$1")
	printf '%s %s %s\n' "${PACKAGE}-dbgsym_$version-1_$(dpkg --print-architecture).deb" \
		"${PACKAGE}_$version-1_$(dpkg --print-architecture).deb" "rsfed_$version-1.dsc"
}

# Files of the package outside the folders for an extension.
strange_files() {
	dpkg-deb --fsys-tarfile "$NOW-built/deb/${PACKAGE}_"*.deb | tar -t | grep -v '/$' |
		grep -v -E "^\./usr/(lib/postgresql/$VERSION/lib/rsfed\.so|share/(postgresql/$VERSION/extension/rsfed(\.control|--[0-9.]+(--[0-9.]+)?\.sql)|doc/$PACKAGE/.*))\$" ||
		true
}

# Files of rsfed that are left in PostgreSQL's folders and in dpkg's list.
left() {
	find /usr/lib/postgresql /usr/share/postgresql /usr/share/doc -name '*rsfed*'
	dpkg-query -W -f '${Package} ${db:Status-Abbrev}\n' '*rsfed*' 2>/dev/null | grep -v ' un ' || true
}

# publish SOURCES: into a repository of this machine that apt uses.
publish() {
	mkdir -p "$REPOSITORY"
	cp "$1-built/deb/"*.deb "$REPOSITORY/"
	(cd "$REPOSITORY" && dpkg-scanpackages -m . >Packages)
	echo "deb [trusted=yes] file:$REPOSITORY ./" >"$SOURCES"
	apt-get -q update -o Dir::Etc::sourcelist="$SOURCES" -o Dir::Etc::sourceparts=- -o APT::Get::List-Cleanup=0
}

unpublish() {
	rm -f "$SOURCES" /var/lib/apt/lists/_packages_repository_*
}

apt() {
	apt-get -q -y --no-install-recommends -o Dpkg::Use-Pty=0 "$@"
}

runs() {
	sql "SELECT count(*) FROM rsfed.runs WHERE trigger = 'schedule' AND status IN ('published', 'unchanged')"
}

# The schedule completes two more runs.
schedule_goes_on() {
	local before
	before=$(runs)
	sql_gives "SELECT count(*) >= $before + 2 FROM rsfed.runs WHERE trigger = 'schedule' AND status IN ('published', 'unchanged')" t
}

# The tests that need no warehouse, on the installed package.  debian/tests runs the
# same on a separate server, which it cannot stop without /proc.
installcheck() {
	rm -rf "$NOW-test"
	cp -a "$NOW" "$NOW-test"
	(cd "$NOW-test" && as_postgres make installcheck PG_CONFIG="$BIN/pg_config") || { cat "$NOW-test/regression.diffs"; return 1; }
}

clean_up() {
	stop || true
	unpublish
	dpkg --purge "$PACKAGE" "$PACKAGE-dbgsym" >/dev/null 2>&1 || true
	rm -rf "${DATA%/*}"
}

test_build() {
	check 'the packages are built' build "$NOW"
	[ -d "$NOW-built/deb" ] || return 1
	check 'their names say what they are' is "$(built "$NOW")" "$(expected_names "$NOW")"
	# there is no request for this package in Debian
	check 'lintian finds nothing' lintian --fail-on error,warning --allow-root \
		--suppress-tags initial-upload-closes-no-bugs "$NOW-built/deb/"*.changes
	check 'all files are where files of an extension are' is "$(strange_files)" ''
	if [ "$(cut -d. -f1 /etc/debian_version)" = 13 ]; then
		# shellcheck disable=SC2016
		check 'debian/control is as pg_buildext makes it here' sh -c "cd $NOW && PG_UPDATECONTROL=no pg_buildext checkcontrol"
	fi
	check 'the packages of the next version are built' build "$NEXT"
	check 'with that version' is "$(built "$NEXT")" "$(expected_names "$NEXT")"
}

test_install() {
	check 'before: the server knows no such extension' \
		fails_with 'could not open extension control file|is not available' sql 'CREATE EXTENSION rsfed CASCADE'
	publish "$NOW" >/dev/null
	check 'installed by apt beside the running server' apt install "$PACKAGE"
	check 'which at once has the extension' sql 'CREATE EXTENSION rsfed CASCADE'
	check 'of this version' is "$(sql "SELECT extversion FROM pg_extension WHERE extname = 'rsfed'")" "$(version_of "$NOW")"
	check 'the tests that need no warehouse pass' installcheck
	echo "shared_preload_libraries = 'rsfed'" >>"$DATA/postgresql.conf"
	check 'preloaded: the server starts' restart
	check 'and the tests pass' installcheck
	sql 'CREATE MATERIALIZED VIEW latest AS SELECT now() AS moment'
	check 'a schedule is made' sql "SELECT rsfed.schedule_refresh('latest', '1 second')"
	check 'and runs' schedule_goes_on
}

test_update() {
	local extension="SELECT extversion FROM pg_extension WHERE extname = 'rsfed'"
	local library='SELECT library_version FROM rsfed.scheduler'
	publish "$NEXT" >/dev/null
	check 'updated by apt beside the running server' apt install --only-upgrade "$PACKAGE"
	check 'its schedules go on, with the library that it has loaded' schedule_goes_on
	check 'which is the old one' is "$(sql "$library")" "$(version_of "$NOW")"
	check 'it starts with the new library' restart
	check 'which it has loaded' is "$(sql "$library")" "$(version_of "$NEXT")"
	check 'its schedules go on with the SQL objects of the old version' schedule_goes_on
	check 'which are still there' is "$(sql "$extension")" "$(version_of "$NOW")"
	check 'ALTER EXTENSION UPDATE' sql 'ALTER EXTENSION rsfed UPDATE'
	check 'they are of the new version now' is "$(sql "$extension")" "$(version_of "$NEXT")"
	check 'schedules go on' schedule_goes_on
	check 'and nothing failed' sql_gives "SELECT count(*) FROM rsfed.runs WHERE status = 'failed'" 0
}

test_remove() {
	check 'DROP EXTENSION' sql 'DROP EXTENSION rsfed CASCADE'
	sed -i "/^shared_preload_libraries = 'rsfed'/d" "$DATA/postgresql.conf"
	check 'no longer preloaded: the server starts' restart
	check 'removed by apt beside the running server' apt remove "$PACKAGE"
	check 'which starts without it' restart
	check 'and has the view' is "$(sql 'SELECT count(*) FROM latest')" 1
	check 'and no such extension' fails_with 'could not open extension control file|is not available' sql 'CREATE EXTENSION rsfed CASCADE'
	check 'purged' apt purge "$PACKAGE"
	check 'nothing is left' is "$(left)" ''
}

test_archive() {
	local version archive
	version=$(version_of "$NOW")
	archive=./rsfed-$version.zip
	cd "$NOW"
	check "installed from PGXN's archive" cached env MAKEFLAGS="-j$(nproc) with_llvm=no COPT=-O0" pgxnclient install --nosudo --pg_config "$BIN/pg_config" "$archive"
	check 'the server has the extension' sql 'CREATE EXTENSION rsfed CASCADE'
	check 'of that version' is "$(sql "SELECT extversion FROM pg_extension WHERE extname = 'rsfed'")" "$version"
	check 'DROP EXTENSION' sql 'DROP EXTENSION rsfed CASCADE'
	check "uninstalled" pgxnclient uninstall --nosudo --yes --pg_config "$BIN/pg_config" "$archive"
	check 'nothing is left' is "$(left)" ''
	cd /
}

test_document() {
	check 'doc/install.md has the commands that were run' documented \
		'make deb' 'apt-get install postgresql-17-rsfed' 'apt-get install --only-upgrade postgresql-17-rsfed' \
		'apt-get purge postgresql-17-rsfed' "pgxnclient install ./rsfed-VERSION.zip" 'make dist' \
		'CREATE EXTENSION rsfed CASCADE' 'ALTER EXTENSION rsfed UPDATE' 'DROP EXTENSION rsfed CASCADE'
}

main() {
	clean_up
	trap clean_up EXIT
	trap 'exit 1' INT TERM HUP
	check 'nothing of rsfed is there' is "$(left)" ''
	test_build
	make_cluster >/dev/null
	test_install
	test_update
	test_remove
	test_archive
	test_document
	check 'the server had no crash' fails_with '^$' grep -E 'PANIC|terminated by signal' "$DATA.log"
	echo 'end of the tests'
}

main "$@"
