# Sets: all members from one snapshot of the warehouse, by hand, by a worker and by
# a schedule; visibility, notifications, cancels and crashes.

use strict;
use warnings;

use RsfedTest;
use Test::More;

my $node = start_primary('primary', conf => "rsfed.max_workers = 1\n");

standin_reset();
warehouse_sql(q{
	DROP TABLE IF EXISTS set_sales;
	CREATE TABLE set_sales (seller integer, price integer);
	INSERT INTO set_sales SELECT i % 10, 10 FROM generate_series(1, 100) AS i;
});
$node->safe_psql('postgres', q{
	SELECT rsfed.define_rollup('sellers', 'warehouse', 'SELECT seller, sum(price) AS revenue FROM set_sales GROUP BY seller', timezone => 'Europe/Berlin');
	SELECT rsfed.define_rollup('total', 'warehouse', 'SELECT 1 AS one, sum(price) AS revenue FROM set_sales', key => '{one}');
	SELECT rsfed.define_set('month_end', '{total,sellers}');
});
my $sums = 'SELECT (SELECT sum(revenue) FROM sellers), (SELECT revenue FROM total)';

# The statuses of the last run of the set and of its members
sub last_set_run
{
	return $node->safe_psql('postgres', q{SELECT string_agg(coalesce(set_name, relation::text) || ' ' || status, ', ' ORDER BY run_id)
		FROM rsfed.runs WHERE (SELECT max(run_id) FROM rsfed.runs WHERE set_name = 'month_end') IN (run_id, set_run_id)});
}

# libpq 17 returns rows in chunks: with fewer rows the phase is still waiting for
# Redshift
my $at_work = q{SELECT set_name, relation, CASE WHEN phase IN ('receiving', 'waiting for Redshift') THEN 'reading' ELSE phase END
	FROM rsfed.progress WHERE run_id = };

# Neither member contains the changes in the warehouse during the read of the first
# one
warehouse_sql('UPDATE set_sales SET price = 11');
standin('FAULT stall_after_rows 3');
my $run = $node->safe_psql('postgres', "SELECT rsfed.request_set_refresh('month_end')");
poll_for($node, "$at_work$run", 'month_end|sellers|reading',
	'rsfed.progress shows the set and the member that it reads');
is($node->safe_psql('postgres', "SELECT count(*) FROM rsfed.runs WHERE status = 'running' AND $run IN (run_id, set_run_id)"),
	'3', 'the set and its members have a run each');
warehouse_sql('UPDATE set_sales SET price = 12');
standin_reset();
is($node->safe_psql('postgres', "SELECT rsfed.wait($run)"), 'published', 'the set is published');
is($node->safe_psql('postgres', $sums), '1100|1100', 'both members are of the snapshot that the first one read');
is($node->safe_psql('postgres', "SELECT count(DISTINCT as_of) FROM rsfed.freshness"), '1', 'with one as_of');

# The worker's connection can be used for other runs, too, after a session with one
# snapshot (with two workers, the other one might take the next run)
standin_reset();
is($node->safe_psql('postgres', q{SELECT rsfed.request_refresh('sellers') AS run \gset
	SELECT rsfed.wait(:run)}), 'published', 'a member by itself');
$run = $node->safe_psql('postgres', "SELECT rsfed.request_set_refresh('month_end')");
is($node->safe_psql('postgres', "SELECT rsfed.wait($run)"), 'published', 'the set again');
is($node->safe_psql('postgres', $sums), '1200|1200', 'they show the newest');
like(standin('STATUS'), qr/^connections_made\|0$/m, 'over the connection that was open');

$node->append_conf('postgresql.conf', 'rsfed.max_workers = 4');
$node->reload;

