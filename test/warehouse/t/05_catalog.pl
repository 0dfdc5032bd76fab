# Leader and compute nodes, discovery views, Spectrum (redshift.md sections 1, 4, 6, 7, 8).
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
$c->query('CREATE TABLE empty_one (i int)');
is_deeply($c->query(q{SELECT "table" FROM svv_table_info WHERE "table" IN ('nodes', 'empty_one')})->{rows}, [ ['nodes'] ], 'SVV_TABLE_INFO omits empty tables (section 6)');
$c->query('DROP TABLE empty_one');
is($c->query('CREATE MATERIALIZED VIEW nodes_mv AUTO REFRESH YES AS SELECT v, count(*) AS n FROM nodes GROUP BY v')->{error}, undef, 'materialized view (section 8)');
is($c->value("SELECT trim(name) FROM svv_mv_info WHERE name = 'nodes_mv'"), 'nodes_mv', 'SVV_MV_INFO');
is($c->query('REFRESH MATERIALIZED VIEW nodes_mv')->{error}, undef, 'REFRESH');
is($c->query('CREATE VIEW nodes_late AS SELECT i FROM nodes WITH NO SCHEMA BINDING')->{error}, undef, 'late-binding view (section 7)');

# Spectrum
$c->query('DROP SCHEMA IF EXISTS lake CASCADE');
$c->query('DELETE FROM standin.external_table; DELETE FROM standin.external_schema; DELETE FROM standin.external_column; DELETE FROM standin.external_partition');
my $schema = "CREATE EXTERNAL SCHEMA IF NOT EXISTS lake FROM DATA CATALOG DATABASE 'db' REGION 'eu-west-1' IAM_ROLE 'arn:aws:iam::1:role/a,arn:aws:iam::1:role/b' CREATE EXTERNAL DATABASE IF NOT EXISTS";
my $table = "CREATE EXTERNAL TABLE lake.sales (id int, name string, amount decimal(8,2), tags array<string>) PARTITIONED BY (day date)
	ROW FORMAT SERDE 'x.y' WITH SERDEPROPERTIES ('a'='b') STORED AS PARQUET LOCATION 's3://bucket/sales/' TABLE PROPERTIES ('numRows'='100')";
my $partition = "ALTER TABLE lake.sales ADD IF NOT EXISTS PARTITION (day='2026-01-01') LOCATION 's3://bucket/a/' PARTITION (day='2026-01-02') LOCATION 's3://bucket/b/'";
is_deeply($c->query($schema)->{tags}, ['CREATE EXTERNAL SCHEMA'], 'CREATE EXTERNAL SCHEMA (section 7)');
is_deeply($c->query($table)->{tags}, ['CREATE EXTERNAL TABLE'], 'CREATE EXTERNAL TABLE');
is_deeply($c->query($partition)->{tags}, ['ALTER TABLE'], 'ADD PARTITION');
is_deeply($c->query($partition)->{error}, undef, 'ADD IF NOT EXISTS PARTITION again');
like($c->error("ALTER TABLE lake.sales ADD PARTITION (day='2026-01-01') LOCATION 's3://x/'"), qr/already exists/, 'without IF NOT EXISTS it fails');
$c->query("ALTER TABLE lake.sales DROP PARTITION (day='2026-01-01')");
is_deeply($c->query('SELECT "values", location FROM svv_external_partitions')->{rows}, [ [ '["2026-01-02"]', 's3://bucket/b/' ] ], 'SVV_EXTERNAL_PARTITIONS (section 6)');
is_deeply($c->query('SELECT columnname, external_type, columnnum, part_key FROM svv_external_columns ORDER BY columnnum')->{rows},
	[ [ 'id', 'int', 1, 0 ], [ 'name', 'string', 2, 0 ], [ 'amount', 'decimal(8,2)', 3, 0 ], [ 'tags', 'array<string>', 4, 0 ], [ 'day', 'date', 5, 1 ] ], 'SVV_EXTERNAL_COLUMNS keeps the spelling');
is($c->value('SELECT parameters FROM svv_external_tables'), '{"numRows": "100"}', 'SVV_EXTERNAL_TABLES');
for my $statement ($schema, $table, $partition)
{
	$c->query('BEGIN');
	like($c->error($statement), qr/^25001 .* cannot run inside a transaction block/, substr($statement, 0, 20) . ' not in a transaction block (section 7)');
	$c->query('ROLLBACK');
}
like($c->error("CREATE EXTERNAL TABLE lake.x (i int) STORED AS PARQUET"), qr/^42601 /, 'LOCATION is needed');
like($c->error("CREATE EXTERNAL TABLE public.x (i int) STORED AS PARQUET LOCATION 's3://x/'"), qr/not an external schema/, 'an external schema is needed');
like($c->error("CREATE EXTERNAL SCHEMA bad FROM DATA CATALOG DATABASE 'db' IAM_ROLE 'arn:a, arn:b'"), qr/without blanks/, 'chained roles have no blanks');
is($c->query('SELECT name, sum(amount) FROM lake.sales GROUP BY name')->{error}, undef, 'it can be queried');
done_testing();
