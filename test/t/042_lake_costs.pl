# Workers query the costs of runs: many at a time, and never before a run.
use strict;
use warnings;

use File::Temp qw(tempdir);
use RsfedTest;
use PostgreSQL::Test::Utils;
use Test::More;

need_own_standins();

my $primary = start_primary('primary');
$primary->append_conf('postgresql.conf', "rsfed.idle_connection = 2s\nrsfed.max_workers = 1\n");
$primary->restart;
my $role = 'arn:aws:iam::123456789012:role/lake';
my $base = tempdir('costs-XXXXXX', TMPDIR => 1, CLEANUP => 1);

# Runs a query in the database of the tests.
sub ask { return $primary->safe_psql('postgres', $_[0]) }

# Statements that reached the warehouse, according to its log.
sub sent { return scalar grep { /\Q$_[0]\E/ } split /\n/, slurp_file("$base/statements.log") }

my $env = start_own_standin($base, '--lake', "$base/lake");
ask(qq{SELECT rsfed.register_server('own', 'localhost', 'dev', 'awsuser', '$env->{PASSWORD}', $env->{PORT}, 'require')});
ask(q{ALTER SERVER own OPTIONS (ADD gather_costs 'on')});
ask(qq{SELECT rsfed.create_external_schema('own', 'lake', 'db', '$role', options => '{"create_database": true}')});
ask(q{SELECT rsfed.execute('own', $$CREATE EXTERNAL TABLE lake.sales (n int) PARTITIONED BY (day int) STORED AS PARQUET LOCATION 's3://bucket/sales/'$$)});
for my $day (1 .. 3)
{
	ask(qq{SELECT rsfed.execute('own', 'SELECT standin.put(''s3://bucket/sales/day=$day/part'', ''10'')')});
	ask(qq{SELECT rsfed.execute('own', 'ALTER TABLE lake.sales ADD PARTITION (day=$day) LOCATION ''s3://bucket/sales/day=$day/''')});
}
for my $n (1 .. 5)
{
	ask(qq{SELECT rsfed.define_rollup('r$n', 'own', 'SELECT day, sum(n) AS n FROM lake.sales GROUP BY 1', key => '{day}', populate => false)});
}
my @ids = map { ask("SELECT rsfed.request_refresh('r$_')") } 1 .. 5;
ok($primary->poll_query_until('postgres', "SELECT count(*) = 5 FROM rsfed.runs WHERE status = 'published'"), 'runs end');
ok($primary->poll_query_until('postgres', 'SELECT count(*) = 5 AND bool_and(pending = 0) FROM rsfed.costs'), '... and then a worker asks what they cost');
is(ask('SELECT DISTINCT runs, unknown, s3_bytes, s3_files, partitions, partitions_read, note FROM rsfed.costs'), '1|0|6|3|3|3|', '... of each');
is(sent('/* rsfed costs */'), 1, '... in one statement');

# no run waits for an answer about costs
own_standin('fault', $base, qw(FAULT error), "'42501'", "'no'", qw(TIMES 1));
ask("SELECT rsfed.request_refresh('r1')");
ok($primary->poll_query_until('postgres', "SELECT status = 'failed' FROM rsfed.runs WHERE run_id = (SELECT max(run_id) FROM rsfed.runs)"), 'a run that fails');
ask("SELECT rsfed.request_refresh('r1')");
ok($primary->poll_query_until('postgres', q{SELECT sum(runs) = 6 AND bool_and(pending = 0) FROM rsfed.costs}), '... has no cost; the next one has');
unlike(slurp_file($primary->logfile), qr/could not be asked for/, 'nothing went wrong');

# an unchanged Iceberg table: one query of the catalog, which scans no bytes
ask(q{SELECT rsfed.execute('own', 'CALL standin.create_iceberg_table(''lake'', ''ice'', ''{n,int,int,0}'', ''s3://bucket/ice/'')')});
ask(q{SELECT rsfed.define_rollup('ice', 'own', 'SELECT count(*) AS n FROM lake.ice', method => 'replace', options => '{"lake_table": "lake.ice"}')});
my ($questions, $queries) = (sent('/* rsfed lake */'), sent('FROM lake.ice'));
my $run_id = ask("SELECT rsfed.request_refresh('ice')");
is(ask("SELECT rsfed.wait($run_id)"), 'unchanged', 'an Iceberg table without news');
is(sent('/* rsfed lake */') - $questions, 1, '... is asked for in one statement');
is(sent('FROM lake.ice') - $queries, 0, '... and not read while its snapshot is the same');
ok($primary->poll_query_until('postgres', q{SELECT count(*) = 1 FROM rsfed_catalog.run_price
	WHERE s3_bytes = 0 AND execution_ms >= 0 AND run_id = } . $run_id), '... at no byte of S3');

done_testing();
