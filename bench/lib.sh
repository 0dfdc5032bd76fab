# shellcheck shell=bash
# Functions shared by the benchmarks, in addition to those of script/lib.sh, which
# must be sourced before.  WORK is their folder.
#
# Everything runs in a private copy of PostgreSQL below build/bench, so that neither
# an installation nor a concurrent test is affected.

BENCH_PACKAGES=(make gcc libc6-dev postgresql-15 postgresql-server-dev-15 libpq-dev openssl python3)
SYSTEM_BIN=/usr/lib/postgresql/15/bin
SOCKETS=

# The query of the rollups in the benchmarks, and of the recipe without rsfed
QUERY='SELECT a, b, amount, n, at FROM shown'
COLUMNS='a integer, b integer, amount numeric, n bigint, at timestamp'

DBLINK=
RECIPE='REFRESH MATERIALIZED VIEW recipe'
CONCURRENTLY='REFRESH MATERIALIZED VIEW CONCURRENTLY recipe'

# begin_bench STOP [PACKAGE ...]: the folder, rsfed in its private copy, a running
# stand-in; STOP is always run at the end.
begin_bench() {
	need_packages "${BENCH_PACKAGES[@]}" "${@:2}"
	WORK=$(work_dir bench)
	own_dir "$WORK"
	exec 9>"$WORK/lock"
	flock -n 9 || die "another benchmark runs in $WORK"
	rm -f "$WORK/results.tsv"
	install_privately
	# shellcheck disable=SC2064
	trap "$1" EXIT
	start_warehouse
}

# Makes a copy of PostgreSQL with rsfed installed.
install_privately() {
	local copy=$WORK/pg sources=$WORK/sources log=$WORK/build.log
	PG_BIN=$copy$SYSTEM_BIN
	[ -x "$PG_BIN/postgres" ] || copy_installation "$copy"
	copy_sources "$sources"
	say "building rsfed"
	if ! make -C "$sources" -j "$(nproc)" PG_CONFIG="$SYSTEM_BIN/pg_config" >"$log" 2>&1 ||
		! make -C "$sources" PG_CONFIG="$SYSTEM_BIN/pg_config" DESTDIR="$copy" install >>"$log" 2>&1; then
		grep -E -A4 "error:|\*\*\*" "$log" | tail -n 40 >&2
		die "the build failed, all of it is in $log"
	fi
	[ "$(id -u)" -ne 0 ] || chown -R "$SERVER_USER" "$sources"
}

start_warehouse() {
	local warehouse=$WORK/sources/test/warehouse/warehouse
	rm -rf "$WORK/warehouse"
	own_dir "$WORK/warehouse"
	say "starting the stand-in for Redshift"
	"$warehouse" start "$WORK/warehouse" >"$WORK/warehouse.log" 2>&1 ||
		{ tail -n 20 "$WORK/warehouse.log" >&2; die "the stand-in did not start"; }
	# shellcheck source=/dev/null
	. "$WORK/warehouse/env"
}

make_changes() {
	warehouse_psql "$WORK/warehouse" -c "
		CREATE TABLE changes (every bigint, hundredth bigint, slot int);
		INSERT INTO changes VALUES (0, 0, -1)"
}

