# The order of the queue: schedules that follow others, priorities that increase
# with age, servers with few slots, owners with many queued runs, and a server
# without a free process.  Runs are identified by the locks that they wait for,
# which this test holds, so that nothing depends on time.

use strict;
use warnings;

use IPC::Run ();
use RsfedTest;
use Test::More;

my $node = start_primary('primary', conf => "rsfed.max_workers = 4\n");

# Materialized views fail while their table contains a zero, and wait while it is
# locked.
$node->safe_psql('postgres', q{
	CREATE TABLE base (id text PRIMARY KEY, divisor integer NOT NULL);
	CREATE FUNCTION make_view(id text) RETURNS void LANGUAGE plpgsql AS $$
	BEGIN
		INSERT INTO base VALUES (id, 1);
		EXECUTE format('CREATE TABLE base_%s AS SELECT 1 AS divisor', id);
		EXECUTE format('CREATE MATERIALIZED VIEW %s AS SELECT 1 / divisor AS x FROM base_%1$s', id);
	END $$;
	-- everything that is named is due at once
	CREATE FUNCTION due(VARIADIC ids text[]) RETURNS void LANGUAGE sql AS $$
		UPDATE rsfed_catalog.schedule s SET next_run_at = now()
		FROM rsfed_catalog.relation r
		WHERE r.relation_id = s.relation_id AND r.relation_name::text = ANY (ids);
		SELECT rsfed.alter_schedule(ids[1]::regclass, 'refresh');
	$$;
});

sub make_views
{
	$node->safe_psql('postgres', "SET client_min_messages = error; SELECT make_view('$_');") for @_;
}

sub schedule
{
	my ($view, @after) = @_;
	my $after = join(', ', map { "\"$_\"" } @after);
	$node->safe_psql('postgres', "SET client_min_messages = error; "
		  . "SELECT rsfed.schedule_refresh('$view', '\@yearly', options => '{\"after\": [$after]}')");
}

# The outcomes of a relation's scheduled runs, oldest first.
sub outcomes
{
	my ($view, $expected, $name) = @_;
	return poll_for($node, "SELECT string_agg(status, ' ' ORDER BY run_id) FROM rsfed.runs "
		  . "WHERE relation_name = 'public.$view' AND trigger = 'schedule'", $expected, $name);
}

# Holds a lock in a separate session until it is released.
sub hold
{
	my (@tables) = @_;
	my $in = '';
	my $session = { in => \$in, out => '' };
	$session->{psql} = IPC::Run::start(
		[ 'psql', '-XAtq', '-d', $node->connstr('postgres') ], '<', $session->{in}, '>', \$session->{out});
	$in .= "BEGIN; LOCK " . join(', ', @tables) . " IN ACCESS EXCLUSIVE MODE; SELECT 'locked';\n";
	$session->{psql}->pump until $session->{out} =~ /locked/;
	return $session;
}

sub release
{
	my ($session) = @_;
	${ $session->{in} } .= "COMMIT;\n\\q\n";
	$session->{psql}->finish;
}

# A chain: each waits for the previous one, although all are due at once.
make_views(qw(first second third));
schedule('first');
schedule('second', 'first');
schedule('third', 'second', 'first');
my $lock = hold('base_first');
$node->safe_psql('postgres', "SELECT due('third', 'second', 'first')");
poll_for($node, "SELECT string_agg(concat(relation_name, ' ', status, ' ', waits_for), E'\\n' ORDER BY relation_name) FROM rsfed.runs",
	"public.first running \npublic.second queued schedule refresh of public.first\n"
	  . 'public.third queued schedule refresh of public.first, schedule refresh of public.second',
	'what comes after waits, and says for what');
release($lock);
outcomes('third', 'published', 'it runs when all before it have succeeded');
is($node->safe_psql('postgres', 'SELECT string_agg(relation_name, \' \' ORDER BY started_at) FROM rsfed.runs'),
	'public.first public.second public.third', 'in that order');
