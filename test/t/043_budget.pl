# Budgets: when one is used up, the scheduler holds its schedules, reports it, and
# continues at the next midnight by itself; manual requests run.
use strict;
use warnings;

use RsfedTest;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(time);

my $node = start_primary('primary', register => 0,
	conf => "rsfed.max_workers = 1\nrsfed.ssl_root_cert = '" . all_authorities() . "'\n");

sub sql { return $node->safe_psql('postgres', $_[0]); }

# The number of runs that satisfy a condition.
sub runs { return sql("SELECT count(*) FROM rsfed.runs WHERE $_[0]"); }

# A zone whose next midnight is at a full minute, at least that many seconds from
# now.
sub zone_with_midnight_in
{
	my ($seconds) = @_;
	my $minutes = int((time + $seconds) / 60 + 1) % 1440;
	return sprintf('SOON+%02d:%02d', $minutes / 60, $minutes % 60);
}

for my $n (1, 2)
{
	at_warehouse($n, sub { standin_reset(); register_warehouse($node, name => "w$n"); });
}
my $query = 'SELECT 1 AS k, count(*) AS n FROM trade';
sql("SELECT rsfed.define_rollup('$_', 'w1', '$query', key => '{k}')") for qw(a b);

# a rollup's own budget holds only that rollup
sql(q{SELECT rsfed.alter_rollup('a', options => '{"max_seconds_per_day": "1500ms"}', populate => false)});
standin('FAULT slow 400');
sql("SELECT rsfed.schedule_refresh('$_', '1 second')") for qw(a b);
poll_for($node, "SELECT state FROM rsfed.freshness WHERE relation = 'a'::regclass", 'held', 'a rollup that has used up its budget is held');
standin_reset();
like(sql("SELECT message FROM rsfed.freshness WHERE relation = 'a'::regclass"),
	qr/^held: budget: its max_seconds_per_day is used up: \d+\.\d s of 1\.5 s, until \d{4}-\d\d-\d\d begins in UTC$/, '... and says why');
is(sql("SELECT held, held_reason ~ '^budget: its max_seconds_per_day' FROM rsfed.schedules WHERE relation = 'a'::regclass"), 't|t', '... as rsfed.schedules does');
is(sql("SELECT value FROM rsfed.metrics WHERE name = 'rsfed_budget_used_up' AND labels = '{\"relation\": \"public.a\"}'"), '1', '... and rsfed.metrics');
ok(sql("SELECT used_up AND ends_at > now() AND seconds >= max_seconds FROM rsfed.budgets WHERE relation = 'a'::regclass"), '... and rsfed.budgets');
$node->wait_for_log(qr/rsfed: relation public\.a is now held/);
my $of_a = runs("relation = 'a'::regclass AND status <> 'skipped'");
my $of_b = runs("relation = 'b'::regclass AND status = 'published'") + runs("relation = 'b'::regclass AND status = 'unchanged'");
poll_for($node, "SELECT count(*) > $of_b + 2 FROM rsfed.runs WHERE relation = 'b'::regclass AND status IN ('published', 'unchanged')", 't', 'another rollup goes on');
is(runs("relation = 'a'::regclass AND status <> 'skipped'"), $of_a, '... while nothing was run of the one that is held');
is(sql("SELECT state FROM rsfed.freshness WHERE relation = 'b'::regclass"), 'fresh', '... which is not');
is(sql("SELECT string_agg(subject || ': ' || (remedy ~ '^SELECT rsfed.alter_rollup')::text, ' ') FROM rsfed.doctor() WHERE problem ~ 'is used up'"), 'public.a: true', 'doctor() says so, with a remedy');

# a manual refresh runs, with a notice
my ($out, $err) = ('', '');
$node->psql('postgres', "CALL rsfed.refresh('a')", stdout => \$out, stderr => \$err, extra_params => [ '-v', 'VERBOSITY=verbose' ]);
like($err, qr/WARNING:  53400: this refresh is run, but schedules are held for a budget\nDETAIL:  They are held because its max_seconds_per_day is used up: \d+\.\d s of 1\.5 s, until/, 'CALL rsfed.refresh warns with the figures');
like($out, qr/\|(published|unchanged)\|/, '... and runs');
my $run = sql("SELECT rsfed.request_refresh('a')");
like(sql("SELECT rsfed.wait($run)"), qr/^(published|unchanged)$/, 'so does a refresh that is requested');
is(sql("SELECT state FROM rsfed.freshness WHERE relation = 'a'::regclass"), 'held', 'it is still held');
$node->restart;
is(sql("SELECT state FROM rsfed.freshness WHERE relation = 'a'::regclass"), 'held', '... and after a restart');

