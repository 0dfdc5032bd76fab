# shellcheck shell=bash
# script/demo group: three stand-ins for Amazon Redshift over one lake, and a
# group of them.  Sourced by script/demo, whose functions it calls.

# The members in the order of their names: weight, number of concurrent statements
# over tables, additional milliseconds of each of them
MEMBERS=(big medium small)
WEIGHTS=(3 2 1)
SLOTS=(8 4 2)
SLOWER=(0 10 30)

SPREAD_STATEMENTS=300
# Seconds of load, statements per second, and the times when one member is killed
# and restarted
LOAD_SECONDS=24
LOAD_RATE=20
KILL_AFTER=4
BACK_AFTER=10

# Prints a WAREHOUSE_* of a member: of_member big PORT.
of_member() {
	(
		# shellcheck source=/dev/null
		. "$DIR/$1/env"
		local name=WAREHOUSE_$2
		printf '%s\n' "${!name}"
	)
}

# Starts all at once, because each first makes a database cluster.
start_members() {
	local i pids=() failed=
	say "starting three warehouses (stand-ins for Redshift) of different size over one lake"
	own_dir "$DIR/lake"
	for i in "${!MEMBERS[@]}"; do
		own_dir "$DIR/${MEMBERS[i]}"
		warehouse start "${MEMBERS[i]}" --lake "$DIR/lake" --slots "${SLOTS[i]}" >"$DIR/${MEMBERS[i]}.log" 2>&1 &
		pids+=("$!")
	done
	for i in "${!MEMBERS[@]}"; do
		wait "${pids[i]}" || { cat "$DIR/${MEMBERS[i]}.log" >&2; failed=1; }
	done
	[ -z "$failed" ] || die "a stand-in did not start"
	for i in "${!MEMBERS[@]}"; do
		[ "${SLOWER[i]}" -eq 0 ] || warehouse fault "${MEMBERS[i]}" FAULT slow "${SLOWER[i]}" >/dev/null
		cat "$DIR/${MEMBERS[i]}/ca.crt"
	done >"$DIR/authorities.crt"
}

# One file for each day of 2025, with 300 sales of four stores: objects of the
# stand-in's S3 are files.
fill_lake() {
	say "a year of sales is written to s3://bucket/sales/, a file a day"
	# shellcheck disable=SC2016 # expanded there
	as_server bash -c '
		for day in {0..364}; do
			folder=$1/saledate=$(date -u -d "2025-01-01 $day days" +%F)
			mkdir -p "$folder"
			for sale in {1..300}; do
				echo "$((1 + sale % 4)),$((10 + sale * (day + 1) % 90)).50"
			done >"$folder/part-0.parquet"
		done' fill "$DIR/lake/s3/bucket/sales"
}

run_group_quick_start() {
	local name variables=()
	for name in "${MEMBERS[@]}"; do
		variables+=(-v "${name}_port=$(of_member "$name" PORT)")
	done
	say "one name for the three, and a rollup over the lake (script/demo-lake.sql)"
	create_extension
	show_sql "$ROOT/script/demo-lake.sql" "${variables[@]}" \
		-v host="$(of_member big HOST)" -v password="$(of_member big PASSWORD)"
}

# load_group FOLDER [pgbench options]: sessions that query the group for a day of
# the lake.
load_group() {
	local folder=$1
	shift
	own_dir "$folder"
	as_server tee "$folder/ask.sql" >/dev/null <<-'SQL'
		\set day random(0, 364)
		SELECT n FROM rsfed.query('analytics', format('SELECT count(*) FROM lake.sales WHERE saledate = %L', date '2025-01-01' + :day)) AS t (n bigint);
	SQL
	(cd "$folder" && as_server "$PG_BIN/pgbench" -n -c 6 -l -f ask.sql "$@" "$PRIMARY" >pgbench.out 2>&1) ||
		{ cat "$folder/pgbench.out" >&2; die "a statement failed"; }
}

# The number of statements of each member, in the order of MEMBERS, or another
# column of rsfed.groups.
members() {
	local column=${1:-served}
	run_psql -At "$PRIMARY" -c "SELECT string_agg($column::text, ' ' ORDER BY server) FROM rsfed.groups"
}

# The number of logins to a stand-in: rsfed.query makes one for each statement.
log_ins() {
	warehouse fault "$1" STATUS | sed -n 's/^ *connections_made *| *//p'
}

