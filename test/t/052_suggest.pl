# rsfed.suggest_rollup(): its complete scripts are run on typical recipes.
# Afterwards rows, columns and types, indexes, grants, owner and comments are the
# same, readers of the view read the rollup, and the schedule exists.

use strict;
use warnings;

use IPC::Run;
use RsfedTest;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = start_primary('primary', register => 0, conf => "rsfed.scheduler = off\n");
my $host = $ENV{WAREHOUSE_HOST};
my $port = $ENV{WAREHOUSE_PORT};
my $user = $ENV{WAREHOUSE_USER};
my $password = $ENV{WAREHOUSE_PASSWORD};
my $conninfo = "host=$host port=$port dbname=$ENV{WAREHOUSE_DBNAME} user=$user password=$password sslmode=require connect_timeout=7";

sub sql { my ($sql) = @_; return $node->safe_psql('postgres', "SET client_min_messages = warning; $sql") }

warehouse_sql(q{
	DROP TABLE IF EXISTS suggest_sales;
	CREATE TABLE suggest_sales (seller integer, name varchar(20), price decimal(8,2), day date);
	INSERT INTO suggest_sales SELECT i % 10, 'seller ' || i % 10, i, date '2024-01-01' + i % 50 FROM generate_series(1, 100) AS i;
	GRANT SELECT ON suggest_sales TO PUBLIC;
});
# pg_cron is a separate package: its table of jobs, and its function that ends one
sql(q{
	CREATE ROLE reporting NOLOGIN;
	CREATE ROLE app;
	CREATE ROLE stranger;
	CREATE ROLE "Räu-ber; ""x""";
	GRANT USAGE, CREATE ON SCHEMA public TO reporting;
	CREATE SCHEMA cron;
	CREATE TABLE cron.job (jobid bigint PRIMARY KEY, schedule text NOT NULL, command text NOT NULL, nodename text NOT NULL DEFAULT 'localhost',
		nodeport integer NOT NULL DEFAULT 5432, database text NOT NULL DEFAULT current_database(), username text NOT NULL DEFAULT current_user,
		active boolean NOT NULL DEFAULT true, jobname text);
	CREATE FUNCTION cron.unschedule(job_id bigint) RETURNS boolean LANGUAGE plpgsql AS 'BEGIN DELETE FROM cron.job WHERE jobid = job_id; RETURN FOUND; END';
});

# The properties of a relation that its readers can see.
my %facts = (
	rows => sub { "SELECT t::text FROM $_[0] t ORDER BY 1" },
	columns => sub { "SELECT attname, format_type(atttypid, atttypmod), attcollation FROM pg_attribute WHERE attrelid = '$_[0]'::regclass AND attnum > 0 ORDER BY attnum" },
	comments => sub { "SELECT objsubid, description FROM pg_description WHERE objoid = '$_[0]'::regclass AND classoid = 'pg_class'::regclass AND description NOT LIKE 'Served by rsfed%' ORDER BY 1" },
	owner => sub { "SELECT relowner::regrole FROM pg_class WHERE oid = '$_[0]'::regclass" },
	grants => sub { "SELECT a.grantee::regrole, a.is_grantable FROM pg_class c, aclexplode(c.relacl) a WHERE c.oid = '$_[0]'::regclass AND a.privilege_type = 'SELECT' AND a.grantee <> c.relowner ORDER BY 1, 2" },
	column_grants => sub { "SELECT t.attname, a.grantee::regrole, a.privilege_type, a.is_grantable FROM pg_attribute t, aclexplode(t.attacl) a WHERE t.attrelid = '$_[0]'::regclass ORDER BY 1, 2" },
	indexes => sub { "SELECT replace(pg_get_indexdef(indexrelid), ' NULLS NOT DISTINCT', ''), obj_description(indexrelid, 'pg_class') FROM pg_index WHERE indrelid = '$_[0]'::regclass ORDER BY 1" },
);

# The properties by name; the relation is an identifier, quoted if necessary.
sub facts_of
{
	my ($relation, @without) = @_;
	my %skip = map { $_ => 1 } @without;
	(my $name = $relation) =~ s/'/''/g;
	return { map { my $query = $facts{$_}->($_ eq 'rows' ? $relation : $name); ($_ => sql($query)) } grep { !$skip{$_} } keys %facts };
}

sub script_for
{
	my ($relation) = @_;
	my $script = sql('SELECT rsfed.suggest_rollup(' . quote_literal($relation) . ')');
	unlike($script, qr/\Q$password\E/, "$relation: no password");
	return $script;
}