# load_facts N [SUFFIX]: N rows, and a view on them whose result changes without any
# write, so that the warehouse is as fast in the last turn as in the first.
load_facts() {
	local facts=facts${2:-} shown=shown${2:-}
	say "loading $1 rows"
	warehouse_psql "$WORK/warehouse" -c "
		DROP VIEW IF EXISTS $shown;
		DROP TABLE IF EXISTS $facts;
		CREATE TABLE $facts (a int, b int, amount numeric(12,2), n bigint, at timestamp);
		INSERT INTO $facts SELECT (i / 1000)::int, (i % 1000)::int, ((i * 7919::bigint) % 1000000)::numeric / 100,
			i * 13::bigint, timestamp '2024-01-01' + i * interval '37 seconds'
			FROM generate_series(0, $1 - 1) i;
		CREATE INDEX ON $facts (a, b);
		CREATE VIEW $shown AS SELECT a, b, amount, n + (SELECT every FROM changes)
			+ CASE WHEN b % 100 = 0 THEN (SELECT hundredth FROM changes) ELSE 0 END
			+ CASE WHEN b % 20 = (SELECT slot FROM changes) THEN 1 ELSE 0 END AS n, at FROM $facts;" 2>/dev/null
	warehouse_psql "$WORK/warehouse" -c "VACUUM ANALYZE $facts" 2>/dev/null || true
}

change() { # SET clause
	warehouse_psql "$WORK/warehouse" -c "UPDATE changes SET $1"
}

# The source of the recipe: sets DBLINK, after the stand-in has started.
dblink_source() {
	DBLINK="dblink('host=localhost port=$WAREHOUSE_DIRECT_PORT dbname=$WAREHOUSE_DBNAME user=$WAREHOUSE_USER password=$WAREHOUSE_PASSWORD sslmode=disable', '$QUERY') AS t ($COLUMNS)"
}

# Stops the servers of a benchmark, and the stand-in.
stop_servers() {
	local dir
	set +e
	for dir in "$WORK/reader" "$WORK/subscriber" "$WORK/replica" "$WORK/primary"; do
		[ ! -d "$dir" ] || stop_server "$dir"
	done
	"$WORK/sources/test/warehouse/warehouse" stop "$WORK/warehouse" >/dev/null 2>&1
	[ -z "$SOCKETS" ] || rm -rf "$SOCKETS"
}

# make_primary [FIRST_PORT]: starts a server with rsfed preloaded, further settings
# on standard input, and a source "warehouse" without the stand-in's proxy.
make_primary() {
	SOCKETS=$(as_server mktemp -d /tmp/rsfed.XXXXXX)
	PRIMARY_PORT=$(free_port "${1:-5700}")
	rm -rf "$WORK/primary" "$WORK/replica"
	make_server "$WORK/primary" -A trust
	{
		cat <<-CONF
			listen_addresses = ''
			port = $PRIMARY_PORT
			unix_socket_directories = '$SOCKETS'
			shared_preload_libraries = 'rsfed'
			rsfed.ssl_root_cert = '$WAREHOUSE_CA'
		CONF
		cat
	} | as_server tee -a "$WORK/primary/postgresql.conf" >/dev/null
	start_server "$WORK/primary"
	sql primary "SET client_min_messages = error; CREATE EXTENSION rsfed CASCADE"
	sql primary "SELECT rsfed.register_server('warehouse', 'localhost', '$WAREHOUSE_DBNAME', '$WAREHOUSE_USER',
		'$WAREHOUSE_PASSWORD', $WAREHOUSE_DIRECT_PORT, sslmode => 'disable')" >/dev/null
}

# stream_to FOLDER PORT FROM: a streaming replica of the server at port FROM.
stream_to() {
	say "starting a replica"
	as_server "$PG_BIN/pg_basebackup" -h "$SOCKETS" -p "$3" -U postgres -D "$1" -R -c fast -X stream
	printf "port = %s\nmax_connections = 200\nprimary_conninfo = 'host=%s port=%s user=postgres'\n" \
		"$2" "$SOCKETS" "$3" | as_server tee -a "$1/postgresql.auto.conf" >/dev/null
	start_server "$1"
}

start_replica() {
	[ ! -d "$WORK/replica" ] || return 0
	REPLICA_PORT=$(free_port $((PRIMARY_PORT + 1)))
	stream_to "$WORK/replica" "$REPLICA_PORT" "$PRIMARY_PORT"
}

