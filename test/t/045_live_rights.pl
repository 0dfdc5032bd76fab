# Live tables: whose rights and connections a query uses, options that change beside
# an open connection, what would write, and plans with parallel parts.

use strict;
use warnings;

use RsfedTest;
use Test::More;

standin_reset();
my $node = start_primary('primary', conf => "jit = off\n");
my $is_15 = $node->pg_version >= 15;
my $control = sprintf q{'host=%s port=%s dbname=%s user=%s password=%s sslmode=disable'},
	@ENV{qw(WAREHOUSE_HOST WAREHOUSE_CONTROL_PORT WAREHOUSE_DBNAME WAREHOUSE_USER WAREHOUSE_PASSWORD)};
warehouse_sql(q{DROP VIEW IF EXISTS live_caller; CREATE VIEW live_caller AS SELECT k, current_user::varchar(63) AS caller FROM kv; GRANT SELECT ON live_caller TO PUBLIC});
$node->safe_psql('postgres', qq{SET client_min_messages = warning; CREATE EXTENSION IF NOT EXISTS dblink;
	CREATE FOREIGN TABLE live_kv (k integer, s text, n numeric(18,4), d date) SERVER warehouse OPTIONS (schema_name 'public', table_name 'kv');
	CREATE FOREIGN TABLE live_caller (k integer, caller text) SERVER warehouse OPTIONS (schema_name 'public');
	CREATE FUNCTION caller(OUT text) LANGUAGE sql AS 'SELECT DISTINCT caller FROM live_caller WHERE k > 0';
	CREATE FUNCTION definer(OUT text) LANGUAGE sql SECURITY DEFINER AS 'SELECT DISTINCT caller FROM live_caller WHERE k > 0';
	CREATE ROLE writer LOGIN; CREATE ROLE reader LOGIN; CREATE ROLE nobody LOGIN;
	GRANT USAGE ON FOREIGN SERVER warehouse TO writer, reader, nobody;
	GRANT SELECT ON live_kv, live_caller TO writer, reader, nobody;
	GRANT USAGE, CREATE ON SCHEMA public TO writer, reader;
	CREATE USER MAPPING FOR writer SERVER warehouse OPTIONS (user '$ENV{WAREHOUSE_USER}', password '$ENV{WAREHOUSE_PASSWORD}');
	CREATE USER MAPPING FOR reader SERVER warehouse OPTIONS (user '$ENV{WAREHOUSE_READER}', password '$ENV{WAREHOUSE_READER_PASSWORD}')});

# the lines of a session that continues after errors, and its errors
sub session
{
	my ($sql) = @_;
	my ($out, $err) = ('', '');

	$node->psql('postgres', "SET client_min_messages = error;\n$sql", stdout => \$out, stderr => \$err, on_error_stop => 0);
	return wantarray ? ($out, $err) : $out;
}

sub made { return "SELECT value FROM dblink($control, 'STANDIN STATUS') AS t (name text, value bigint) WHERE name = 'connections_made';\n" }

# each role has its mapping and a connection of its own, even if both log in as one
# user, or by the mapping for PUBLIC
my $asks = 'SELECT DISTINCT caller FROM live_caller WHERE k > 0;';
is(session("SET ROLE writer; $asks SET ROLE reader; $asks SET ROLE writer; $asks RESET ROLE;"), "$ENV{WAREHOUSE_USER}\n$ENV{WAREHOUSE_READER}\n$ENV{WAREHOUSE_USER}", 'each role logs in as its own mapping says');
my @made = split /\n/, session("CREATE ROLE other; GRANT USAGE ON FOREIGN SERVER warehouse TO other; GRANT SELECT ON live_caller TO other;
	CREATE USER MAPPING FOR PUBLIC SERVER warehouse OPTIONS (user '$ENV{WAREHOUSE_READER}', password '$ENV{WAREHOUSE_READER_PASSWORD}');\n"
	  . made() . "SET ROLE nobody;\n$asks\nRESET ROLE;\n" . made() . "SET ROLE other;\n$asks\n$asks\nRESET ROLE;\n" . made() . "SET ROLE nobody;\n$asks\nRESET ROLE;\n" . made()
	  . 'DROP USER MAPPING FOR PUBLIC SERVER warehouse; DROP OWNED BY other; DROP ROLE other;');