# The script with the password inserted, as a user completes it.
sub completed
{
	my ($script) = @_;
	$script =~ s/^-- (SELECT rsfed\.set_credentials\(.*)'\.\.\.'/$1'$password'/mg;
	return $script;
}

# Runs a script as a user would; returns the output of psql and its exit status.
sub run_script
{
	my ($script, @options) = @_;
	my $out = '';
	IPC::Run::run([ 'psql', '-X', '-h', $node->host, '-p', $node->port, '-d', 'postgres', @options, '-f', '-' ],
		'<', \$script, '>', \$out, '2>&1');
	return ($out, $? >> 8);
}

# Runs the script of a relation: all visible properties are the same; a second run
# does nothing.  Returns the script.
sub migrate
{
	my ($relation, %options) = @_;
	my @readers = @{ $options{readers} // [] };
	my %before = map { $_ => facts_of($_, @{ $options{without} // [] }) } $relation, @readers;
	my $script = $options{script} // script_for($relation);
	my ($out, $code) = run_script(completed($script), @{ $options{psql} // [] });

	is($code, 0, "$relation: its script runs") or diag("$script\n$out");
	# the warning about a materialized view without a unique index in a schedule is useful
	unlike($out, qr/^intruder$/m, "$relation: nothing of a name is run");
	unlike($out, $options{warns} ? qr/ERROR/ : qr/ERROR|WARNING/, "$relation: without an error or warning");
	for my $reader (@readers, $relation)
	{
		is_deeply(facts_of($reader, @{ $options{without} // [] }), $before{$reader}, "$relation: $reader is as it was") or diag($script);
	}
	my $all = q{SELECT array_agg(c.oid || ' ' || c.relname || ' ' || c.relfilenode ORDER BY c.oid) FROM pg_class c};
	my $objects = sql($all);
	($out, $code) = run_script(completed($script));
	is($code, 0, "$relation: the script runs again") or diag($out);
	like($out, qr/was changed already/, "$relation: and says that it was run");
	is(sql($all), $objects, "$relation: and nothing is another");
	return $script;
}

# Is it a rollup, and do all relations below a view no longer use a warehouse?
sub is_rollup
{
	my ($relation) = @_;
	is(sql('SELECT count(*) FROM rsfed.rollups WHERE rollup = ' . quote_literal($relation) . '::regclass'), '1', "$relation is a rollup");
}
sub calls_nothing
{
	my ($relation) = @_;
	standin("FAULT refuse_connections");
	sql("SELECT count(*) FROM $relation");
	pass("$relation reads what is here");
	standin_reset();
}
sub schedules_of
{
	my ($relation) = @_;
	return sql('SELECT name, schedule, timezone, after FROM rsfed.schedules WHERE relation = ' . quote_literal($relation) . '::regclass ORDER BY name');
}

my $query = 'SELECT seller, count(*) AS sales, sum(price) AS revenue FROM suggest_sales GROUP BY seller';

# 1. The usual recipe: a connection string, REFRESH CONCURRENTLY, and all kinds of dependent objects
sql(qq{
	CREATE MATERIALIZED VIEW by_seller AS SELECT * FROM dblink('$conninfo', '$query') AS t (seller int, sales bigint, revenue numeric(12,2));
	CREATE UNIQUE INDEX by_seller_key ON by_seller (seller);
	CREATE INDEX by_seller_revenue ON by_seller (revenue DESC NULLS LAST) INCLUDE (sales) WHERE revenue > 100;
	CREATE INDEX ON by_seller ((revenue / sales));
	COMMENT ON INDEX by_seller_revenue IS 'it''s the best';
	COMMENT ON MATERIALIZED VIEW by_seller IS 'it''s sales \\ by seller';
	COMMENT ON COLUMN by_seller.revenue IS 'in \$query\$';
	ALTER MATERIALIZED VIEW by_seller ALTER COLUMN sales SET STATISTICS 500;
	ALTER MATERIALIZED VIEW by_seller ALTER COLUMN sales SET (n_distinct = -0.5);
	ALTER MATERIALIZED VIEW by_seller SET (autovacuum_analyze_scale_factor = 0.2);
	CREATE STATISTICS by_seller_statistics ON seller, sales FROM by_seller;
	ALTER MATERIALIZED VIEW by_seller OWNER TO reporting;
	GRANT ALL ON by_seller TO app;
	GRANT SELECT ON by_seller TO "Räu-ber; ""x""" WITH GRANT OPTION;
	GRANT SELECT (seller) ON by_seller TO PUBLIC;
	CREATE VIEW best WITH (security_barrier) AS SELECT * FROM by_seller ORDER BY revenue DESC LIMIT 3;
	GRANT SELECT ON best TO app; COMMENT ON VIEW best IS 'the best'; ALTER VIEW best OWNER TO reporting;
	CREATE VIEW best_of_best AS SELECT seller FROM best LIMIT 1;
	CREATE MATERIALIZED VIEW total AS SELECT sum(revenue) AS revenue, (SELECT count(*) FROM best) AS n FROM by_seller;
	CREATE UNIQUE INDEX total_key ON total (revenue); COMMENT ON COLUMN total.n IS 'how many'; GRANT SELECT ON total TO app;
	ALTER MATERIALIZED VIEW total OWNER TO reporting;
	CREATE VIEW total_here AS SELECT t.*, b.seller FROM total t, best_of_best b;
	CREATE MATERIALIZED VIEW empty AS SELECT seller, n, sales FROM total_here JOIN by_seller USING (seller) WITH NO DATA;
	CREATE FUNCTION of_row(by_seller) RETURNS integer LANGUAGE sql AS 'SELECT 1';
	ALTER DEFAULT PRIVILEGES FOR ROLE reporting GRANT SELECT ON TABLES TO stranger;
	CREATE SCHEMA another; CREATE MATERIALIZED VIEW another.by_seller AS SELECT 1 AS a;
	INSERT INTO cron.job (jobid, schedule, command, active, database) VALUES
		(1, '*/15 6-20 * * 1-5', 'REFRESH MATERIALIZED VIEW CONCURRENTLY public.by_seller;', true, current_database()),
		(2, '30 seconds', 'refresh  materialized view /* at night */ by_seller', true, current_database()),
		(3, '0 1 \$ * *', 'REFRESH MATERIALIZED VIEW by_seller', true, current_database()),
		(4, '0 2 * * *', 'REFRESH MATERIALIZED VIEW by_seller', false, current_database()),
		(5, '0 3 * * *', 'REFRESH MATERIALIZED VIEW by_seller; REFRESH MATERIALIZED VIEW total', true, current_database()),
		(6, '0 4 * * *', 'REFRESH MATERIALIZED VIEW other.by_seller', true, current_database()),
		(7, '0 5 * * *', 'REFRESH MATERIALIZED VIEW by_seller WITH', true, current_database()),
		(8, '0 6 * * *', 'REFRESH MATERIALIZED VIEW by_seller', true, 'another');
});
my $script = script_for('by_seller');
like($script, qr/^-- \* Extended statistics stay with the old view.*CREATE STATISTICS/m, 'statistics are said to stay');
like($script, qr/^-- \* Privileges that meant nothing on the old view are not granted: app: DELETE/m, 'and what is not granted');
like($script, qr/^-- \* This goes on using the old .*of_row/m, 'and what uses the row type');
like($script, qr/^-- \* Job 3 of pg_cron ends, but its schedule/m, 'and times that rsfed does not know');
like($script, qr/^-- \* Job 4 of pg_cron .* is not active/m, 'and a job that is not active');
like($script, qr/^-- \* Job 5 of pg_cron does more than/m, 'and one that does more');
like($script, qr/^-- \* Job 2 of pg_cron names the view without its schema/m, 'and one that may mean another view');
like($script, qr/sslmode => 'require', options => '\{"connect_timeout": "7"\}'/, 'the server is as the string has it');

# without the password: nothing happens, and there is a hint
my ($out, $code) = run_script($script);
is($code, 3, 'it ends while the password is missing');
like($out, qr/ERROR:  the password of role "reporting" at server "localhost" is missing\nHINT:  Complete the line with rsfed\.set_credentials/, 'and says so');
is(sql('SELECT count(*) FROM rsfed.rollups'), '0', 'before any rollup');

# the content differs: nothing is swapped, unless this is requested
warehouse_sql("INSERT INTO suggest_sales VALUES (3, 'late', 1000, '2024-01-01')");
($out, $code) = run_script(completed($script));
is($code, 3, 'it ends where rows differ');
like($out, qr/Rows only in the old content: 1, only in the new: 1\n.*ERROR:  the old and the new content differ; nothing was changed for readers/s, 'and says how many');
is(sql("SELECT relkind FROM pg_class WHERE oid = 'by_seller'::regclass"), 'm', 'the old one is there');
sql('REFRESH MATERIALIZED VIEW CONCURRENTLY by_seller; REFRESH MATERIALIZED VIEW total');

# a transaction that reads a view stays open: nothing is swapped, and everything
# continues
my $reader = $node->background_psql('postgres');
$reader->query_safe('BEGIN; SELECT count(*) FROM best');
my $old = facts_of('by_seller');
my $total = facts_of('total');
($out, $code) = run_script(completed($script));
is($code, 3, 'it ends where a lock does not come');
like($out, qr/ERROR:  canceling statement due to lock timeout/, 'after lock_timeout');
is_deeply(facts_of('by_seller'), $old, 'the old one is as it was');
is_deeply(facts_of('total'), $total, 'and what reads it');
is(sql(q{SELECT count(*) FROM cron.job}), '8', 'and its jobs');
sql('REFRESH MATERIALIZED VIEW CONCURRENTLY by_seller');
$reader->query_safe('COMMIT');
$reader->quit;

my $oids = sql("SELECT 'best'::regclass::oid, 'best_of_best'::regclass::oid, 'total_here'::regclass::oid");
migrate('by_seller', script => $script, readers => [ 'best', 'best_of_best', 'total', 'total_here' ]);
is_rollup('by_seller');
is(sql("SELECT 'best'::regclass::oid, 'best_of_best'::regclass::oid, 'total_here'::regclass::oid"), $oids, 'views are the same views');
is(sql("SELECT reloptions FROM pg_class WHERE oid = 'best'::regclass"), '{security_barrier=true}', 'with their options');
is(sql("SELECT relkind, relispopulated FROM pg_class WHERE oid = 'empty'::regclass"), 'm|f', 'what had no content has none');
is(sql("SELECT has_table_privilege('app', 'by_seller', 'INSERT'), has_table_privilege('stranger', 'by_seller', 'SELECT'), has_table_privilege('stranger', 'total', 'SELECT')"),
	'f|f|f', 'nobody may more than before');
is(sql(q{SELECT attstattarget FROM pg_attribute WHERE attrelid = 'by_seller'::regclass AND attname = 'sales' AND 'n_distinct=-0.5' = ANY (attoptions)}), '500', 'settings of columns');
is(sql(q{SELECT 'autovacuum_analyze_scale_factor=0.2' = ANY (reloptions) AND 'vacuum_truncate=off' = ANY (reloptions) FROM pg_class WHERE oid = 'by_seller'::regclass}), 't', 'and of the table, beside those of rsfed');
is(schedules_of('by_seller'), "refresh|*/15 6-20 * * 1-5|UTC|\nrefresh 2|30 seconds|UTC|", 'its schedules');
is(sql('SELECT array_agg(jobid ORDER BY jobid) FROM cron.job'), '{5,6,7,8}', 'the jobs that have ended');
warehouse_sql("INSERT INTO suggest_sales VALUES (77, 'new', 5000, '2024-01-01')");
sql(q{CALL rsfed.refresh('by_seller')});
is(sql('SELECT seller FROM best_of_best'), '77', 'a refresh reaches readers');
is(sql('SELECT count(*) FROM by_seller_before_rsfed WHERE seller = 77'), '0', 'the old one is kept, as it was');
sql('DROP FUNCTION of_row'); sql(join "\n", $script =~ /^-- (DROP MATERIALIZED VIEW .*)$/mg);
is(sql("SELECT count(*) FROM pg_class WHERE relname LIKE '%before%'"), '0', 'and nothing needs the old ones');

# 2. Names that are hard to quote, and a server of dblink's own wrapper.  A line of
# a name that became a command of psql would print "intruder".
my $odd_schema = qq{"Größe.""; DROP x --\n\\echo intruder"};
my $odd = qq{$odd_schema."My ""View""'s; ä\n\\echo intruder"};
(my $odd_literal = $odd) =~ s/'/''/g;
sql(qq{
	CREATE SCHEMA $odd_schema;
	CREATE SERVER "O'Brien \$query" FOREIGN DATA WRAPPER dblink_fdw OPTIONS (host '$host', port '$port', dbname '$ENV{WAREHOUSE_DBNAME}');
	CREATE USER MAPPING FOR CURRENT_USER SERVER "O'Brien \$query" OPTIONS (user '$user', password '$password');
	CREATE MATERIALIZED VIEW $odd AS SELECT * FROM dblink('O''Brien \$query', '/* \$query\$ */ $query -- it''s \\ the end')
		AS "T""x" ("select" int, "Verkäufe ""x""\n\\echo intruder" bigint, "a:b" numeric);
	CREATE UNIQUE INDEX "My Index'; --\n\\echo intruder" ON $odd ("select");
	CREATE INDEX " USING x" ON $odd ("a:b", ("Verkäufe ""x""\n\\echo intruder" || ' USING '''));
	COMMENT ON COLUMN $odd."select" IS E'a\\n\\\\echo intruder\\nb \\\\ ''';
	GRANT SELECT ("a:b") ON $odd TO "Räu-ber; ""x""";
	CREATE VIEW $odd_schema."V:'1" AS SELECT "select" AS ":x" FROM $odd;
	INSERT INTO cron.job (jobid, schedule, command) VALUES (20, '\@hourly', 'REFRESH MATERIALIZED VIEW $odd_literal');
	CREATE FUNCTION $odd_schema."f\n\\echo intruder"(a $odd) RETURNS integer LANGUAGE sql AS 'SELECT 1';
});
like(migrate($odd, readers => [ qq{$odd_schema."V:'1"} ]), qr/^-- \* This goes on using the old .*function .*"f \\echo intruder"/m, 'a note is one line');
is_rollup($odd);
is(schedules_of($odd), 'refresh|@hourly|UTC|', 'its schedule');

# The same without a job that gives the interval: examples are commented out on each
# line, and are as correct as the rest of the script.
my $odd_idle = qq{$odd_schema."Idle's\n\\echo intruder\r\\echo intruder"};
sql(qq{
	CREATE MATERIALIZED VIEW $odd_idle AS SELECT t.seller + 1 AS seller FROM dblink('O''Brien \$query', '$query') AS t (seller int, sales bigint, revenue numeric);
	CREATE UNIQUE INDEX ON $odd_idle (seller);
});
my $idle_script = migrate($odd_idle, without => ['indexes']);
my @examples = $idle_script =~ /^(-- (?:SELECT rsfed\.schedule_refresh|DROP MATERIALIZED VIEW).*?;)$/msg;
is(scalar @examples, 3, 'examples for the rows, for the view over them, and for the end of the old one');
s/(?<![^\n\r])-- //g for @examples;
sql($_) for @examples;
is(schedules_of($odd_idle) =~ s/\{.*//sr, 'refresh|15 minutes|UTC|', 'they run as they are without the comment');

# 3. A server of postgres_fdw, the argument fail, no information about a key
sql(qq{
	CREATE SERVER byhand FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '$host', port '$port', dbname '$ENV{WAREHOUSE_DBNAME}', sslmode 'require');
	CREATE USER MAPPING FOR CURRENT_USER SERVER byhand OPTIONS (user '$user', password '$password');
	CREATE MATERIALIZED VIEW detail AS SELECT * FROM dblink('byhand', 'SELECT seller, name, price FROM suggest_sales WHERE seller < 4;', false) AS t (seller int, name text, price numeric);
	CREATE INDEX ON detail (name);
});
$script = migrate('detail');
unlike($script, qr/register_server/, 'a server of postgres_fdw is a source as it is');
like($script, qr/^-- \* No unique index and no GROUP BY says which columns identify a row of public\.detail\. So its method is replace/m, 'without a key: replace, and it says so');
is(sql("SELECT method, source FROM rsfed.rollups WHERE rollup = 'detail'::regclass"), 'replace|byhand', 'that is the method');
like($script, qr/^-- No job was found.*\n-- SELECT rsfed\.schedule_refresh\('public\.detail', '15 minutes'\);/m, 'without a job an example');

# 4. Concatenated constants, columns that are renamed, omitted, reordered, and cast; a text key
sql(qq{
	CREATE MATERIALIZED VIEW renamed AS SELECT r.c::numeric(10,2) AS revenue, r.b AS seller_name, r.a::int AS seller, r.d::bigint AS sales FROM
		dblink('host=' || '$host' || format(' port=%s dbname=%s user=%s password=%s', $port, '$ENV{WAREHOUSE_DBNAME}', '$user', '$password'),
			format('SELECT seller, %I, sum(price) AS revenue, count(*)::integer AS sales, max(day) FROM %s', 'name', 'suggest_sales') || ' GROUP BY 1, 2 -- the end')
		AS r (a text, b varchar(30), c text, d int, unused date) ORDER BY 1;
	CREATE UNIQUE INDEX renamed_key ON renamed (seller_name, seller);
});
$script = migrate('renamed', readers => []);
like($script, qr/SELECT r\.c3, r\.c2, r\.c1, r\.c4 FROM \(\n.*-- the end\n\) AS r \(c1, c2, c3, c4, c5\)|SELECT r\.c3, r\.c2, r\.c1, r\.c4 FROM \(\n.*GROUP BY 1, 2\n\) AS r \(c1, c2, c3, c4, c5\)/, 'columns are chosen in the warehouse');
like($script, qr/^-- The server localhost is there\.$/m, 'a server for the same place is used');
like($script, qr/^-- \* The ORDER BY of the view has no meaning/m, 'an order is said to be lost');
is(sql("SELECT key, method FROM rsfed.rollups WHERE rollup = 'renamed'::regclass"), '{seller_name,seller}|merge', 'the key is that of the index');
is_rollup('renamed');

# 5. More than the rows of the call: the relation stays a view, over a rollup
sql(qq{
	CREATE MATERIALIZED VIEW busy AS SELECT seller, sum(revenue)::float8 AS revenue, max(upper(name)) AS name FROM
		dblink('byhand', 'SELECT seller, name, sum(price) AS revenue FROM suggest_sales GROUP BY seller, name') AS t (seller int, name text, revenue numeric)
		WHERE revenue > 100 AND name <> '' GROUP BY seller;
	CREATE UNIQUE INDEX busy_key ON busy (seller) ;
	CREATE INDEX busy_name ON busy (name text_pattern_ops);
	GRANT SELECT ON busy TO app; COMMENT ON MATERIALIZED VIEW busy IS 'busy'; ALTER MATERIALIZED VIEW busy OWNER TO reporting;
	GRANT USAGE ON FOREIGN SERVER byhand TO reporting;
	CREATE USER MAPPING FOR reporting SERVER byhand OPTIONS (user '$user', password '$password');
	CREATE VIEW busy_view AS SELECT seller FROM busy;
	INSERT INTO cron.job (jobid, schedule, command) VALUES (50, '5 * * * *', 'REFRESH MATERIALIZED VIEW CONCURRENTLY busy');
});
$script = migrate('busy', readers => ['busy_view']);
like($script, qr/^-- \* What the view does to the rows of dblink .* is still done here, over a rollup of them\./m, 'what stays here is said');
is_rollup('busy_rows');
is(schedules_of('busy_rows'), 'refresh|5 * * * *|UTC|', 'the rollup has the schedule');
is(schedules_of('busy'), 'refresh|5 * * * *|UTC|{public.busy_rows}', 'and the view comes after it');
is(sql("SELECT key FROM rsfed.rollups WHERE rollup = 'busy_rows'::regclass"), '{seller,name}', 'GROUP BY tells its key');
calls_nothing('busy_view');
warehouse_sql("INSERT INTO suggest_sales VALUES (55, 'late', 500, '2024-01-01')");
sql(q{CALL rsfed.refresh('busy_rows')}); sql(q{CALL rsfed.refresh('busy')});
is(sql('SELECT name FROM busy WHERE seller = 55'), 'LATE', 'both refreshes reach readers');

# 6. A plain view: it stays the same view, with all its properties
sql(qq{
	CREATE VIEW live_view WITH (security_barrier) AS SELECT t.seller, t.revenue * 2 AS twice FROM dblink('byhand', '$query') AS t (seller int, sales bigint, revenue numeric) WHERE t.seller > 1;
	GRANT SELECT ON live_view TO app; COMMENT ON COLUMN live_view.twice IS 'two times';
	CREATE VIEW over_live_view AS SELECT * FROM live_view;
});
migrate('live_view', readers => ['over_live_view']);
is_rollup('live_view_rows');
calls_nothing('over_live_view');

# 7. A view below that only renames: the materialized view becomes the rollup
sql(qq{
	CREATE VIEW below AS SELECT t.seller AS s, t.revenue AS r FROM dblink('byhand', '$query') AS t (seller int, sales bigint, revenue numeric);
	CREATE MATERIALIZED VIEW above AS SELECT r AS revenue, s AS seller FROM below;
});
$script = migrate('above', without => ['indexes']);
like(facts_of('above')->{indexes}, qr/^CREATE UNIQUE INDEX above_key ON public\.above USING btree \(seller\)/, 'which has an index');
is_rollup('above');
is(sql("SELECT key FROM rsfed.rollups WHERE rollup = 'above'::regclass"), '{seller}', 'GROUP BY tells the key');
like($script, qr/^-- \* View public\.below, .* still calls dblink itself\./m, 'what is below is said');

# 8. A view below that filters: it then reads a rollup, and the materialized view stays
sql(qq{
	CREATE VIEW filtered AS SELECT * FROM dblink('byhand', '$query') AS t (seller int, sales bigint, revenue numeric) WHERE seller > 2;
	CREATE MATERIALIZED VIEW over_filtered AS SELECT sum(revenue) AS revenue FROM filtered;
	INSERT INTO cron.job (jobid, schedule, command) VALUES (80, '\@daily', 'REFRESH MATERIALIZED VIEW over_filtered');
});
my $oid = sql("SELECT 'over_filtered'::regclass::oid");
migrate('over_filtered', readers => ['filtered'], warns => 1);
is(sql("SELECT 'over_filtered'::regclass::oid"), $oid, 'the materialized view is the same');
is_rollup('filtered_rows');
is(schedules_of('over_filtered'), 'refresh|@daily|UTC|{public.filtered_rows}', 'and comes after the rollup');
calls_nothing('filtered');

# 9. Two calls, on two servers
sql(qq{
	CREATE MATERIALIZED VIEW two AS
		SELECT 'a' AS part, t.* FROM dblink('byhand', '$query') AS t (seller int, sales bigint, revenue numeric) UNION ALL
		SELECT 'b', t.* FROM dblink('postgresql://$user:$password\@$host:$port/$ENV{WAREHOUSE_DBNAME}?sslmode=require', '$query LIMIT 1000') AS t (seller int, sales bigint, revenue numeric);
	CREATE UNIQUE INDEX ON two (part, seller);
});
migrate('two');
is_rollup('two_rows');
is_rollup('two_rows2');

# 10. Foreign tables of postgres_fdw
sql(qq{
	CREATE SCHEMA fdw;
	CREATE FOREIGN TABLE fdw.sales (s integer OPTIONS (column_name 'seller'), price numeric(8,2), day date) SERVER byhand OPTIONS (schema_name 'public', table_name 'suggest_sales');
	CREATE MATERIALIZED VIEW by_day AS SELECT day, sum(price) AS total, count(*) AS n FROM fdw.sales WHERE s > 0 GROUP BY day;
	CREATE UNIQUE INDEX by_day_key ON by_day (day);
	CREATE VIEW by_day_view AS SELECT sum(total) AS total FROM fdw.sales, by_day WHERE sales.day = by_day.day;
});
migrate('by_day', readers => ['by_day_view']);
is_rollup('by_day');
like(sql("SELECT query FROM rsfed.rollups WHERE rollup = 'by_day'::regclass"), qr/"public"\."suggest_sales"/, 'its query is that of the warehouse');
sql('DROP SCHEMA by_day_live CASCADE');

# 11. Foreign tables of rsfed, and a view over them
sql(q{
	CREATE SCHEMA live;
	IMPORT FOREIGN SCHEMA public LIMIT TO (suggest_sales) FROM SERVER localhost INTO live;
	CREATE MATERIALIZED VIEW by_seller_live AS SELECT seller, sum(price) AS total FROM live.suggest_sales GROUP BY seller;
	CREATE VIEW by_day_live AS SELECT day, max(price) AS most FROM live.suggest_sales GROUP BY day;
});
migrate('by_seller_live', without => ['indexes']);
is_rollup('by_seller_live');
migrate('by_day_live');
is_rollup('by_day_live_rows');
calls_nothing('by_day_live');

# 12. Without content there is nothing to compare; a schedule of rsfed
sql(qq{
	CREATE MATERIALIZED VIEW unfilled AS SELECT * FROM dblink('byhand', '$query') AS t (seller int, sales bigint, revenue numeric) WITH NO DATA;
	SELECT rsfed.schedule_refresh('unfilled', '2 hours', 'by hand', timezone => 'Europe/Berlin', options => '{"retries": 1}');
});
$script = migrate('unfilled', without => [ 'rows', 'indexes' ]);
like($script, qr/^-- \* The materialized view has no content/m, 'it says that nothing is compared');
is(sql("SELECT name, schedule, timezone, options FROM rsfed.schedules WHERE relation = 'unfilled'::regclass"), 'by hand|2 hours|Europe/Berlin|{"retries": 1}', 'the schedule is taken along');
is(sql("SELECT count(*) FROM rsfed.schedules WHERE relation = 'unfilled_before_rsfed'::regclass"), '0', 'and not kept by the old one');

# 13. A query and a connection that are not constant: the script stops until they are filled in
sql(qq{
	CREATE TABLE queries (q text); INSERT INTO queries VALUES ('$query');
	CREATE MATERIALIZED VIEW variable AS SELECT * FROM dblink((SELECT 'by' || 'hand' WHERE now() IS NOT NULL), (SELECT q FROM queries) || ' ORDER BY ' || extract(day FROM date '2024-01-01'))
		AS t (seller int, sales bigint, revenue numeric);
	CREATE UNIQUE INDEX ON variable (seller);
});
$script = script_for('variable');
like($script, qr/^-- \* The query of public\.variable_rollup is not constant/m, 'it says that the query is not constant');
like($script, qr/^-- \* Where the old connection goes is not in the view/m, 'and the connection');
like($script, qr/^-- The view puts the query together from: .*FROM public\.queries/m, 'and what it is put together from');
$script =~ s/SELECT rsfed\.register_server\('redshift'.*?;\n.*?\$check\$;\n//s;
$script =~ s/'redshift'/'byhand'/g;
($out, $code) = run_script($script);
is($code, 3, 'as it is, the script ends');
like($out, qr/ERROR:  the query of the rollup is still to be written into the script/, 'and says why');
$script =~ s/^DO \$\$ BEGIN RAISE EXCEPTION 'the query.*\n//m;
$script =~ s/\n\.\.\.\n/$query/;
migrate('variable', script => $script);
is_rollup('variable');

# Relations that it refuses, and privileges
sql('CREATE TABLE plain (a integer); CREATE VIEW local AS SELECT * FROM plain; CREATE MATERIALIZED VIEW over_matview AS SELECT * FROM busy;'
	  . 'CREATE VIEW mixed AS SELECT p.a FROM plain p JOIN live.suggest_sales s ON s.seller = p.a;'
	  . 'CREATE VIEW expression AS SELECT (SELECT count(*) FROM plain), dblink_connect($$x$$, $$y$$);');
for ([ 'plain', '42809', qr/"plain" is not a view or materialized view\nHINT:  Give the view/ ],
	[ 'by_seller', '42809', qr/"by_seller" is a rollup already\nHINT:  rsfed\.export/ ],
	[ 'by_day_key', '42809', qr/is not a view or materialized view/ ],
	[ 'local', '42809', qr/"local" does not read a warehouse\nDETAIL:  Its query has no call of dblink/ ],
	[ 'expression', '42809', qr/"expression" does not read a warehouse/ ],
	[ 'over_matview', '42809', qr/HINT:  It reads materialized view public\.busy: give that one/ ],
	[ 'mixed', '0A000', qr/the query of "mixed" cannot run in a warehouse\nDETAIL:  It reads public\.plain/ ])
{
	my ($relation, $sqlstate, $pattern) = @$_;
	psql_fails($node, "SELECT rsfed.suggest_rollup('$relation')", $sqlstate, $pattern, "$relation is refused");
}
psql_fails($node, "SET ROLE stranger; SELECT rsfed.suggest_rollup('busy')", '42501', qr/Only its owner, a member of the owning role or of pg_monitor/, 'a stranger may not ask');
psql_fails($node, 'SELECT rsfed.suggest_rollup(1)', '42P01', qr/relation with OID 1 does not exist/, 'an oid of nothing');
is(sql('SELECT rsfed.suggest_rollup(NULL) IS NULL'), 't', 'of nothing, nothing');

# A function of the view's author is not run to determine whether the query is
# constant
sql(qq{
	CREATE TABLE witness (at timestamptz);
	CREATE FUNCTION trap() RETURNS text LANGUAGE plpgsql IMMUTABLE AS \$\$ BEGIN INSERT INTO public.witness VALUES (now()); RETURN 'SELECT 1'; END \$\$;
	CREATE VIEW trapped AS SELECT * FROM dblink('byhand', trap()) AS t (a int);
});
like(sql("SELECT rsfed.suggest_rollup('trapped')"), qr/The view puts the query together from: public\.trap\(\)/, 'a function of a user');
is(sql('SELECT count(*) FROM witness'), '0', 'is not run');

# The same if planning would run functions of the author, and if any role owns schema cron
sql(q{
	CREATE FUNCTION trap_number() RETURNS integer LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN IF current_user <> 'reporting' THEN RAISE 'run as %', current_user; END IF; RETURN 1; END $$;
	GRANT USAGE ON SCHEMA live TO reporting; GRANT SELECT ON live.suggest_sales TO reporting;
	CREATE VIEW trapped_live AS SELECT seller, sum(price) AS total FROM live.suggest_sales WHERE seller > trap_number() GROUP BY seller;
	ALTER VIEW trapped_live OWNER TO reporting;
});
like(sql("SELECT rsfed.suggest_rollup('trapped_live')"), qr/define_rollup\('public\.trapped_live_rows'/, 'a function of the author is run as the author');
sql('ALTER TABLE cron.job OWNER TO app');
like(sql("SELECT rsfed.suggest_rollup('detail_before_rsfed')"), qr/The jobs of pg_cron are not in this database, or not yours to read/, 'a table that somebody calls cron.job is not read');
sql('ALTER TABLE cron.job OWNER TO CURRENT_USER');

# The caller may own such a table, with any content
sql(q{
	ALTER TABLE cron.job ALTER schedule DROP NOT NULL;
	INSERT INTO cron.job (jobid, schedule, command) VALUES (90, NULL, 'REFRESH MATERIALIZED VIEW detail'), (91, '@daily', 'REFRESH MATERIALIZED VIEW detail_before_rsfed');
});
like(sql("SELECT rsfed.suggest_rollup('detail_before_rsfed')"), qr/^SELECT rsfed\.schedule_refresh\('public\.detail_before_rsfed', '\@daily'\);$/m, 'a job without times is left out');
sql('DELETE FROM cron.job WHERE jobid IN (90, 91); ALTER TABLE cron.job ALTER schedule SET NOT NULL');

# It works on a replica
my $replica = start_replica($node, 'replica');
is($replica->safe_psql('postgres', "SELECT rsfed.suggest_rollup('trapped')"), sql("SELECT rsfed.suggest_rollup('trapped')"), 'the same on a replica');
$replica->stop;

# A reader that calls dblink itself contains a password: it is kept, and named
sql(qq{
	CREATE MATERIALIZED VIEW left_one AS SELECT * FROM dblink('byhand', '$query') AS t (seller int, sales bigint, revenue numeric);
	CREATE VIEW with_password AS SELECT l.seller FROM left_one l JOIN dblink('$conninfo', 'SELECT 1') AS t (a int) ON a = seller;
});
like(script_for('left_one'), qr/^-- \* View public\.with_password calls dblink itself.* it goes on reading public\.left_one_before_rsfed\./m, 'a reader with a password is left, and named');

my $has_cron = sql(q{SELECT count(*) FROM pg_available_extensions WHERE name = 'pg_cron'});
$node->stop;

# The real pg_cron, if it is installed: its table shows each role only its own jobs,
# and it supports seconds and a time zone from 1.5 on, the last day of the month
# from 1.6 on
SKIP:
{
	skip 'pg_cron is not installed', 1 if $has_cron eq '0';
	$node = start_primary('cron', register => 0, conf => q{
rsfed.scheduler = off
shared_preload_libraries = 'rsfed, pg_cron'
cron.database_name = 'postgres'
cron.log_statement = off
});
	sql(qq{
		CREATE EXTENSION pg_cron;
		CREATE ROLE reporting LOGIN;
		GRANT USAGE, CREATE ON SCHEMA public TO reporting;
		CREATE DATABASE "another one";
		CREATE MATERIALIZED VIEW by_day AS SELECT * FROM dblink('$conninfo', 'SELECT day, count(*) AS sales FROM suggest_sales GROUP BY day') AS t (day date, sales bigint);
		CREATE UNIQUE INDEX ON by_day (day);
		ALTER MATERIALIZED VIEW by_day OWNER TO reporting;
		CREATE VIEW busy_days AS SELECT day FROM by_day WHERE sales > 1;
		ALTER VIEW busy_days OWNER TO reporting;
	});
	my $cron = sql(q{SELECT extversion FROM pg_extension WHERE extname = 'pg_cron'});
	my ($minor) = $cron =~ /^1\.(\d+)/ or die "pg_cron $cron";
	my $refresh = 'REFRESH MATERIALIZED VIEW CONCURRENTLY public.by_day';
	my %jobs = (
		unnamed => sql("SELECT cron.schedule('\@hourly', '$refresh')"),
		'by "day"' => sql("SELECT cron.schedule('by \"day\"', '*/20 6-18 1,15 * sun', '$refresh')"),
		disabled => sql("SELECT cron.schedule('disabled', '0 1 * * *', '$refresh')"),
		reboot => sql("SELECT cron.schedule('reboot', '\@reboot', '$refresh')"),
		block => sql("SELECT cron.schedule('block', '0 2 * * *', 'DO \$\$ BEGIN $refresh; END \$\$')"),
		elsewhere => sql("SELECT cron.schedule_in_database('elsewhere', '0 3 * * *', '$refresh', 'another one')"),
		own => sql("GRANT USAGE ON SCHEMA cron TO reporting; SET SESSION AUTHORIZATION reporting; SELECT cron.schedule('own', '0 4 * * *', '$refresh')"),
	);
	sql("SELECT cron.alter_job($jobs{disabled}, active => false)");
	$jobs{seconds} = sql("SELECT cron.schedule('seconds', '30 seconds', '$refresh')") if $minor >= 5;
	$jobs{last} = sql("SELECT cron.schedule('last', '0 5 \$ * *', '$refresh')") if $minor >= 6;

	# the owner sees one job, and is told that there may be others
	my $owners = $node->safe_psql('postgres', "SELECT rsfed.suggest_rollup('by_day')", extra_params => [ '-U', 'reporting' ]);
	like($owners, qr/^SELECT cron\.unschedule\(jobid\) FROM cron\.job WHERE jobid = $jobs{own};$/m, "pg_cron $cron: the owner's own job ends");
	unlike($owners, qr/jobid = $jobs{unnamed};/, 'another one is not visible to the owner');
	like($owners, qr/^-- \* Only jobs of role reporting are visible in cron\.job/m, 'and the script says so');

	$script = script_for('by_day');
	unlike($script, qr/^-- \* Only jobs of role/m, 'a superuser sees all');
	like($script, qr/^-- \* Job $jobs{disabled} of pg_cron \(0 1 \* \* \*\) is not active/m, 'a job that is not active');
	like($script, qr/^-- \* Job $jobs{reboot} of pg_cron ends, but its schedule \(\@reboot\)/m, 'a schedule without times');
	like($script, qr/^-- \* Job $jobs{block} of pg_cron \(0 2 \* \* \*\) names the view, but/m, 'a block that refreshes it');
	like($script, qr/^-- \* Job $jobs{last} of pg_cron ends, but its schedule \(0 5 \$ \* \*\)/m, 'the last day of a month') if $minor >= 6;
	unlike($script, qr/jobid = $jobs{elsewhere};|Job $jobs{elsewhere} /, 'a job of another database stays');
	migrate('by_day', script => $script, readers => ['busy_days']);
	is_rollup('by_day');
	my @schedules = ("refresh|\@hourly|UTC|", "refresh 2|*/20 6-18 1,15 * sun|UTC|", "refresh 3|0 4 * * *|UTC|");
	push @schedules, "refresh 4|30 seconds|UTC|" if $minor >= 5;
	is(schedules_of('by_day'), join("\n", @schedules), 'its schedules');
	is(sql('SELECT jobid FROM cron.job ORDER BY jobid'), "$jobs{block}\n$jobs{elsewhere}", 'the jobs that have not ended');
	if ($minor >= 5)
	{
		sql("ALTER SYSTEM SET cron.timezone = 'Europe/Berlin'");
		$node->restart;
		sql(qq{
			CREATE MATERIALIZED VIEW in_berlin AS SELECT * FROM dblink('$conninfo', 'SELECT count(*) AS n FROM suggest_sales') AS t (n bigint);
			SELECT cron.schedule('0 6 * * *', 'REFRESH MATERIALIZED VIEW in_berlin');
		});
		like(script_for('in_berlin'), qr/schedule_refresh\('public\.in_berlin', '0 6 \* \* \*', timezone => 'Europe\/Berlin'\)/, 'the time zone of pg_cron');
	}
	$node->stop;
}
warehouse_sql('DROP TABLE suggest_sales');
done_testing();
