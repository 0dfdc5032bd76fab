# shellcheck shell=bash
# script/demo aurora: a node that runs rsfed and publishes, and a server without it
# that subscribes.  Sourced by script/demo, whose functions it calls.

# Seconds between two checks of the reader while the node is gone
OUTAGE_STEP=4

# An installation of PostgreSQL without any part of rsfed.
install_aurora() {
	local copy=$DIR/installation
	copy_installation "$copy"
	AURORA_BIN=$copy/usr/lib/postgresql/15/bin
	rm -rf "$copy"/usr/lib/postgresql/15/lib/rsfed* "$copy"/usr/lib/postgresql/15/lib/bitcode/rsfed* \
		"$copy"/usr/share/postgresql/15/extension/rsfed*
}

# The server that represents Aurora's writer, with a database and a role of the
# application, and its reader.
start_subscriber() {
	install_aurora
	AURORA_PORT=$(free_port $((PRIMARY_PORT + 1)))
	say "starting \"Aurora\" on port $AURORA_PORT: its installation has no rsfed in it"
	PG_BIN=$AURORA_BIN serve aurora "$AURORA_PORT" <<<''
	AURORA_ADMIN=postgresql://postgres:$PASSWORD@127.0.0.1:$AURORA_PORT/app
	AURORA=postgresql://app:demo@127.0.0.1:$AURORA_PORT/app
	run_psql -q "${AURORA_ADMIN%/app}/postgres" -c "CREATE ROLE app LOGIN PASSWORD 'demo'" -c 'CREATE DATABASE app OWNER app'
	READER_PORT=$(free_port $((AURORA_PORT + 1)))
	say "starting its reader on port $READER_PORT"
	PG_BIN=$AURORA_BIN stream_to reader "$READER_PORT" "${AURORA_ADMIN%/app}/postgres"
	READER=postgresql://app:demo@127.0.0.1:$READER_PORT/app
}

# on_node STATEMENT, on_reader STATEMENT: the output of psql -At there.
on_node() { run_psql -At "$PRIMARY" -c "$1"; }
on_reader() { run_psql -At "$READER" -c "$1"; }

# becomes FUNCTION STATEMENT WHAT: waits until the result is "t".  A server that is
# starting does not answer.
becomes() {
	local tries
	for ((tries = 0; tries < 300; tries++)); do
		[ "$("$1" "$2" 2>/dev/null)" != t ] || return 0
		sleep 0.1
	done
	die "it did not come to pass that $3"
}

# Runs the newest script of the node on Aurora: first as the application's role,
# which must own the tables, then as a superuser (rds_superuser there), because
# before PostgreSQL 16 only a superuser creates or changes subscriptions.
run_subscriber_script() {
	local file=$DIR/subscriber.sql role uri
	local connection="host=127.0.0.1 port=$PRIMARY_PORT dbname=app user=replicator password=demo"
	echo "\$ psql -At 'host=node ...' -c 'SELECT rsfed.subscriber_script()' > subscriber.sql"
	on_node 'SELECT rsfed.subscriber_script()' >"$file"
	for role in app postgres; do
		uri=$AURORA
		[ "$role" = app ] || uri=$AURORA_ADMIN
		echo "\$ psql -q 'host=aurora user=$role ...' -v connection='host=node ... user=replicator password=...' -f subscriber.sql"
		run_psql -q -v connection="$connection" "$uri" -f - <"$file" 2>&1
	done
}

subscribe() {
	say "the script of the node, run on Aurora ($(on_node 'SELECT rsfed.subscriber_script()' | wc -l) lines of plain SQL, to be read before)"
	run_subscriber_script
	becomes on_reader "SELECT state = 'fresh' FROM rsfed.freshness WHERE relation = 'sales_by_seller'::regclass" 'the table was copied'
	run_psql -P pager=off "$PRIMARY" -c 'SELECT publication, connected, lag_bytes, problem FROM rsfed.subscribers'
}

read_there() {
	say "reading on Aurora's reader (script/demo-aurora-read.sql)"
	show_sql "$ROOT/script/demo-aurora-read.sql" -v reader="$READER" -v warehouse="$WAREHOUSE"
}

# Until the file is gone: reads on the reader, with a new connection each time;
# prints the age of the content in seconds, or "failed".
read_while() {
	while [ -e "$1" ]; do
		on_reader "SELECT extract(epoch FROM rsfed.age('sales_by_seller')) FROM sales_by_seller WHERE sellerid = 4711" || echo failed
		sleep 0.05
	done
}

# expanded URI STATEMENT: its result in expanded form, with long lines wrapped.
expanded() {
	run_psql -x -P pager=off -P format=wrapped -P columns=110 "$1" -c "$2"
}