is(join(' ', $made[2] - $made[0], $made[5] - $made[2], $made[7] - $made[5]), '1 1 0', 'two roles with one mapping have two connections, and keep them') or diag("@made");
like((session("SET ROLE nobody; $asks"))[1], qr/user mapping/, 'a role without a mapping has none of another');

# whose mapping a view, a function and a prepared statement uses
session('SET ROLE writer; CREATE VIEW of_writer AS SELECT * FROM live_caller; GRANT SELECT ON of_writer TO reader, nobody;'
	  . 'CREATE VIEW joined AS SELECT a.caller FROM live_caller a JOIN live_caller b USING (k); GRANT SELECT ON joined TO reader;'
	  . ($is_15 ? 'CREATE VIEW of_caller WITH (security_invoker) AS SELECT * FROM live_caller; GRANT SELECT ON of_caller TO reader, nobody;' : ''));
is(session('SET ROLE reader; SELECT DISTINCT caller FROM of_writer WHERE k > 0; SET ROLE nobody; SELECT DISTINCT caller FROM of_writer WHERE k > 0;'), "$ENV{WAREHOUSE_USER}\n$ENV{WAREHOUSE_USER}", q{a view uses its owner's});
is(session('SET ROLE reader; SELECT DISTINCT caller FROM joined;'), $ENV{WAREHOUSE_USER}, '... so does a join in one');
is(session('SET ROLE reader; SELECT min(a.caller), min(b.caller) FROM of_writer a JOIN live_caller b USING (k);'), "$ENV{WAREHOUSE_USER}|$ENV{WAREHOUSE_READER}", 'a join of both is no join in Redshift');
is(session('SET ROLE reader; SELECT caller, count(*) FROM (SELECT caller, k FROM of_writer UNION ALL SELECT caller, k FROM live_caller) x WHERE k = 1 GROUP BY caller ORDER BY caller;'),
	"$ENV{WAREHOUSE_USER}|1\n$ENV{WAREHOUSE_READER}|1", '... nor is a set operation');
SKIP:
{
	skip 'security_invoker came with PostgreSQL 15', 3 unless $is_15;
	is(session('SET ROLE reader; SELECT DISTINCT caller FROM of_caller WHERE k > 0; SET ROLE writer; SELECT DISTINCT caller FROM of_caller WHERE k > 0;'), "$ENV{WAREHOUSE_READER}\n$ENV{WAREHOUSE_USER}", q{a view with security_invoker uses its reader's});
	is(session('SET ROLE reader; PREPARE p AS SELECT DISTINCT caller FROM of_caller WHERE k > 0; EXECUTE p; SET ROLE writer; EXECUTE p; SET plan_cache_mode = force_generic_plan; EXECUTE p; SET ROLE reader; EXECUTE p;'),
		"$ENV{WAREHOUSE_READER}\n$ENV{WAREHOUSE_USER}\n$ENV{WAREHOUSE_USER}\n$ENV{WAREHOUSE_READER}", '... also in a prepared statement');
	like((session('SET ROLE nobody; SELECT * FROM of_caller;'))[1], qr/user mapping/, '... and one without a mapping has none');
}
is(session('SET ROLE reader; SELECT caller(), definer();'), "$ENV{WAREHOUSE_READER}|$ENV{WAREHOUSE_USER}", q{SECURITY DEFINER uses its owner's});
is(session('SET plan_cache_mode = force_generic_plan; SET ROLE writer; PREPARE p AS SELECT count(*), max(caller) FROM live_caller a WHERE k IN (SELECT k FROM live_caller); EXECUTE p; SET ROLE reader; EXECUTE p;') =~ s/\d\|//gr,
	"$ENV{WAREHOUSE_USER}\n$ENV{WAREHOUSE_READER}", 'a generic plan of one statement is that of who executes it');

# a role that is no superuser logs in with a password of its mapping
$node->append_conf('postgresql.conf', "listen_addresses = '127.0.0.1'");
$node->append_conf('pg_hba.conf', "host all all 127.0.0.1/32 trust");
$node->restart;
$node->safe_psql('postgres', sprintf q{SET client_min_messages = error; CREATE USER MAPPING FOR nobody SERVER warehouse OPTIONS (user '%s');
	SELECT rsfed.register_server('trusting', '127.0.0.1', 'postgres', 'postgres', 'x', %d, sslmode => 'disable', verify => false);
	CREATE FOREIGN TABLE trusting (k integer) SERVER trusting OPTIONS (schema_name 'public', table_name 'live_kv');
	GRANT USAGE ON FOREIGN SERVER trusting TO nobody; GRANT SELECT ON trusting TO nobody; CREATE USER MAPPING FOR nobody SERVER trusting OPTIONS (user 'postgres', password 'x')}, $ENV{WAREHOUSE_USER}, $node->port);
my (undef, $error) = session("\\set VERBOSITY verbose\nSET ROLE nobody; $asks SELECT * FROM trusting; ALTER USER MAPPING FOR nobody SERVER warehouse OPTIONS (ADD password_required 'off');");
like($error, qr/2F003: password is required\nDETAIL: .*holds none.*set_credentials.*2F003: password is required\nDETAIL: .*"trusting" let the session in without asking.*42501/s, 'neither without a password, nor where none is asked for, nor by setting password_required');
$node->safe_psql('postgres', q{ALTER USER MAPPING FOR nobody SERVER trusting OPTIONS (ADD password_required 'off'); ALTER USER MAPPING FOR nobody SERVER warehouse OPTIONS (ADD password_required 'off')});
(undef, $error) = session("SET ROLE nobody; $asks SELECT * FROM trusting;");
unlike($error, qr/password is required/, 'a superuser may lift that');
like($error, qr/It asks for a password, and the user mapping has none/, '... so that Redshift refuses the log-in');
$node->safe_psql('postgres', q{DROP USER MAPPING FOR nobody SERVER warehouse; SET client_min_messages = error; SELECT rsfed.drop_server('trusting', cascade => true)});

# options that change beside an open connection, in the same session and in another
# one, also inside a transaction block
my $reads = q{SELECT string_agg(k::text, '' ORDER BY k) FROM live_kv WHERE k > 0};
sub changes
{
	my ($change, $back, $wrong, $name) = @_;
	my $other = $node->background_psql('postgres', on_error_stop => 0);

	$other->query_safe("PREPARE p AS $reads; SET plan_cache_mode = force_generic_plan; EXECUTE p");
	my ($out, $err) = session("$reads; $change $reads; BEGIN; $back $reads; COMMIT; $reads;");
	is($out, "123\n123\n123", "$name: at once, and in a transaction block") or diag($err);
	like($err, $wrong, "$name: it is the new one");
	$node->safe_psql('postgres', $change);
	$other->query('EXECUTE p');
	like($other->{stderr}, $wrong, "$name: in another session, for a prepared statement");
	$other->{stderr} = '';
	$other->query('BEGIN');
	$node->safe_psql('postgres', $back);
	is($other->query('EXECUTE p'), '123', "$name: and back, inside its transaction block");
	$other->query('COMMIT');
	$other->quit;
	return;
}
changes("ALTER SERVER warehouse OPTIONS (SET port '1');", "ALTER SERVER warehouse OPTIONS (SET port '$ENV{WAREHOUSE_PORT}');", qr/could not connect|refused/, 'an option of the server');
changes("ALTER SERVER warehouse OPTIONS (ADD max_rows '2');", 'ALTER SERVER warehouse OPTIONS (DROP max_rows);', qr/more than 2 rows/, 'max_rows of the server');
changes("ALTER FOREIGN TABLE live_kv OPTIONS (ADD max_rows '2');", 'ALTER FOREIGN TABLE live_kv OPTIONS (DROP max_rows);', qr/more than 2 rows/, 'max_rows of the table');
changes("ALTER USER MAPPING FOR postgres SERVER warehouse OPTIONS (SET password 'wrong');", "ALTER USER MAPPING FOR postgres SERVER warehouse OPTIONS (SET password '$ENV{WAREHOUSE_PASSWORD}');", qr/password authentication failed/, 'a user mapping');
changes("ALTER FOREIGN TABLE live_kv OPTIONS (SET table_name 'gone');", "ALTER FOREIGN TABLE live_kv OPTIONS (SET table_name 'kv');", qr/does not exist/, 'an option of the table');
changes("ALTER FOREIGN TABLE live_kv ALTER k OPTIONS (ADD column_name 'gone');", 'ALTER FOREIGN TABLE live_kv ALTER k OPTIONS (DROP column_name);', qr/does not exist/, 'an option of a column');

# what was dropped beside an open connection
my $dropped;
($dropped, $error) = session(qq{SELECT count(*) FROM live_kv; BEGIN; DECLARE c CURSOR FOR SELECT k FROM live_kv WHERE k > 0 ORDER BY k LIMIT 2; FETCH 1 FROM c;
	DROP USER MAPPING FOR postgres SERVER warehouse; FETCH 1 FROM c; SELECT count(*) FROM live_kv; ROLLBACK; SELECT count(*) FROM live_kv;});
is($dropped, "4\n1\n2\n4", 'a mapping that is dropped: the cursor goes on, ROLLBACK brings it back');
like($error, qr/user mapping/, '... and there is none for a new statement');
($dropped, $error) = session('SELECT count(*) FROM live_kv; BEGIN; DROP SERVER warehouse CASCADE; SELECT count(*) FROM live_kv; ROLLBACK; SELECT count(*) FROM live_kv;');
is($dropped, "4\n4", 'a server that is dropped comes back with ROLLBACK');
like($error, qr/relation "live_kv" does not exist/, '... and is gone before');

# what would write
my @writes = ('INSERT INTO live_kv VALUES (1)', 'INSERT INTO live_kv SELECT * FROM live_kv', 'INSERT INTO live_kv VALUES (1) ON CONFLICT DO NOTHING', 'UPDATE live_kv SET k = 1', 'DELETE FROM live_kv',
	'DELETE FROM live_kv USING live_kv x WHERE x.k = live_kv.k', 'WITH w AS (DELETE FROM live_kv RETURNING k) SELECT count(*) FROM w', 'PREPARE p AS DELETE FROM live_kv; EXECUTE p',
	($node->pg_version >= 14 ? 'TRUNCATE live_kv' : ()));
for my $write (@writes)
{
	my (undef, $err) = session("\\set VERBOSITY verbose\n$write;");
	like($err, qr/0A000: .*live_kv.*read-only.*HINT: .*rsfed\.execute.*COPY from S3/s, $write);
}
(undef, $error) = session("\\set VERBOSITY verbose\nCOPY live_kv FROM STDIN;\n1\n\\.\n");
like($error, qr/0A000: .*live_kv/, 'COPY FROM');
SKIP:
{
	skip 'MERGE came with PostgreSQL 15', 1 unless $is_15;
	(undef, $error) = session("\\set VERBOSITY verbose\nMERGE INTO live_kv a USING live_kv b ON a.k = b.k WHEN MATCHED THEN DELETE;");
	like($error, qr/(0A000|42809): .*live_kv/, 'MERGE');
}
is(session('SELECT count(*) FROM live_kv;'), '4', 'nothing was written');

# parallel plans of local tables beside live ones, and functions that read live
# tables in parallel workers
my $parallel = $node->pg_version >= 16 ? 'debug_parallel_query' : 'force_parallel_mode';
$node->safe_psql('postgres', q{CREATE TABLE here AS SELECT g AS k, repeat('x', 200) AS filler FROM generate_series(1, 20000) g; ANALYZE here;
	CREATE FUNCTION live_sum() RETURNS bigint LANGUAGE plpgsql PARALLEL SAFE AS $$ BEGIN RETURN (SELECT sum(k) FROM live_kv); END $$});
my $settings = 'SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0; SET max_parallel_workers_per_gather = 2;';
for my $query ('SELECT count(*), sum(h.k) FROM here h JOIN live_kv l ON l.k = h.k % 5', 'SELECT count(*) FROM here h WHERE h.k IN (SELECT k FROM live_kv WHERE n IS NOT NULL)',
	'SELECT max(x) FROM (SELECT k AS x FROM here UNION ALL SELECT k FROM live_kv) u', 'SELECT count(*) FROM here WHERE k < (SELECT max(a.k) FROM live_kv a JOIN live_kv b USING (k))',
	'SELECT count(*), min(live_sum()) FROM here WHERE k % 10000 = 0')
{
	my $plan = session("$settings EXPLAIN (COSTS off) $query;");
	my $expected = session("SET max_parallel_workers_per_gather = 0; $query;");
	# an Append with a scan that only the leader can do is not parallel
	like($plan, $query =~ /UNION/ ? qr/Append/ : qr/Gather/, "the plan of $query");
	is(session("$settings $query;"), $expected, '... has the same answer');
	is(session("SET $parallel = on; $query;"), $expected, "... with $parallel, too");
}

$node->stop;
warehouse_sql('DROP VIEW live_caller');
done_testing();
