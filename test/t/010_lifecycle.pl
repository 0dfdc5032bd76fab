# Databases and the extension are dropped, renamed and copied while workers are
# active; a publication FOR ALL TABLES does not change a subscriber's own rsfed.

use strict;
use warnings;

use RsfedTest;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = start_primary('primary', conf => "wal_level = logical\nmax_replication_slots = 10\nmax_wal_senders = 10\n");

warehouse_sql(q{
	DROP TABLE IF EXISTS life_sales;
	CREATE TABLE life_sales (seller integer, price decimal(8,2));
	INSERT INTO life_sales SELECT i % 10, i FROM generate_series(1, 100) AS i;
});
my $query = 'SELECT seller, sum(price) AS revenue FROM life_sales GROUP BY seller';

# A database with rsfed, a rollup, and a run of it that waits for Redshift
sub make_database
{
	my ($name) = @_;
	$node->safe_psql('postgres', "CREATE DATABASE $name TEMPLATE template0");
	$node->safe_psql($name, 'SET client_min_messages = warning; CREATE EXTENSION rsfed CASCADE');
	register_warehouse($node, database => $name);
	$node->safe_psql($name, "SELECT rsfed.define_rollup('revenue', 'warehouse', '$query')");
	$node->safe_psql($name, "SELECT rsfed.schedule_refresh('revenue', '1 second')");
	return;
}

# Waits in any database, like poll_for in postgres.
sub poll_in
{
	my ($database, $query_text, $expected, $name) = @_;
	ok($node->poll_query_until($database, $query_text, $expected), $name);
	return;
}

sub stall_run
{
	my ($name) = @_;
	standin('FAULT stall_before_rows');
	my $run = $node->safe_psql($name, "SELECT rsfed.request_refresh('revenue', method => 'merge')");
	poll_in($name, 'SELECT phase FROM rsfed.progress', 'waiting for Redshift', "$name: a run is at work in the warehouse");
	return $run;
}
sub nobody_in
{
	my ($name, $test) = @_;
	is($node->safe_psql('postgres', "SELECT count(*) FROM pg_stat_activity WHERE datname = '$name' AND backend_type LIKE 'rsfed%'"),
		'0', $test);
	return;
}

# DROP EXTENSION does not wait for the warehouse
make_database('ext');
stall_run('ext');
is($node->psql('ext', "SET statement_timeout = '120s'; SET client_min_messages = warning; DROP EXTENSION rsfed"), 3,
	'DROP EXTENSION is refused while there are servers');
stall_run('ext');
is($node->psql('ext', "SET statement_timeout = '120s'; SET client_min_messages = warning; BEGIN; DROP EXTENSION rsfed CASCADE; ROLLBACK"), 0,
	'DROP EXTENSION can be rolled back');
standin_reset();
poll_in('ext', "SELECT count(*) > 0 FROM rsfed.runs WHERE status IN ('published', 'unchanged') AND run_id > (SELECT max(run_id) FROM rsfed.runs WHERE status = 'failed')",
	't', 'then the scheduler goes on');
stall_run('ext');
is($node->psql('ext', "SET statement_timeout = '120s'; SET client_min_messages = warning; DROP EXTENSION rsfed CASCADE"), 0,
	'DROP EXTENSION CASCADE does not wait for a run');
standin_reset();
poll_in('postgres', "SELECT count(*) FROM pg_stat_activity WHERE datname = 'ext' AND backend_type LIKE 'rsfed%'", '0',
	'its processes have left');
is($node->safe_psql('ext', 'SELECT count(*) FROM revenue'), '10', 'the table stays');
is($node->safe_psql('ext', 'SELECT count(*) FROM pg_event_trigger WHERE evtname LIKE \'rsfed%\''), '0', 'no event trigger stays');
is($node->safe_psql('ext', 'SELECT count(*) FROM pg_foreign_server'), '0', 'no server stays');
$node->safe_psql('ext', 'ALTER TABLE revenue RENAME TO income; ALTER TABLE income RENAME TO revenue; DELETE FROM revenue WHERE seller = 3');
pass('the table is one like others');
$node->safe_psql('ext', 'SET client_min_messages = warning; CREATE EXTENSION rsfed CASCADE');
register_warehouse($node, database => 'ext');
$node->safe_psql('ext', "SELECT rsfed.define_rollup('revenue', 'warehouse', '$query', adopt => true, populate => false)");
$node->safe_psql('ext', "SELECT rsfed.schedule_refresh('revenue', '1 second')");
poll_in('ext', 'SELECT count(*) FROM revenue', '10', 'created again, it takes the table and refreshes it');

# Databases
stall_run('ext');
is($node->psql('postgres', "SET statement_timeout = '120s'; ALTER DATABASE ext RENAME TO ext2"), 0, 'ALTER DATABASE RENAME with a run at work');
standin_reset();
poll_in('ext2', "SELECT count(*) > 0 FROM rsfed.runs WHERE status = 'failed'", 't', 'the run that was ended is failed');
poll_in('ext2', "SELECT count(*) > 0 FROM rsfed.runs WHERE status IN ('published', 'unchanged') AND run_id > (SELECT max(run_id) FROM rsfed.runs WHERE status = 'failed')",
	't', 'and schedules go on under the new name');
