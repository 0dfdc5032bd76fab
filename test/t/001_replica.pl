# A streaming replica: reads work there, writes fail and name the primary, the
# scheduler is idle, and after a promotion it continues by itself; the old primary
# becomes, after pg_rewind, a replica like any other.

use strict;
use warnings;

use RsfedTest;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(time);

# pg_rewind needs the hints, and the WAL since the timelines diverged
my $primary = start_primary('primary', conf => "wal_log_hints = on\nwal_keep_size = 1GB\n");
my $replica = start_replica($primary, 'replica');

warehouse_sql(q{
	DROP TABLE IF EXISTS replica_sales;
	CREATE TABLE replica_sales (seller integer, price decimal(8,2));
	INSERT INTO replica_sales VALUES (1, 10), (1, 20), (2, 5);
});

my $query = 'SELECT seller, sum(price) AS revenue FROM replica_sales GROUP BY seller';
$primary->safe_psql('postgres',
	"SELECT rsfed.define_rollup('revenue', 'warehouse', '$query')");
$primary->safe_psql('postgres',
	"CREATE MATERIALIZED VIEW total AS SELECT sum(revenue) AS total FROM revenue");
$primary->safe_psql('postgres', "SELECT rsfed.schedule_refresh('revenue', '1 second')");
$primary->wait_for_catchup($replica);

# Reading
is($replica->safe_psql('postgres', 'SELECT seller, revenue FROM revenue ORDER BY seller'),
	"1|30.00\n2|5.00", 'the replica serves the rollup');
is($replica->safe_psql('postgres', 'SELECT state FROM rsfed.freshness'),
	'fresh', 'freshness is readable on the replica');
for my $view (qw(rollups runs freshness progress schedules servers credentials options))
{
	my ($out, $err);
	is($replica->psql('postgres', "SELECT count(*) FROM rsfed.$view", stdout => \$out, stderr => \$err),
		0, "view rsfed.$view is readable on the replica")
	  or diag($err);
}
is($replica->safe_psql('postgres',
		"SELECT sum(sales) FROM rsfed.query('warehouse', 'SELECT count(*) AS sales FROM replica_sales') AS t (sales bigint)"),
	'3', 'the replica may ask Redshift');
is($replica->safe_psql('postgres',
		"SELECT string_agg(column_name, ' ' ORDER BY ordinal) FROM rsfed.describe('warehouse', '$query')"),
	'seller revenue', 'describe works on the replica');

# Following
warehouse_sql('INSERT INTO replica_sales VALUES (3, 7)');
poll_for($replica, 'SELECT revenue FROM revenue WHERE seller = 3', '7.00',
	'the replica follows a change in the warehouse');

# The age of an answer, read with it, and of the same version
$primary->wait_for_catchup($replica);
is($replica->safe_psql('postgres', q{
		SELECT r.revenue, rsfed.as_of('revenue') = f.as_of, rsfed.age('revenue') = f.age
		FROM revenue r, rsfed.freshness f
		WHERE r.seller = 3 AND f.relation = 'revenue'::regclass AND rsfed.require_fresh('revenue', '1 hour')}),
	'7.00|t|t', 'as_of, age and require_fresh work on the replica');
psql_fails($replica, q{SELECT rsfed.require_fresh('revenue', '0')}, '55000', qr/rollup "revenue" is older than/,
	'and require_fresh refuses there');
my $snapshot = $replica->background_psql('postgres');
my $as_of = $snapshot->query_safe(q{BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT rsfed.as_of('revenue')});
poll_for($replica, "SELECT rsfed.as_of('revenue') > '$as_of'", 't', 'a newer as_of arrives on the replica');
is($snapshot->query_safe(q{SELECT rsfed.as_of('revenue')}), $as_of, 'a snapshot there keeps the one of its content');
$snapshot->quit;