# the remedy ends the hold at once
my $before = -s $node->logfile;
sql("SELECT remedy FROM rsfed.doctor() WHERE subject = 'public.a' AND problem ~ 'is used up'") =~ /(.*)/ and sql($1);
poll_for($node, "SELECT state FROM rsfed.freshness WHERE relation = 'a'::regclass", 'fresh', 'the remedy of doctor() lets it go');
$node->wait_for_log(qr/rsfed: relation public\.a is now recovered/, $before);
sql("SELECT rsfed.unschedule_refresh('$_')") for qw(a b);
sql(q{SELECT rsfed.alter_rollup('a', options => '{"max_seconds_per_day": null}', populate => false)});

# the budget of a server holds all rollups on it, and sets, until midnight
sql("SELECT rsfed.define_set('both', '{a,b}'), rsfed.schedule_set('both', '1 second'), rsfed.schedule_refresh('b', '1 second')");
my $zone = zone_with_midnight_in(15);
sql("ALTER SERVER w1 OPTIONS (ADD max_seconds_per_day '1ms', ADD budget_timezone '$zone')");
poll_for($node, "SELECT string_agg(state, ' ') FROM (SELECT state FROM rsfed.freshness UNION ALL SELECT state FROM rsfed.sets) s", 'held held held', 'a server that has used up its budget holds rollups and sets');
like(sql("SELECT message FROM rsfed.sets"), qr/^held: budget: max_seconds_per_day of server w1 is used up: /, '... and says so');
is(sql("SELECT bool_and(held) FROM rsfed.schedules"), 't', '... and all schedules');
is(sql("SELECT count(*) FROM rsfed.doctor() WHERE problem ~ 'is used up'"), '1', 'doctor() has one row for them');
sql("SELECT pg_sleep(1)");
my $held_from = sql("SELECT max(run_id) FROM rsfed.runs");
sql("SELECT pg_sleep(2.5)");
is(runs("run_id > $held_from AND status <> 'skipped'"), '0', 'nothing is run meanwhile');
my $until = sql("SELECT max(held_until) FROM rsfed_catalog.held_budget");
$before = -s $node->logfile;
poll_for($node, "SELECT count(*) > 0 FROM rsfed.runs WHERE run_id > $held_from AND status IN ('published', 'unchanged') AND trigger = 'schedule' AND started_at >= '$until'",
	't', 'after midnight they are run again by themselves');
is(runs("run_id > $held_from AND status <> 'skipped' AND started_at < '$until'"), '0', '... and not before');
# the budget of the new day is the same again
poll_for($node, "SELECT bool_and(held_until > '$until'::timestamptz + interval '20 hours') FROM rsfed_catalog.held_budget", 't', '... and are held again, as the budget is what it was');
$node->wait_for_log(qr/relation public\.b is now recovered.*relation public\.b is now held/s, $before);
sql("ALTER SERVER w1 OPTIONS (DROP max_seconds_per_day, DROP budget_timezone)");
poll_for($node, 'SELECT count(*) FROM rsfed_catalog.held_budget', '0', 'without the option nothing is held');
sql("SELECT rsfed.unschedule_set('both'), rsfed.unschedule_refresh('b'), rsfed.drop_set('both')");

# runs that are already queued when it is used up
sql("SELECT rsfed.define_rollup('q$_', 'w1', '$query', key => '{k}', populate => false)") for 1 .. 6;
poll_for($node, "SELECT count(*) FROM rsfed.runs WHERE status IN ('queued', 'running')", '0', 'nothing runs');
standin('FAULT slow 400');
# nothing has been used on this day yet
sql("DELETE FROM rsfed_catalog.spending");
sql("ALTER SERVER w1 OPTIONS (ADD max_seconds_per_day '1s')");
sql("SELECT rsfed.schedule_refresh(('q' || i)::regclass, '1 second') FROM generate_series(1, 6) AS i");
poll_for($node, "SELECT count(*) FROM rsfed.freshness WHERE relation::text ~ '^q' AND state = 'held'", '6', 'all are held');
poll_for($node, "SELECT count(*) FROM rsfed.runs WHERE status IN ('queued', 'running')", '0', 'nothing is left in the queue');
standin_reset();
my $done = runs("relation_name ~ 'q\\d' AND status IN ('published', 'unchanged')");
# the budget is one second, and each run takes at least 400 ms
ok($done >= 1 && $done <= 3, "of six that were due at once $done ran, for a budget of three at most");
is(sql("SELECT count(*) >= 2 AND bool_and(note ~ '^budget: max_seconds_per_day of server w1 is used up') FROM rsfed.runs WHERE relation_name ~ 'q\\d' AND status = 'skipped'"), 't', '... the others were skipped, and say why');
ok(runs("relation_name ~ 'q\\d' AND status = 'skipped'") <= 6, '... once each');
poll_for($node, "SELECT count(*) FROM rsfed.schedules WHERE relation::text ~ '^q' AND next_run_at < now()", '6', '... and all are due once the day is over');
sql("SELECT rsfed.drop_rollup(('q' || i)::regclass) FROM generate_series(1, 6) AS i");
sql("ALTER SERVER w1 OPTIONS (DROP max_seconds_per_day)");