is($node->safe_psql('postgres', "SELECT count(*) FROM rsfed.runs a JOIN rsfed.runs b ON a.relation_name < b.relation_name AND b.started_at < a.finished_at"),
	'0', 'one after the other');

# If only the second is due, it waits for the next success; a failure ends it and
# those that follow it
$node->safe_psql('postgres', "SELECT due('second')");
poll_for($node, "SELECT waits_for FROM rsfed.runs WHERE relation_name = 'public.second' ORDER BY run_id DESC LIMIT 1",
	'schedule refresh of public.first', 'an old success is none');
$node->safe_psql('postgres', "UPDATE base_first SET divisor = 0; SELECT due('third', 'first')");
outcomes('first', 'published failed', 'the first fails');
outcomes('second', 'published skipped', 'what comes after it is skipped');
outcomes('third', 'published skipped', 'and what comes after that');
my $failed = last_run($node, 'first', 'run_id');
is(last_run($node, 'second', "note"),
	"What it comes after did not succeed. Run $failed of schedule refresh of public.first: failed.", 'with the reason');
is($node->safe_psql('postgres', "SELECT state, failures FROM rsfed.freshness WHERE relation = 'second'::regclass"),
	'fresh|0', 'a skipped run is no failure of the relation');

# The next turn
$node->safe_psql('postgres', "UPDATE base_first SET divisor = 1; SELECT due('third', 'second', 'first')");
outcomes('third', 'published skipped published', 'the next turn runs');

# A manual request waits for no other run; no run waits for an unscheduled relation
my $by_hand = $node->safe_psql('postgres', "SELECT rsfed.request_refresh('second')");
is($node->safe_psql('postgres', "SELECT rsfed.wait($by_hand, '2 min')"), 'published', 'asked for by hand');
$node->safe_psql('postgres', "SELECT due('second')");
poll_for($node, "SELECT waits_for FROM rsfed.runs WHERE relation_name = 'public.second' ORDER BY run_id DESC LIMIT 1",
	'schedule refresh of public.first', 'it waits again');
my $asked = $node->safe_psql('postgres', "SELECT rsfed.request_refresh('second')");
is($node->safe_psql('postgres', "SELECT rsfed.wait($asked, '2 min')"), 'published',
	'a request does not wait with the scheduled run');
$node->safe_psql('postgres', "SELECT rsfed.unschedule_refresh('first')");
outcomes('second', 'published skipped published published', 'and no more when the other is gone');
$node->safe_psql('postgres', "SELECT rsfed.unschedule_refresh('third'); SELECT rsfed.unschedule_refresh('second')");

# A crash loses neither waiting runs nor the runs that they wait for
schedule('first');
schedule('second', 'first');
$lock = hold('base_first');
$node->safe_psql('postgres', "SELECT due('second', 'first')");
poll_for($node, "SELECT status FROM rsfed.runs WHERE relation_name = 'public.first' ORDER BY run_id DESC LIMIT 1",
	'running', 'the first runs');
$node->stop('immediate');
$lock->{psql}->kill_kill;
$node->start;
outcomes('first', 'published failed published failed published', 'its run is found dead, and is tried again');
outcomes('second', 'published skipped published published published', 'and what waited for it runs then');
$node->safe_psql('postgres', "SELECT rsfed.unschedule_refresh('first'); SELECT rsfed.unschedule_refresh('second')");