# Writing: every function of the interface that changes something
my %writes = (
	register_server => "SELECT rsfed.register_server('other', 'localhost', 'dev', 'u', verify => false)",
	set_credentials => "SELECT rsfed.set_credentials('warehouse', 'u', 'p', verify => false)",
	drop_server => "SELECT rsfed.drop_server('warehouse')",
	define_rollup => "SELECT rsfed.define_rollup('second', 'warehouse', '$query')",
	alter_rollup => "SELECT * FROM rsfed.alter_rollup('revenue', method => 'replace')",
	drop_rollup => "SELECT rsfed.drop_rollup('revenue')",
	refresh => "CALL rsfed.refresh('revenue')",
	request_refresh => "SELECT rsfed.request_refresh('revenue')",
	cancel => 'SELECT rsfed.cancel(1)',
	schedule_refresh => "SELECT rsfed.schedule_refresh('revenue', '1 hour', 'hourly')",
	alter_schedule => "SELECT rsfed.alter_schedule('revenue', 'refresh', '1 hour')",
	unschedule_refresh => "SELECT rsfed.unschedule_refresh('revenue')",
	pause => "SELECT rsfed.pause('revenue')",
	resume => "SELECT rsfed.resume('revenue')",
	pause_all => 'SELECT rsfed.pause_all()',
	resume_all => 'SELECT rsfed.resume_all()');

for my $function (sort keys %writes)
{
	psql_fails($replica, $writes{$function}, '25006', qr/HINT:.*primary/is,
		"rsfed.$function is refused on the replica and says where it can run");
}

# rsfed.wait: on a replica, once the run's outcome has arrived there
my $run = $primary->safe_psql('postgres', "SELECT rsfed.request_refresh('revenue')");
like($replica->safe_psql('postgres', "SELECT rsfed.wait($run, '2 min')"),
	qr/^(published|unchanged)$/, 'rsfed.wait works on the replica');

# Nothing of rsfed runs on a replica
is($replica->safe_psql('postgres',
		"SELECT count(*) FROM pg_stat_activity WHERE backend_type LIKE 'rsfed%'"),
	'0', 'no process of rsfed runs on the replica');
ok($primary->safe_psql('postgres',
		"SELECT count(*) FROM pg_stat_activity WHERE backend_type LIKE 'rsfed%'") > 0,
	'they run on the primary');

# Promotion
$primary->stop('immediate');
my $runs = $replica->safe_psql('postgres', 'SELECT max(run_id) FROM rsfed.runs');
$replica->promote;
my $promoted = time;
poll_for($replica, "SELECT count(*) > 0 FROM rsfed.runs WHERE run_id > $runs AND trigger = 'schedule' "
	  . "AND status IN ('published', 'unchanged')", 't', 'after promotion the scheduler is awake');
note(sprintf('%.1f s from promotion to the end of the first scheduled run', time - $promoted));
poll_for($replica, "SELECT count(*) > 2 FROM rsfed.runs WHERE run_id > $runs AND trigger = 'schedule' "
	  . "AND status IN ('published', 'unchanged')", 't',
	'after promotion the schedule goes on by itself');
is($replica->safe_psql('postgres', "SELECT count(*) FROM rsfed.runs WHERE status IN ('queued', 'running') AND run_id <= $runs"),
	'0', 'no run of the old primary is left open');
warehouse_sql('INSERT INTO replica_sales VALUES (4, 9)');
poll_for($replica, 'SELECT revenue FROM revenue WHERE seller = 4', '9.00',
	'the new primary follows the warehouse');
$replica->safe_psql('postgres', "CALL rsfed.refresh('revenue')");
pass('refresh works on the new primary');

# The old primary has changes that the new one never received; it returns as a
# replica
$primary->start;
$primary->safe_psql('postgres', "CALL rsfed.refresh('revenue')");
$primary->stop;
$replica->safe_psql('postgres', 'CHECKPOINT');
command_ok(
	[
		'pg_rewind', '--no-sync',
		'--source-server', $replica->connstr('postgres'),
		'--target-pgdata', $primary->data_dir
	],
	'the old primary is rewound');
# the settings of the new primary were copied, too
$primary->append_conf('postgresql.conf', 'port = ' . $primary->port . "\nhot_standby_feedback = on\n");
$primary->enable_streaming($replica);
$primary->start;
warehouse_sql('INSERT INTO replica_sales VALUES (5, 11)');
poll_for($primary, 'SELECT revenue FROM revenue WHERE seller = 5', '11.00',
	'rewound, it follows the new primary');
is($primary->safe_psql('postgres', 'SELECT pg_is_in_recovery(), '
		  . "(SELECT count(*) FROM pg_stat_activity WHERE backend_type LIKE 'rsfed%')"), 't|0',
	'and runs nothing');
is($primary->safe_psql('postgres', 'SELECT is_held, mismatch FROM rsfed_catalog.guard'), 'f|',
	'while it could take over again');

$primary->stop;
$replica->stop;
warehouse_sql('DROP TABLE replica_sales');
done_testing();