# schedules do not use a member whose own budget is used up
sql("SELECT rsfed.define_group('house'), rsfed.add_member('house', 'w1'), rsfed.add_member('house', 'w2')");
sql("SELECT rsfed.define_rollup('g', 'house', '$query', key => '{k}', populate => false)");
sql("ALTER SERVER w1 OPTIONS (ADD max_seconds_per_day '1ms')");
sql("CALL rsfed.refresh('$_')") for qw(g g);
is(sql("SELECT used_up FROM rsfed.budgets WHERE source = 'w1'"), 't', 'a member has used up its budget');
my $from = sql("SELECT max(run_id) FROM rsfed.runs");
sql("SELECT rsfed.schedule_refresh('g', '1 second'), rsfed.schedule_refresh('g', '1 second', name => 'there', options => '{\"member\": \"w1\"}')");
poll_for($node, "SELECT count(*) >= 4 FROM rsfed.runs WHERE run_id > $from AND status IN ('published', 'unchanged')", 't', 'schedules go on');
is(sql("SELECT string_agg(DISTINCT server, ' ') FROM rsfed.runs WHERE run_id > $from"), 'w2', '... at the other member');
is(sql("SELECT skipped > 0, skip_reason FROM rsfed.schedules WHERE name = 'there'"), 't|budget: the members at which it may ask have used up theirs', '... but for one that may not ask there');
sql("ALTER SERVER w2 OPTIONS (ADD max_seconds_per_day '1ms')");
poll_for($node, "SELECT message ~ '^held: budget: all members of group house have used up theirs' FROM rsfed.freshness WHERE relation = 'g'::regclass", 't', 'without a member that is left it is held');

# a dump contains the options, but not the usage of a budget
my $dump = PostgreSQL::Test::Utils::tempdir() . '/dump.sql';
sql(q{SELECT rsfed.alter_rollup('a', options => '{"max_scan_per_day": "2TB"}', populate => false)});
command_ok([ 'pg_dump', '-d', $node->connstr('postgres'), '-f', $dump ], 'a database with budgets is dumped');
sql('CREATE DATABASE restored');
command_ok([ 'psql', '-Xq', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr('restored'), '-f', $dump ], 'and restored');
is($node->safe_psql('restored', "SELECT string_agg(concat_ws(' ', coalesce(source, relation::text), max_scan_bytes, max_seconds, seconds), ', ' ORDER BY source, relation) FROM rsfed.budgets"),
	'w1 0.0 0.0, w2 0.0 0.0, a 2199023255552 0.0', '... with the budgets, of which nothing is used there');

# a thousand rollups with budgets of their own, on a server with one: the sums are
# stored, and no run is read
stop_scheduler($node);
sql(q{
	INSERT INTO rsfed_catalog.relation (schema_name, relation_name, kind) SELECT 'public', 'many_' || i, 'rollup' FROM generate_series(1, 1000) AS i;
	INSERT INTO rsfed_catalog.rollup (relation_id, definition, source, query, method, columns, timezone, options)
	SELECT relation_id, 1, 'w1', 'SELECT 1', 'merge', '[]', 'UTC', '{"max_seconds_per_day": "1h"}' FROM rsfed_catalog.relation WHERE relation_name ~ '^many_';
	INSERT INTO rsfed_catalog.spending SELECT s.oid, r.relation_id, g, current_date, 1000 FROM rsfed_catalog.relation r, (VALUES (true), (false)) AS x (g),
		(SELECT oid FROM pg_foreign_server WHERE srvname = 'w1' UNION ALL SELECT 0) AS s WHERE r.relation_name ~ '^many_';
	ALTER SERVER w1 OPTIONS (SET max_seconds_per_day '1d');
	ANALYZE rsfed_catalog.spending, rsfed_catalog.rollup, rsfed_catalog.relation;
});

# The number of blocks that a query reads, without planning, and the tables that it
# names.
sub blocks
{
	my ($query) = @_;
	my $plan = sql("EXPLAIN (ANALYZE, BUFFERS, COSTS OFF, TIMING OFF, FORMAT JSON) $query");
	my ($hit) = $plan =~ /"Shared Hit Blocks": (\d+)/;
	my ($read) = $plan =~ /"Shared Read Blocks": (\d+)/;
	unlike($plan, qr/"Relation Name": "run(_cost)?"/, 'no run is read');
	return $hit + $read;
}
my $some = sql("SELECT min(relation_id) FROM rsfed_catalog.relation WHERE relation_name ~ '^many_'");
my $all = blocks('SELECT * FROM rsfed_catalog.over_budget');
my $one = blocks("SELECT * FROM rsfed_catalog.over_budget WHERE relation_id = ANY (ARRAY[$some])");
cmp_ok($all, '<', 20000, "the budgets of a thousand rollups and their server are looked at in $all blocks");
# the sum of its server adds two rows for each of a thousand, for the server and for
# the group
cmp_ok($one, '<', 12000, "... those of one in $one");

$node->stop;
done_testing();