spread_load() {
	local i before after seen=()
	say "six sessions send $SPREAD_STATEMENTS statements to the group: each member gets as many as its weight says"
	for i in "${!MEMBERS[@]}"; do
		seen+=("$(log_ins "${MEMBERS[i]}")")
	done
	read -r -a before <<<"$(members)"
	load_group "$DIR/spread" -t $((SPREAD_STATEMENTS / 6))
	read -r -a after <<<"$(members)"
	printf '%-8s %7s %8s %9s %14s\n' member weight 'its due' 'was given' 'log-ins there'
	for i in "${!MEMBERS[@]}"; do
		printf '%-8s %7s %8s %9s %14s\n' "${MEMBERS[i]}" "${WEIGHTS[i]}" $((SPREAD_STATEMENTS * WEIGHTS[i] / 6)) \
			$((after[i] - before[i])) $(($(log_ins "${MEMBERS[i]}") - seen[i]))
	done
}

now() {
	printf '%s\n' "$EPOCHREALTIME"
}

start_big() {
	local port
	port=$(cat "$DIR/big.port")
	warehouse start big >>"$DIR/big.log" 2>&1
	now >"$DIR/big.started"
	# another process may have taken its port meanwhile
	[ "$port" = "$(of_member big PORT)" ] ||
		run_psql -q "$PRIMARY" -c "ALTER SERVER big OPTIONS (SET port '$(of_member big PORT)')"
}

# Every two seconds a line with the number of new statements of each member.
watch_members() {
	local second last next starting=
	read -r -a last <<<"$(members)"
	printf '%-10s %8s %8s %8s   %s\n' seconds "${MEMBERS[@]}" 'state of big'
	for ((second = 2; second <= LOAD_SECONDS; second += 2)); do
		sleep_until "$1" "$second"
		read -r -a next <<<"$(members)"
		printf '%4s - %-3s %8s %8s %8s   %s\n' $((second - 2)) "$second" $((next[0] - last[0])) $((next[1] - last[1])) \
			$((next[2] - last[2])) "$(members state | cut -d' ' -f1)"
		last=("${next[@]}")
		if [ "$second" -eq "$KILL_AFTER" ]; then
			of_member big PORT >"$DIR/big.port"
			now >"$DIR/big.killed"
			warehouse stop big >/dev/null
			echo '           big is killed'
		elif [ "$second" -eq "$BACK_AFTER" ]; then
			echo '           big is started again'
			start_big &
			starting=$!
		fi
	done
	wait "$starting"
}

# sleep_until START SECONDS: until that number of seconds after the time START of
# now().
sleep_until() {
	local left
	left=$(awk -v start="$1" -v after="$2" -v now="$(now)" 'BEGIN { print start + after - now }')
	[[ $left == -* ]] || sleep "$left"
}

# The effect on the clients.  The third field of a line in pgbench's log is the time
# of a statement in microseconds, and the last two are the time of its end.
show_outage_times() {
	local killed started
	killed=$(cat "$DIR/big.killed") started=$(cat "$DIR/big.started")
	cat "$DIR"/outage/pgbench_log.* | awk -v killed="$killed" '
		{ ended = $5 + $6 / 1e6; ms = $3 / 1000; n++ }
		ended < killed { sum += ms; before++ }
		ended >= killed && ended - ms / 1000 <= killed + 2 && ms > longest { longest = ms }
		END {
			printf "%d statements were sent, and none of them failed.\n", n
			printf "Before the kill one took %.0f ms on average; of those in the 2 s after it the longest took %.0f ms.\n",
				sum / before, longest
		}'
	run_psql -At "$PRIMARY" -c "SELECT format('Member big is %s, %s s after it began to answer again.', state,
		round(extract(epoch FROM since)::numeric - $started, 1)) FROM rsfed.groups WHERE server = 'big'"
}

kill_and_return() {
	local load start
	say "big is killed under $LOAD_RATE statements a second, and started again; what each member is given in 2 seconds:"
	start=$(now)
	load_group "$DIR/outage" -R "$LOAD_RATE" -T "$LOAD_SECONDS" &
	load=$!
	watch_members "$start"
	wait "$load" || die "a statement failed"
	show_outage_times
}

show_difference() {
	say "a member that is unlike the others (script/demo-members.sql)"
	show_sql "$ROOT/script/demo-members.sql"
}

say_goodbye_group() {
	local name
	printf '\nThe servers are running:\n    primary     psql %s\n' "$PRIMARY"
	for name in "${MEMBERS[@]}"; do
		printf '    %-11s psql postgresql://%s:%s@%s:%s/%s\n' "$name" "$(of_member "$name" USER)" \
			"$(of_member "$name" PASSWORD)" "$(of_member "$name" HOST)" "$(of_member "$name" PORT)" "$(of_member "$name" DBNAME)"
	done
	printf 'Stop them:      %s/script/demo stop\n' "$ROOT"
}

start_group() {
	prepare
	start_members
	fill_lake
	start_primary "$DIR/authorities.crt"
	run_group_quick_start
	spread_load
	kill_and_return
	show_difference
	say_goodbye_group
}