show_statement() {
	printf '%s;\n' "$1"
	expanded "$PRIMARY" "$1"
}

add_column() {
	local running=$DIR/running loop
	say "a new column, while the reader is asked all the time"
	: >"$running"
	read_while "$running" >"$DIR/reads" 2>"$DIR/reads.err" &
	loop=$!
	echo "-- On the node; the answer says what is to be run where:"
	show_statement "SELECT action, detail FROM rsfed.alter_rollup('sales_by_seller', query => \$\$
    SELECT sellerid, count(*) AS sales, sum(pricepaid) AS revenue, max(saletime) AS last_sale
    FROM sales
    GROUP BY sellerid
\$\$)"
	echo "-- The script of the new version, on Aurora:"
	run_subscriber_script
	becomes on_node 'SELECT problem IS NULL FROM rsfed.subscribers' 'the node heard of the new version'
	echo
	echo "-- On the node, once more; this publishes the new column:"
	show_statement "SELECT rsfed.publish('{sales_by_seller}')"
	becomes on_reader 'SELECT count(*) > 0 FROM sales_by_seller WHERE last_sale IS NOT NULL' 'the new column arrived'
	rm "$running"
	wait "$loop"
	run_psql -P pager=off "$READER" -c "SELECT *, rsfed.age('sales_by_seller') FROM sales_by_seller ORDER BY revenue DESC LIMIT 3"
	awk '$1 == "failed" { failed++; next } { n++ } $1 > oldest { oldest = $1 }
		END { printf "The reader answered %d times meanwhile, and failed %d times; its oldest answer was %.1f s old.\n", n, failed, oldest }' \
		"$DIR/reads"
}

kill_node() {
	local i
	say "the node is killed; Aurora serves on, and says how old its answer is"
	as_server "$PG_BIN/pg_ctl" -D "$DIR/node" -s -m immediate stop
	for i in 1 2 3 4; do
		[ "$i" -eq 1 ] || sleep "$OUTAGE_STEP"
		run_psql -P pager=off "$READER" -c "SELECT sellerid, revenue, age, max_age, state
			FROM (SELECT * FROM sales_by_seller ORDER BY revenue DESC LIMIT 1) AS best,
				rsfed.freshness WHERE relation = 'sales_by_seller'::regclass"
	done
	expanded "$AURORA" 'SELECT severity, subject, problem FROM rsfed.doctor()'
}

return_node() {
	local begun=$SECONDS
	warehouse_psql "$DIR/warehouse" -c 'UPDATE sales SET pricepaid = pricepaid + 1 WHERE sellerid = 4711'
	say "meanwhile a price has changed in the warehouse; the node is started again"
	start_server "$DIR/node"
	becomes on_reader "SELECT state = 'fresh' FROM rsfed.freshness WHERE relation = 'sales_by_seller'::regclass" 'Aurora was fresh again'
	echo "Aurora is fresh again $((SECONDS - begun)) s later; nobody has done anything for that."
	run_psql -P pager=off "$READER" -c "SELECT sellerid, revenue, age, max_age, state
		FROM (SELECT * FROM sales_by_seller ORDER BY revenue DESC LIMIT 1) AS best,
			rsfed.freshness WHERE relation = 'sales_by_seller'::regclass"
	run_psql -P pager=off "$AURORA" -c 'SELECT severity, subject, problem FROM rsfed.doctor()'
}

say_goodbye_aurora() {
	cat <<-TEXT

		The servers are running:
		    node        psql $PRIMARY
		    Aurora      psql $AURORA
		    its reader  psql $READER
		    warehouse   psql $WAREHOUSE
		Stop them:      $ROOT/script/demo stop
	TEXT
}

start_aurora() {
	prepare
	start_warehouse
	start_primary "$WAREHOUSE_CA" node "$(printf '%s\n' 'wal_level = logical' 'max_slot_wal_keep_size = 1GB')"
	start_subscriber
	say "the node, and what it publishes (script/demo-aurora.sql)"
	create_extension
	WAREHOUSE=$(warehouse_uri)
	show_sql "$ROOT/script/demo-aurora.sql" -v warehouse_host="$WAREHOUSE_HOST" -v warehouse_port="$WAREHOUSE_PORT" \
		-v warehouse_dbname="$WAREHOUSE_DBNAME" -v warehouse_user="$WAREHOUSE_USER" \
		-v warehouse_password="$WAREHOUSE_PASSWORD"
	subscribe
	read_there
	add_column
	kill_node
	return_node
	say_goodbye_aurora
}
