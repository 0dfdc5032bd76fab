# Leader and compute nodes, discovery views (redshift.md sections 1, 4, 6, 8); Spectrum is in 07_lake.pl.
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use Standin;
use Test::More;

start();
my $c = connect_to();
$c->query($_) for 'DROP TABLE IF EXISTS nodes CASCADE', 'CREATE TABLE nodes (i int, t timestamptz, v varchar(20), d decimal(8,2))', "INSERT INTO nodes VALUES (1, '2026-01-01', 'a', 1)";
my $words = 'Specified types or functions (one per INFO message) not supported on Redshift tables.';

for my $call ('NOW()', 'CURRENT_TIMESTAMP', 'LOCALTIMESTAMP', 'CURRENT_TIME', 'version()', 'current_schema()', 'AGE(t)', 'generate_series(1, 3)', "has_table_privilege('nodes', 'SELECT')", 'pg_last_query_id()')
{
	is($c->query("SELECT $call")->{error}, undef, "$call alone (section 4, DG:c_SQL_functions_leader_node_only)") unless $call =~ /\(t\)/;
	my $answer = $c->query("SELECT i, $call FROM nodes");
	is("$answer->{error}{C} $answer->{error}{M}", "0A000 $words", "... not over a user table (section 3)");
	is($answer->{notices}[0]{S}, 'INFO', '... and an INFO message');
}
is($c->error('SELECT i FROM nodes WHERE t < (SELECT now())'), "0A000 $words", 'nor in a subquery');
is($c->error('SELECT i FROM nodes JOIN generate_series(1, 3) AS g ON g = i'), "0A000 $words", 'nor a join with generate_series (section 4, code search)');
is($c->query("SELECT $_ FROM nodes")->{error}, undef, "$_ is fine") for 'GETDATE()', 'SYSDATE', 'CURRENT_DATE', 'current_user';
like($c->error('SELECT MEDIAN(1)'), qr/^0A000 One or more of the used functions must be applied on at least one user created table\./, 'MEDIAN needs a user table (section 3, DG:c_join_PG)');
like($c->error("SELECT LISTAGG(relname, ',') WITHIN GROUP (ORDER BY relname) FROM pg_class"), qr/^0A000 One or more/, 'LISTAGG over PG_* alone (section 6)');
is($c->error('SELECT version(), schema_name FROM svv_all_schemas'), "0A000 $words", 'SVV views run on compute nodes (section 6)');

# views
for my $view (qw(svv_all_columns svv_all_tables svv_all_schemas svv_redshift_columns svv_redshift_databases svv_columns svv_tables svv_table_info svv_mv_info
	svv_external_schemas svv_external_tables svv_external_columns svv_external_partitions svv_external_databases
	sys_query_history stv_wlm_query_state stv_wlm_query_queue_state stv_inflight stv_sessions svl_qlog pg_table_def pg_user))
{
	is($c->query("SELECT * FROM $view LIMIT 5")->{error}, undef, "$view (section 6)");
}
is_deeply($c->query("SELECT column_name, data_type, character_maximum_length, numeric_precision, numeric_scale FROM svv_all_columns WHERE table_name = 'nodes' ORDER BY ordinal_position")->{rows},
	[ [ 'i', 'integer', undef, 32, 0 ], [ 't', 'timestamp with time zone', undef, undef, undef ], [ 'v', 'character varying', 20, undef, undef ], [ 'd', 'numeric', undef, 8, 2 ] ], 'SVV_ALL_COLUMNS (section 6, WEB)');
is_deeply($c->query(q{SELECT "column", type FROM pg_table_def WHERE tablename = 'nodes' AND "column" = 'd'})->{rows}, [ [ 'd', 'numeric(8,2)' ] ], 'PG_TABLE_DEF');
my $long = 'n' x 100;
$c->query("CREATE TABLE $long (${long}_a int, \"${long}_B\" int)");
is_deeply($c->query("SELECT table_name, column_name FROM svv_all_columns WHERE table_name LIKE 'nnn%' ORDER BY ordinal_position")->{rows},
	[ [ $long, "${long}_a" ], [ $long, "${long}_b" ] ], 'names have up to 127 bytes (section 4, DG:r_names)');
is_deeply([ map { $_->{name} } @{ $c->query("SELECT * FROM \"$long\" WHERE ${long}_b = 1")->{columns} } ], [ "${long}_a", "${long}_b" ], '... everywhere');
$c->query("DROP TABLE $long");
$c->query('CREATE TABLE empty_one (i int)');
is_deeply($c->query(q{SELECT "table" FROM svv_table_info WHERE "table" IN ('nodes', 'empty_one')})->{rows}, [ ['nodes'] ], 'SVV_TABLE_INFO omits empty tables (section 6)');
$c->query('DROP TABLE empty_one');
is($c->query('CREATE MATERIALIZED VIEW nodes_mv AUTO REFRESH YES AS SELECT v, count(*) AS n FROM nodes GROUP BY v')->{error}, undef, 'materialized view (section 8)');
is($c->value("SELECT trim(name) FROM svv_mv_info WHERE name = 'nodes_mv'"), 'nodes_mv', 'SVV_MV_INFO');
is($c->query('REFRESH MATERIALIZED VIEW nodes_mv')->{error}, undef, 'REFRESH');
is($c->query('CREATE VIEW nodes_late AS SELECT i FROM nodes WITH NO SCHEMA BINDING')->{error}, undef, 'late-binding view (section 7)');

done_testing();