wait_for_replica() {
	local lsn
	lsn=$(sql primary 'SELECT pg_current_wal_insert_lsn()')
	until [ "$(sql replica "SELECT pg_last_wal_replay_lsn() >= '$lsn'")" = t ]; do sleep 0.2; done
}

# --- single actions, and their times -----------------------------------------

sql() { # primary|replica|subscriber|reader, statement
	local port=${1^^}_PORT
	as_server "$PG_BIN/psql" -X -q -A -t -v ON_ERROR_STOP=1 -h "$SOCKETS" -p "${!port}" -U postgres -d postgres -c "$2"
}

# standin WORDS: a command to the stand-in's proxy.
standin() {
	PGPASSWORD=$WAREHOUSE_PASSWORD "$PG_BIN/psql" -X -q -A -t -h 127.0.0.1 -p "$WAREHOUSE_CONTROL_PORT" \
		-U "$WAREHOUSE_USER" -d "$WAREHOUSE_DBNAME" -c "STANDIN $1"
}

# Anonymous memory of a process in kB, that is, without shared buffers.
anonymous_kb() { awk '/^Anonymous:/ { print $2 }' "/proc/$1/smaps_rollup" 2>/dev/null || echo 0; }

# The increase of the private memory of a session on the primary during a
# statement, in MB.
peak_memory() { # statement [first statement]
	local pid idle now peak=0 input=$WORK/memory.fifo
	rm -f "$input"
	as_server mkfifo "$input"
	chmod a+rw "$input"
	as_server "$PG_BIN/psql" -X -q -A -t -h "$SOCKETS" -p "$PRIMARY_PORT" -U postgres -d postgres \
		<"$input" >"$WORK/memory.out" 2>&1 &
	exec 8>"$input"
	printf '%s;\nSELECT '\''pid'\'', pg_backend_pid();\n' "${2:-SELECT count(*) FROM rsfed.rollups}" >&8
	until grep -q '^pid' "$WORK/memory.out"; do sleep 0.1; done
	pid=$(sed -n 's/^pid|//p' "$WORK/memory.out")
	sleep 0.5
	idle=$(anonymous_kb "$pid")
	printf '%s;\n\\echo done\n' "$1" >&8
	until grep -q '^done' "$WORK/memory.out"; do
		now=$(anonymous_kb "$pid")
		[ "$now" -le "$peak" ] || peak=$now
		sleep 0.02
	done
	exec 8>&-
	wait
	awk -v peak="$peak" -v idle="$idle" 'BEGIN { printf "%.1f\n", (peak - idle) / 1024 }'
}

note() { # measure contender value
	printf '%s\t%s\t%s\n' "$1" "$2" "$3" >>"$WORK/results.tsv"
}

median() { # measure contender
	awk -F '\t' -v m="$1" -v c="$2" '$1 == m && $2 == c { print $3 }' "$WORK/results.tsv" | sort -n |
		awk '{ v[NR] = $1 } END { if (NR) print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2; else print "-" }'
}

percentile() { # sorted file, fraction
	awk -v fraction="$2" '{ v[NR] = $1 } END { i = int(NR * fraction) + 1; if (i > NR) i = NR; if (NR) printf "%.2f\n", v[i]; else print "-" }' "$1"
}

ratio() { awk -v a="$1" -v b="$2" 'BEGIN { if (a + 0 == 0 || b + 0 == 0) print "-"; else printf "%.2f\n", a / b }'; }

# A description of the machine and the software, for the head of a table.
describe_machine() {
	echo "$(nproc) cores ($(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)), $(awk '/MemTotal/ { printf "%.0f GB", $2 / 1048576 }' /proc/meminfo), load $(cut -d' ' -f1 /proc/loadavg);" \
		"$("$PG_BIN/postgres" --version | sed 's/ (.*) / /; s/ (.*//'), libpq $(dpkg-query -W -f '${Version}' libpq5), rsfed $(extension_version)," \
		"warehouse: the stand-in on the same machine. Medians."
}