# Servers with few slots: two runs at a time, by any workers
$node->safe_psql('postgres', "ALTER SERVER warehouse OPTIONS (ADD max_runs '2')");
psql_fails($node, "ALTER SERVER warehouse OPTIONS (SET max_runs '-1')", '22023', undef, 'a wrong max_runs is refused');
$node->safe_psql('postgres', "SELECT rsfed.define_rollup('slots$_', 'warehouse', 'SELECT 1 AS a', key => '{a}', populate => false)") for 1 .. 6;
standin('FAULT stall_before_rows');
my @runs = map { $node->safe_psql('postgres', "SELECT rsfed.request_refresh('slots$_')") } 1 .. 6;
my $at_work = "SELECT count(*) FROM rsfed.runs WHERE status = 'running' AND relation_name LIKE 'public.slots%'";
poll_for($node, $at_work, '2', 'two runs are at work');
$by_hand = $node->safe_psql('postgres', "SELECT rsfed.request_refresh('second')");
is($node->safe_psql('postgres', "SELECT rsfed.wait($by_hand, '2 min')"), 'published', 'another one is made');
is($node->safe_psql('postgres', $at_work), '2', 'and no more, though workers have time for others');
standin_reset();
my $most = 0;
poll_for($node, "SELECT count(*) FROM rsfed.runs WHERE status IN ('published', 'unchanged', 'failed') AND relation_name LIKE 'public.slots%'",
	'6', 'the others follow');
is($node->safe_psql('postgres', "SELECT max(n) FROM (SELECT count(*) AS n FROM rsfed.runs a JOIN rsfed.runs b "
		  . "ON a.started_at <= b.started_at AND a.finished_at > b.started_at "
		  . "WHERE a.relation_name LIKE 'public.slots%' AND b.relation_name LIKE 'public.slots%' GROUP BY b.run_id) x"),
	'2', 'never three at the same time');
$node->safe_psql('postgres', "SELECT rsfed.drop_rollup('slots$_')") for 1 .. 6;

# Owners: an owner with many slow runs does not occupy all workers
$node->safe_psql('postgres', 'CREATE ROLE greedy; CREATE ROLE modest');
make_views((map { "greedy$_" } 1 .. 8), (map { "modest$_" } 1 .. 2));
for my $owner (qw(greedy modest))
{
	$node->safe_psql('postgres', "DO \$\$ DECLARE r record; BEGIN FOR r IN SELECT relname, relkind FROM pg_class "
		  . "WHERE relname ~ '^(base_)?$owner\[0-9]' LOOP EXECUTE format('ALTER %s %I OWNER TO $owner', "
		  . "CASE r.relkind WHEN 'm' THEN 'MATERIALIZED VIEW' ELSE 'TABLE' END, r.relname); END LOOP; END \$\$");
}
$lock = hold(map { "base_greedy$_" } 1 .. 8);
# even the highest priority does not help
$node->safe_psql('postgres', "SET client_min_messages = error; SELECT rsfed.schedule_refresh(format('greedy%s', i)::regclass, '\@yearly') FROM generate_series(1, 8) AS i; "
	  . "SELECT rsfed.schedule_refresh(format('modest%s', i)::regclass, '\@yearly') FROM generate_series(1, 2) AS i");
$node->safe_psql('postgres', "SELECT due(VARIADIC array_agg('greedy' || i)) FROM generate_series(1, 8) AS i");
my $greedy = "SELECT count(*) FROM rsfed.runs WHERE status = 'running' AND relation_name LIKE 'public.greedy%'";
poll_for($node, $greedy, '3', 'one owner has all workers but one');
$node->safe_psql('postgres', "UPDATE rsfed_catalog.run SET priority = 100, turn_at = turn_at - interval '1000 min' WHERE status = 'queued'");
$node->safe_psql('postgres', "SELECT due('modest1', 'modest2')");
outcomes('modest1', 'published', 'another owner gets through');
outcomes('modest2', 'published', 'again and again');
is($node->safe_psql('postgres', $greedy), '3', 'while the first one waits');
$node->append_conf('postgresql.conf', 'rsfed.max_runs_per_owner = 1');
$node->reload;
release($lock);
poll_for($node, "SELECT count(*) FROM rsfed.runs WHERE status = 'published' AND relation_name LIKE 'public.greedy%'", '8',
	'then the first one goes on');