stall_run('ext2');
is($node->psql('postgres', "SET statement_timeout = '120s'; CREATE DATABASE copied TEMPLATE ext2"), 0, 'CREATE DATABASE TEMPLATE with a run at work');
standin_reset();
is($node->safe_psql('copied', 'SELECT count(*) FROM rsfed.rollups'), '1', 'the copy has the rollup');
stall_run('ext2');
is($node->psql('postgres', "SET statement_timeout = '120s'; DROP DATABASE ext2"), 0, 'DROP DATABASE with a run at work');
standin_reset();
make_database('forced');
stall_run('forced');
is($node->psql('postgres', "SET statement_timeout = '120s'; DROP DATABASE forced WITH (FORCE)"), 0, 'DROP DATABASE WITH FORCE with a run at work');
standin_reset();
$node->safe_psql('postgres', 'DROP DATABASE copied');
nobody_in($_, "nobody is left in $_") for qw(ext2 forced copied);
poll_in('postgres', 'SELECT 1', '1', 'the server goes on');
ok($node->poll_query_until('postgres', "SELECT count(*) <= 1 FROM pg_stat_activity WHERE backend_type LIKE 'rsfed scheduler%'"), 'schedulers of dropped databases have left');

# A table that is dropped, altered or gets another owner while its run waits for
# Redshift
$node->safe_psql('postgres', "SELECT rsfed.define_rollup('revenue', 'warehouse', '$query')");
for my $command ('DROP TABLE revenue', "SELECT rsfed.drop_rollup('revenue', keep_table => true)")
{
	standin('FAULT stall_before_rows');
	my $run = $node->safe_psql('postgres', "SELECT rsfed.request_refresh('revenue')");
	poll_for($node, "SELECT phase FROM rsfed.progress WHERE run_id = $run", 'waiting for Redshift', 'a run is at work');
	is($node->psql('postgres', "SET statement_timeout = '120s'; $command"), 0, "$command does not wait for it");
	standin_reset();
	poll_for($node, "SELECT status FROM rsfed_catalog.run WHERE run_id = $run", 'failed', 'the run ends as failed');
	like($node->safe_psql('postgres', "SELECT message FROM rsfed_catalog.run WHERE run_id = $run"), qr/was dropped/, 'and says why');
	is($node->safe_psql('postgres', 'SELECT count(*) FROM rsfed_catalog.relation'), '0', 'nothing is left of it');
	is($node->safe_psql('postgres', 'SELECT count(*) FROM rsfed_catalog.freshness'), '0', 'no freshness either');
	$node->safe_psql('postgres', "SELECT rsfed.define_rollup('revenue', 'warehouse', '$query')") if $command =~ /^DROP/;
}
$node->safe_psql('postgres', 'DROP TABLE revenue');

# A column is renamed during a run: that run must be repeated, and is
$node->safe_psql('postgres', "SELECT rsfed.define_rollup('revenue', 'warehouse', '$query')");
$node->safe_psql('postgres', "SELECT rsfed.schedule_refresh('revenue', '1 second', options => '{\"retry_delay\": \"1 s\"}')");
stall_run('postgres');
$node->safe_psql('postgres', 'ALTER TABLE revenue RENAME COLUMN seller TO vendor');
standin_reset();
poll_in('postgres', "SELECT count(*) > 0 FROM rsfed.runs WHERE status = 'failed' AND sqlstate = '40001' AND message LIKE '%redefined%'", 't',
	'a run of before the rename does not write');
poll_in('postgres', "SELECT count(*) > 0 FROM rsfed.runs WHERE status = 'unchanged' AND definition = 2", 't', 'those after it go on');
$node->safe_psql('postgres', 'DROP TABLE revenue');

# A publication FOR ALL TABLES
my $subscriber = start_primary('subscriber', conf => "rsfed.scheduler = off\n");
$subscriber->safe_psql('postgres', "SELECT rsfed.define_rollup('own', 'warehouse', '$query')");
$subscriber->safe_psql('postgres', 'CREATE TABLE revenue (seller integer, revenue numeric); ALTER TABLE revenue REPLICA IDENTITY FULL');
my $tables = $subscriber->safe_psql('postgres', q{SELECT string_agg(format('SELECT %L, count(*), sum(hashtext(t::text)) FROM rsfed_catalog.%I t', relname, relname), ' UNION ALL ' ORDER BY relname)
	FROM pg_class WHERE relnamespace = 'rsfed_catalog'::regnamespace AND relkind = 'r'});
my $before = $subscriber->safe_psql('postgres', $tables);
$node->safe_psql('postgres', 'CREATE PUBLICATION everything FOR ALL TABLES');
$node->safe_psql('postgres', "SELECT rsfed.define_rollup('revenue', 'warehouse', '$query')");
$subscriber->safe_psql('postgres', "CREATE SUBSCRIPTION everything CONNECTION '" . $node->connstr . " dbname=postgres' PUBLICATION everything");
$subscriber->wait_for_subscription_sync($node, 'everything');
is($subscriber->safe_psql('postgres', 'SELECT count(*) FROM revenue'), '10', 'the served table is published');
warehouse_sql('INSERT INTO life_sales VALUES (77, 1)');
$node->safe_psql('postgres', "CALL rsfed.refresh('revenue')");
$node->safe_psql('postgres', "SELECT rsfed.schedule_refresh('revenue', '\@daily')");
$node->safe_psql('postgres', "SELECT rsfed.pause('revenue')");
$node->safe_psql('postgres', "SELECT rsfed.unschedule_refresh('revenue')");
$node->safe_psql('postgres', "SELECT rsfed.alter_rollup('revenue', options => '{\"max_rows\": 1000}')");
$node->wait_for_catchup('everything');
is($subscriber->safe_psql('postgres', 'SELECT count(*) FROM revenue'), '11', 'and what changes in it');
is($subscriber->safe_psql('postgres', $tables), $before, "the subscriber's own tables of rsfed are as they were");
unlike(PostgreSQL::Test::Utils::slurp_file($subscriber->logfile), qr/ERROR:.*rsfed_catalog/, 'and nothing failed');

$subscriber->stop;
$node->stop;
warehouse_sql('DROP TABLE life_sales');
done_testing();