# Notifications
warehouse_sql('UPDATE set_sales SET price = 13');
my $heard = '';
$node->psql('postgres', "LISTEN rsfed_published;\nCALL rsfed.refresh_set('month_end');\nSELECT 1;\n", stdout => \$heard);
like($heard, qr/"relation" : "public.sellers".*"inserted" : 0, "updated" : 10, "deleted" : 0/, 'NOTIFY rsfed_published of one member');
like($heard, qr/"relation" : "public.total".*"updated" : 1/, 'and of the other');
standin('FAULT error_1023');
$node->psql('postgres', "LISTEN rsfed_event;\nCALL rsfed.refresh_set('month_end');\nSELECT 1;\n", stdout => \$heard, on_error_stop => 0);
standin_reset();
like($heard, qr/\{"set" : "month_end", "run_id" : \d+, "state" : "failing", "sqlstate" : "XX000"\}/, 'NOTIFY rsfed_event of the set');
like($heard, qr/\{"relation" : "public.$_", "run_id" : \d+, "state" : "failing"/, "and of $_") for qw(sellers total);
is(last_set_run(), 'month_end failed, sellers failed, total failed', 'all of them have failed');
$node->safe_psql('postgres', "CALL rsfed.refresh_set('month_end')");
is($node->safe_psql('postgres', "SELECT string_agg(state, ' ') FROM rsfed.freshness"), 'fresh fresh', 'and recover');

# Cancelled: no failure
standin('FAULT stall_before_rows');
$run = $node->safe_psql('postgres', "SELECT rsfed.request_set_refresh('month_end')");
poll_for($node, "SELECT phase FROM rsfed.progress WHERE run_id = $run", 'waiting for Redshift', 'the set waits for the warehouse');
# no other run takes its members meanwhile
my $single = $node->safe_psql('postgres', "SELECT rsfed.request_refresh('total')");
is($node->safe_psql('postgres', "SELECT rsfed.cancel($run)"), 't', 'rsfed.cancel of the run of a set');
is($node->safe_psql('postgres', "SELECT rsfed.wait($run)"), 'cancelled', 'ends it');
is(last_set_run(), 'month_end cancelled, sellers cancelled, total cancelled', 'and the runs of its members');
standin_reset();
is($node->safe_psql('postgres', "SELECT rsfed.wait($single)"), 'unchanged', 'a member by itself has waited');
standin('FAULT stall_before_rows');
$run = $node->safe_psql('postgres', "SELECT rsfed.request_set_refresh('month_end')");
poll_for($node, "SELECT phase FROM rsfed.progress WHERE run_id = $run", 'waiting for Redshift', 'the set waits again');
is($node->safe_psql('postgres', "SELECT rsfed.cancel(run_id) FROM rsfed.runs WHERE set_run_id = $run AND relation_name = 'public.total'"), 't',
	'rsfed.cancel of the run of a member');
is($node->safe_psql('postgres', "SELECT rsfed.wait($run)"), 'cancelled', 'ends that of the set');
is(last_set_run(), 'month_end cancelled, sellers cancelled, total cancelled', 'and those of all members');
standin_reset();
is($node->safe_psql('postgres', "SELECT failures FROM rsfed.sets"), '0', 'a cancel is no failure');

# While the second member is read, no snapshot is held, whatever the first one
# needed
$node->safe_psql('postgres', q{
	SELECT rsfed.define_rollup('sellers_again', 'warehouse', 'SELECT seller, sum(price) AS revenue FROM set_sales GROUP BY seller');
	SELECT rsfed.define_set('other', '{total,sellers_again}');
});
standin('FAULT stall_after_rows 3');
$run = $node->safe_psql('postgres', "SELECT rsfed.request_set_refresh('other')");
poll_for($node, "$at_work$run", 'other|sellers_again|reading', 'the second member is read');
is($node->safe_psql('postgres', "SELECT a.backend_xmin IS NULL AND a.backend_xid IS NULL FROM pg_stat_activity a JOIN rsfed.runs r ON r.pid = a.pid WHERE r.run_id = $run"),
	't', 'without a snapshot');
standin_reset();
is($node->safe_psql('postgres', "SELECT rsfed.wait($run)"), 'unchanged', 'and the set ends');
$node->safe_psql('postgres', "SELECT rsfed.drop_rollup('sellers_again'); SELECT rsfed.drop_set('other')");

# A failure inside a transaction block is recorded in the history
standin('FAULT error_1023');
psql_fails($node, "BEGIN; CALL rsfed.refresh_set('month_end'); COMMIT;", 'XX000', undef, 'a failure in a transaction block');
standin_reset();
poll_for($node, q{SELECT string_agg(coalesce(set_name, relation::text) || ' ' || status, ', ' ORDER BY coalesce(set_name, relation::text))
	FROM rsfed.runs WHERE note LIKE '%transaction block%'}, 'month_end failed, sellers failed, total failed',
	'is written for the set and its members');

# A schedule
warehouse_sql('UPDATE set_sales SET price = 14');
$node->safe_psql('postgres', "SELECT rsfed.schedule_set('month_end', '1 second', name => 'often')");
poll_for($node, $sums, '1400|1400', 'a schedule refreshes the set');
is($node->safe_psql('postgres', 'SELECT count(next_run_at) FROM rsfed.freshness'), '2', 'rsfed.freshness says when its members are next');
poll_for($node, "SELECT last_status FROM rsfed.schedules WHERE set_name = 'month_end'", 'unchanged', 'rsfed.schedules shows its last run');
$node->safe_psql('postgres', "SELECT rsfed.pause_set('month_end')");
poll_for($node, "SELECT count(*) FROM rsfed.runs WHERE status IN ('queued', 'running')", '0', 'paused');
warehouse_sql('UPDATE set_sales SET price = 15');
$node->safe_psql('postgres', "SELECT rsfed.resume_set('month_end')");
poll_for($node, $sums, '1500|1500', 'and resumed');
$node->safe_psql('postgres', "SELECT rsfed.unschedule_set('month_end', 'often')");
poll_for($node, "SELECT count(*) FROM rsfed.runs WHERE status IN ('queued', 'running')", '0', 'quiet');

# Even if the outcome cannot be recorded, no run stays marked as running
$node->safe_psql('postgres', 'ALTER TABLE rsfed_catalog.run ADD CONSTRAINT no_phase CHECK (phase IS NULL) NOT VALID');
standin('FAULT error_1023');
$run = $node->safe_psql('postgres', "SELECT rsfed.request_set_refresh('month_end')");
is($node->safe_psql('postgres', "SELECT rsfed.wait($run)"), 'failed', 'a failure that cannot be recorded is a failure');
standin_reset();
is(last_set_run(), 'month_end failed, sellers failed, total failed', 'of the members, too');
$node->safe_psql('postgres', 'ALTER TABLE rsfed_catalog.run DROP CONSTRAINT no_phase');

# kill -9 of the worker before it applies anything: all three runs are marked failed
warehouse_sql('UPDATE set_sales SET price = 16');
standin('FAULT stall_before_rows');
$run = $node->safe_psql('postgres', "SELECT rsfed.request_set_refresh('month_end')");
poll_for($node, "SELECT phase FROM rsfed.progress WHERE run_id = $run", 'waiting for Redshift', 'the set waits for the warehouse');
my $pid = $node->safe_psql('postgres', "SELECT pid FROM rsfed.runs WHERE run_id = $run");
kill_process($node, $pid);
standin_reset();
poll_for($node, "SELECT status FROM rsfed.runs WHERE run_id = $run", 'failed', 'after kill -9 of its worker');
is($node->safe_psql('postgres', "SELECT string_agg(status, ' ') FROM rsfed.runs WHERE set_run_id = $run"), 'failed failed', 'the runs of its members have failed with it');
poll_for($node, $sums, '1600|1600', 'a retry of the set brings what is new');
is($node->safe_psql('postgres', "SELECT string_agg(set_name, ' ') FROM rsfed.runs WHERE retry_of >= $run"), 'month_end', 'and no member is retried by itself');

# A schedule that follows that of a set waits for it, and not for the schedules of
# its members
$node->safe_psql('postgres', $_) for "SELECT rsfed.schedule_set('month_end', '\@yearly', 'closing')",
	q{SELECT rsfed.schedule_refresh('sellers', '@yearly', 'later', options => '{"after": ["set month_end/closing"]}')},
	"UPDATE rsfed_catalog.schedule SET next_run_at = now() WHERE schedule_name = 'later'; SELECT rsfed.resume_all()";
poll_for($node, q{SELECT waits_for FROM rsfed.runs WHERE schedule_name = 'later'}, 'schedule closing of set month_end', 'a rollup waits for a set');
$node->safe_psql('postgres', "UPDATE rsfed_catalog.schedule SET next_run_at = now() WHERE schedule_name = 'closing'; SELECT rsfed.resume_all()");
poll_for($node, q{SELECT status IN ('published', 'unchanged') FROM rsfed.runs WHERE schedule_name = 'later'}, 't', 'and goes on after it');

# A replica shows sets and names the server that refreshes them
my $replica = start_replica($node, 'replica');
is($replica->safe_psql('postgres', 'SELECT name, rollups, state FROM rsfed.sets'), 'month_end|{total,sellers}|fresh', 'rsfed.sets on a replica');
psql_fails($replica, "CALL rsfed.refresh_set('month_end')", '25006', qr/replica/, 'rsfed.refresh_set on a replica');

$replica->stop;
$node->stop;
warehouse_sql('DROP TABLE set_sales');
done_testing();