$lock = hold(map { "base_greedy$_" } 1 .. 8);
$node->safe_psql('postgres', "SELECT due(VARIADIC array_agg('greedy' || i)) FROM generate_series(1, 8) AS i");
poll_for($node, $greedy, '1', 'rsfed.max_runs_per_owner is kept to');
$node->safe_psql('postgres', "SELECT due('modest1', 'modest2')");
outcomes('modest2', 'published published', 'and leaves workers to others');
is($node->safe_psql('postgres', $greedy), '1', 'still');
release($lock);
poll_for($node, "SELECT count(*) FROM rsfed.runs WHERE status IN ('queued', 'running')", '0', 'the queue is done');

# Without a limit: the next free worker is for the owner who has the fewest
$node->append_conf('postgresql.conf', 'rsfed.max_runs_per_owner = 4');
$node->reload;
my $first = hold('base_greedy1');
$lock = hold(map { "base_greedy$_" } 2 .. 8);
$node->safe_psql('postgres', "SELECT due(VARIADIC array_agg('greedy' || i ORDER BY i)) FROM generate_series(1, 8) AS i");
poll_for($node, $greedy, '4', 'one owner has all workers');
$node->safe_psql('postgres', "UPDATE rsfed_catalog.run SET priority = 100, turn_at = turn_at - interval '1000 min' WHERE status = 'queued'");
$node->safe_psql('postgres', "SELECT due('modest1')");
poll_for($node, "SELECT status FROM rsfed.runs WHERE relation_name = 'public.modest1' ORDER BY run_id DESC LIMIT 1", 'queued', 'another one waits');
release($first);
outcomes('modest1', 'published published published', 'and is next, whatever the priority of the others');
release($lock);
poll_for($node, "SELECT count(*) FROM rsfed.runs WHERE status IN ('queued', 'running')", '0', 'the queue is done again');

# One worker: the order of the queue is the order of the runs
$node->append_conf('postgresql.conf', "rsfed.max_runs_per_owner = 0\nrsfed.max_workers = 1");
$node->reload;
make_views(qw(blocker old_low new_low new_high));
schedule($_) for qw(blocker old_low new_low new_high);
$node->safe_psql('postgres', q{SELECT rsfed.alter_schedule('new_high', 'refresh', options => '{"priority": 2}')});
$lock = hold('base_blocker');
$node->safe_psql('postgres', "SELECT due('blocker')");
poll_for($node, "SELECT status FROM rsfed.runs WHERE relation_name = 'public.blocker' ORDER BY run_id DESC LIMIT 1", 'running', 'the worker is busy');
$node->safe_psql('postgres', "SELECT due('new_low', 'new_high', 'old_low')");
poll_for($node, "SELECT count(*) FROM rsfed.runs WHERE status = 'queued'", '3', 'three wait');
$node->safe_psql('postgres', q{
	UPDATE rsfed_catalog.run SET turn_at = turn_at - interval '19 min' WHERE status = 'queued' AND relation_name = 'old_low';
});
release($lock);
poll_for($node, "SELECT string_agg(relation_name, ' ' ORDER BY started_at) FROM rsfed.runs WHERE relation_name ~ '(low|high)' AND finished_at IS NOT NULL",
	'public.new_high public.old_low public.new_low', 'the higher priority first, then who waits longest');
$lock = hold('base_blocker');
$node->safe_psql('postgres', "TRUNCATE rsfed_catalog.run; SELECT due('blocker')");
poll_for($node, "SELECT status FROM rsfed.runs WHERE relation_name = 'public.blocker'", 'running', 'the worker is busy again');
$node->safe_psql('postgres', "SELECT due('new_low', 'new_high', 'old_low')");
poll_for($node, "SELECT count(*) FROM rsfed.runs WHERE status = 'queued'", '3', 'three wait again');
$node->safe_psql('postgres', q{
	UPDATE rsfed_catalog.run SET turn_at = turn_at - interval '21 min' WHERE status = 'queued' AND relation_name = 'old_low';
});
release($lock);
poll_for($node, "SELECT string_agg(relation_name, ' ' ORDER BY started_at) FROM rsfed.runs WHERE relation_name ~ '(low|high)' AND finished_at IS NOT NULL",
	'public.old_low public.new_high public.new_low', 'waiting makes up for a low priority');

$node->stop;
done_testing();
