# rsfed.doctor(): the rows that need separate servers, caused by real processes,
# settings and replicas; each remedy is run as pasted, and if it solves the problem,
# its row is gone afterwards.  sql/doctor.sql and sql/doctor_many.sql do the same
# for all others; at the end, each row and each text of the views has a test.

use strict;
use warnings;

use IPC::Run;
use JSON::PP;
use RsfedTest;
use PostgreSQL::Test::Utils;
use Test::More;

my @seen;
my @stopped;
END { continue_processes() }

warehouse_sql(q{
	DROP TABLE IF EXISTS doctor_sales;
	CREATE TABLE doctor_sales (seller integer, price decimal(8,2));
	INSERT INTO doctor_sales SELECT i % 10, i FROM generate_series(1, 100) AS i;
});
my $query = 'SELECT seller, sum(price) AS revenue FROM doctor_sales GROUP BY seller';
my $file = PostgreSQL::Test::Utils::tempdir() . '/remedy.sql';
my $functions = slurp_file("$ENV{RSFED_SOURCES}/test/include/doctor_rows.psql");

# Rows that depend on time come from the server that runs until the end
my $quiet = start_primary('quiet');
my $node = start_primary('primary');
$_->safe_psql('postgres', $functions) for ($quiet, $node);
my $behind = start_replica($quiet, 'behind');
my $replica = start_replica($node, 'replica');

# The number of rows in doctor() about something.
sub count_of
{
	my ($about) = @_;
	return q{SELECT count(*) FROM rsfed.doctor() WHERE concat(subject, ': ', problem) ~ } . quote_literal($about);
}

# Waits for the rows about something and pastes their remedies into psql, in the
# same session.  Options: db; before: SQL of that session; run_on: another server to
# paste them into; after: SQL after them; gone: whether they solve the problem.
sub paste
{
	my ($node, $about, $name, %options) = @_;
	my $db = $options{db} // 'postgres';
	my ($out, $err) = ('', '');
	my $run = $options{run_on} ? '' : "\\i $file";
	my $code = $node->psql($db, join("\n",
		$options{before} // '',
		'SELECT jsonb_agg(r) AS found FROM doctor_rows(' . quote_literal($about) . ') r \gset',
		q{SELECT 'SEEN ' || :'found';},
		"\\o $file",
		q{SELECT remedy FROM jsonb_to_recordset(:'found') AS x (remedy text);},
		'\o', $run, $options{after} // ''), stdout => \$out, stderr => \$err);
	my ($json) = $out =~ /^SEEN (.*)$/m;
	my @rows = $json ? @{ JSON::PP->new->decode($json) } : ();

	if ($options{run_on} && $code == 0)
	{
		$code = $options{run_on}->psql('postgres', "\\i $file", stdout => \$out, stderr => \$err);
	}
	my @remedies = map { $_->{remedy} } @rows;
	ok($code == 0 && @rows > 0, "$name: found, and \"@remedies\" runs") or diag("$err$out");
	push @seen, @rows if $code == 0;
	poll_for($node, count_of($about), '0', "$name: the remedy mends it") if $options{gone};
	return join("\n", map { "$_->{severity} | $_->{subject} | $_->{problem}" } @rows);
}

# A restart; waits for the launcher
sub restarted
{
	my ($node) = @_;
	$node->restart;
	poll_for($node, 'SELECT launcher_pid > 0 FROM rsfed.scheduler', 't', $node->name . ' is back');
}

# The pid of the postmaster of a server.
sub postmaster
{
	my ($node) = @_;
	my ($pid) = slurp_file($node->data_dir . '/postmaster.pid') =~ /^(\d+)/;
	return $pid;
}

# Stopped processes are continued, also if a test dies.
sub continue_processes
{
	kill 'CONT', @stopped;
	@stopped = ();
}

# --- A replica that falls behind: it replays nothing for a minute, during the other tests
$quiet->safe_psql('postgres', 'CREATE TABLE tick AS SELECT 1 AS i');
$quiet->wait_for_catchup($behind);
$behind->append_conf('postgresql.conf', "recovery_min_apply_delay = '1d'");
$behind->reload;
# the changes that were committed before the setting took effect are replayed
my $ticks = 1;
do
{
	$ticks++;
	$quiet->safe_psql('postgres', "INSERT INTO tick SELECT $ticks");
	$quiet->wait_for_catchup($behind, 'write');
	sleep 1;
} while ($ticks < 60 && $behind->safe_psql('postgres', "SELECT count(*) FROM tick WHERE i = $ticks") > 0);

# --- The scheduler crashes repeatedly
for my $i (1 .. 4)
{
	poll_for($quiet, 'SELECT state FROM rsfed.scheduler', 'running', "the scheduler runs ($i)");
	my $pid = $quiet->safe_psql('postgres', 'SELECT pid FROM rsfed.scheduler');
	$quiet->safe_psql('postgres', "SELECT pg_terminate_backend($pid)");
	poll_for($quiet, "SELECT pid IS DISTINCT FROM $pid FROM rsfed.scheduler", 't', "it ended ($i)");
}
like(paste($quiet, 'ended unexpectedly', 'a crash', gone => 1), qr/^error .*, \d times in a row/, 'a crash is an error');
poll_for($quiet, 'SELECT state FROM rsfed.scheduler', 'running', 'it is back');

# --- The launcher is gone: while the postmaster is stopped, none is started
@stopped = (postmaster($quiet));
paste($quiet, 'It is started again within a second', 'no launcher',
	before => "\\! kill -STOP $stopped[0]\nSELECT pg_terminate_backend(launcher_pid) FROM rsfed.scheduler;");
continue_processes();
poll_for($quiet, count_of('launcher'), '0', 'it is started again');

# --- A database that has no scheduler: a template, one that allows no connections,
# one that must be empty
$quiet->safe_psql('postgres', 'CREATE DATABASE closed');
$quiet->safe_psql('closed', "SET client_min_messages = warning; CREATE EXTENSION rsfed CASCADE; $functions");
$quiet->safe_psql('postgres', 'ALTER DATABASE closed IS_TEMPLATE true');
paste($quiet, 'is a template', 'a template', db => 'closed', gone => 0);
poll_for($quiet, "SELECT datistemplate FROM pg_database WHERE datname = 'closed'", 'f', 'the remedy makes it none');
my $to_postgres = "SELECT dblink_connect('other', " . quote_literal($quiet->connstr('postgres')) . ");\n";
paste($quiet, 'allows no connections', 'no connections', db => 'closed',
	before => $to_postgres . "SELECT dblink_exec('other', 'ALTER DATABASE closed ALLOW_CONNECTIONS false');");
$quiet->psql('closed', 'SELECT rsfed.pause_all(); SELECT rsfed.resume_all()');
is($quiet->safe_psql('closed', count_of('is a template')), '0', 'connections are allowed again');
# retried repeatedly, because this session blocks it
paste($quiet, 'needs this database empty', 'dismissed', db => 'closed',
	before => $to_postgres . q{SELECT dblink_send_query('other', $$DO 'BEGIN FOR i IN 1..10 LOOP
		BEGIN ALTER DATABASE closed RENAME TO open; EXCEPTION WHEN object_in_use THEN NULL; END; END LOOP; END'$$);},
	after => q{SELECT dblink_cancel_query('other'); SELECT dblink_disconnect('other');});
ok($quiet->poll_query_until('closed', count_of('needs this database empty'), '0'), 'the scheduler may come back');

# --- Runs that wait because the maximum number of runs is active, of a server and
# of an owner
for my $name (qw(one two three))
{
	$quiet->safe_psql('postgres', "SELECT rsfed.define_rollup('$name', 'warehouse', '$query')");
}
$quiet->safe_psql('postgres', q{ALTER SERVER warehouse OPTIONS (ADD max_runs '1')});
$quiet->append_conf('postgresql.conf', 'rsfed.max_runs_per_owner = 1');
$quiet->reload;
poll_for($quiet, 'SHOW rsfed.max_runs_per_owner', '1', 'one run an owner');
standin('FAULT stall_before_rows');
$quiet->safe_psql('postgres', "SELECT rsfed.request_refresh(r::regclass) FROM unnest('{one,two,three}'::text[]) r");
poll_for($quiet, q{SELECT count(*) FROM rsfed.runs WHERE status = 'running'}, '1', 'one is at work');
$quiet->safe_psql('postgres', q{UPDATE rsfed_catalog.run SET requested_at = now() - interval '11 minutes' WHERE status = 'queued'});
for my $n (2, 3)
{
	like(paste($quiet, 'at work. More of them', 'runs wait'), qr/owner postgres.*server warehouse/s, 'for owner and server');
	poll_for($quiet, q{SELECT count(*) FROM rsfed.runs WHERE status = 'running'}, $n, 'the remedies let one more begin');
}
poll_for($quiet, count_of('at work. More of them'), '0', 'nothing waits any more');
standin_reset();
poll_for($quiet, q{SELECT count(*) FROM rsfed.runs WHERE status IN ('queued', 'running')}, '0', 'and all end');

# --- A schedule that no process runs
sub define_in
{
	my ($node) = @_;
	$node->safe_psql('postgres', qq{
		SET client_min_messages = warning;
		SELECT rsfed.define_rollup('revenue', 'warehouse', '$query');
		SELECT rsfed.define_set('books', '{revenue}');
		CALL rsfed.refresh_set('books');
		SELECT rsfed.schedule_refresh('revenue', '\@yearly', name => 'yearly', method => 'merge');
		SELECT rsfed.schedule_set('books', '\@yearly', name => 'yearly');
		UPDATE rsfed_catalog.schedule SET next_run_at = now();
		SELECT rsfed.request_refresh('revenue')});
	poll_for($node, "SELECT count(*) FROM rsfed.schedules WHERE last_status IN ('published', 'unchanged')", '2', 'two schedules have run');
}
define_in($node);
$node->append_conf('postgresql.conf', 'rsfed.scheduler = off');
$node->reload;
poll_for($node, 'SELECT state FROM rsfed.scheduler', 'off', 'switched off');
$node->safe_psql('postgres', q{
	SELECT rsfed.schedule_refresh('revenue', '@hourly', name => 'never');
	SELECT rsfed.schedule_set('books', '@hourly', name => 'never');
	UPDATE rsfed_catalog.schedule SET next_run_at = now() - interval '1 hour'});
$node->wait_for_catchup($replica);
like(paste($replica, 'schedule never of public', 'a schedule, seen on the replica', run_on => $node),
	qr/It has never run; it is due since .* Run the remedy on the primary\.$/, 'which says where to run the remedy');
my $found = paste($node, 'never run|is overdue', 'schedules');
my @overdue = ('schedule never of public.revenue | It has never run', 'schedule yearly of public.revenue | It is overdue',
	'schedule never of set books | It has never run', 'schedule yearly of set books | It is overdue');
like($found, qr/^error \| \Q$_/m, $_) for @overdue;
is($node->safe_psql('postgres', count_of('never run|is overdue')), '4', 'a refresh by hand does not make up for a scheduler');
paste($node, 'is off', 'the scheduler', gone => 1);
poll_for($node, 'SELECT state FROM rsfed.scheduler', 'running', 'the remedy starts it again');
poll_for($node, count_of('never run|is overdue'), '0', 'and nothing is overdue any more');

# --- The owner of schedules
paste($node, 'rsfed.identity is not given', 'no identity');
$node->append_conf('postgresql.conf', "rsfed.identity = 'production'");
$node->reload;
paste($node, 'Its schedules are held', 'held', gone => 1);
is($node->safe_psql('postgres', count_of('identity')), '0', 'and the identity is given');
$node->wait_for_catchup($replica);
paste($replica, 'would hold its schedules', 'a replica without the identity');
$replica->append_conf('postgresql.conf', "rsfed.identity = 'production'");
$replica->reload;
poll_for($replica, count_of('would hold'), '0', 'it is given there, too');

# --- SQL objects of another version
$node->safe_psql('postgres', "ALTER EXTENSION rsfed UPDATE TO '0.0.9'");
paste($node, 'The extension is of version', 'another version', gone => 1);

# --- A replica without feedback, seen on both sides
$replica->append_conf('postgresql.conf', 'hot_standby_feedback = off');
$replica->reload;
paste($node, 'hot_standby_feedback off', 'a replica without feedback', run_on => $replica, gone => 1);
is($replica->safe_psql('postgres', count_of('hot_standby_feedback')), '0', 'the replica is content');
$replica->safe_psql('postgres', 'ALTER SYSTEM RESET hot_standby_feedback');
$replica->reload;
paste($replica, 'hot_standby_feedback is off', 'this replica without feedback', gone => 1);
poll_for($node, count_of('hot_standby_feedback'), '0', 'and the primary');

# --- A replica whose replay is paused
$replica->safe_psql('postgres', 'SELECT pg_wal_replay_pause()');
paste($replica, 'replay of WAL is paused', 'a paused replay', gone => 1);

# --- The library is not preloaded; roles that may not see the setting get a hint to
# check it
$node->safe_psql('postgres', 'CREATE ROLE watcher LOGIN IN ROLE pg_monitor; CREATE ROLE nobody');
$node->wait_for_catchup($replica);
for my $others ('', 'auto_explain')
{
	$replica->safe_psql('postgres', 'ALTER SYSTEM RESET shared_preload_libraries');
	$replica->append_conf('postgresql.conf', "shared_preload_libraries = '$others'");
	$replica->restart;
	is($replica->safe_psql('postgres', 'SELECT state FROM rsfed.scheduler'), 'not preloaded', 'a replica without the library preloaded');
	paste($replica, 'not preloaded', 'not preloaded, as somebody', before => 'SET ROLE nobody;') if $others eq '';
	paste($replica, 'not preloaded', "not preloaded, but \"$others\"");
	$replica->restart;
	is($replica->safe_psql('postgres', "SELECT regexp_replace(current_setting('shared_preload_libraries'), 'auto_explain, ', '')"),
		'rsfed', 'the remedy adds it');
	is($replica->safe_psql('postgres', count_of('not preloaded')), '0', 'and mends it');
}
is($replica->safe_psql('postgres', 'SHOW shared_preload_libraries'), 'auto_explain, rsfed', 'the others stay');

# --- Few worker slots, on a primary with two databases and its replica
$node->safe_psql('postgres', 'CREATE DATABASE second');
$node->safe_psql('second', 'SET client_min_messages = warning; CREATE EXTENSION rsfed CASCADE');
for my $server ($node, $replica)
{
	is($server->safe_psql('postgres', count_of('max_worker_processes')), '0', 'enough worker slots: ' . $server->name);
	$server->append_conf('postgresql.conf', 'max_worker_processes = 4');
	# a replica may not have less than the primary: it needs to replay the change
	$node->wait_for_catchup($replica) if $server == $replica;
	$server->restart;
}
poll_for($node, 'SELECT databases FROM rsfed_catalog.scheduler_state()', '2', 'two databases have their scheduler');
like(paste($node, 'worker slots', 'few slots'), qr/is 4; rsfed needs 8: a launcher, 2 schedulers/, 'on the primary');
like(paste($replica, 'worker slots', 'few slots of a replica'),
	qr/is 4; rsfed needs 7: a launcher, a scheduler,.*This replica would lack them after a promotion/, 'and on the replica');
# the order of the rows: replicas first
$replica->restart;
restarted($node);
poll_for($node, 'SELECT databases FROM rsfed_catalog.scheduler_state()', '2', 'two databases, again');
is($_->safe_psql('postgres', count_of('max_worker_processes')), '0', 'the remedy suffices: ' . $_->name) for ($node, $replica);
$node->safe_psql('postgres', 'DROP DATABASE second');

# --- No slot for the launcher; one for the launcher, but none for the scheduler
for my $slots (0, 2)
{
	my ($state, $row) = @{ { 0 => [ 'no launcher', 'The launcher does not run' ], 2 => [ 'no worker slot', 'No process could be had' ] }->{$slots} };
	$node->append_conf('postgresql.conf', "max_worker_processes = $slots");
	$node->safe_psql('postgres', 'ALTER SYSTEM RESET max_worker_processes');
	$node->restart;
	poll_for($node, 'SELECT state FROM rsfed.scheduler', $state, "$slots worker slots: $state");
	paste($node, $row, $state);
	restarted($node);
	poll_for($node, 'SELECT state FROM rsfed.scheduler', 'running', "$state: the remedy brings launcher and scheduler back");
	is($node->safe_psql('postgres', count_of($row)), '0', "$state: the remedy mends it");
}

# --- Enough slots, but other processes use them
$node->append_conf('postgresql.conf', "max_worker_processes = 4\nrsfed.max_workers = 1");
$node->safe_psql('postgres', 'ALTER SYSTEM RESET max_worker_processes; CREATE EXTENSION pg_prewarm');
restarted($node);
poll_for($node, 'SELECT state FROM rsfed.scheduler', 'running', 'launchers and a scheduler have three');
$node->safe_psql('postgres', 'SELECT autoprewarm_start_worker()');
$node->safe_psql('postgres', "SELECT rsfed.request_refresh('revenue')");
paste($node, 'is taken by others', 'starved');
restarted($node);
$node->safe_psql('postgres', 'SELECT autoprewarm_start_worker()');
poll_for($node, q{SELECT count(*) FROM rsfed.runs WHERE status = 'queued'}, '0', 'the run that waited is made');
is($node->safe_psql('postgres', count_of('is taken by others')), '0', 'the remedy suffices');

# --- States that have lasted for more than a minute by now
poll_for($quiet, "SELECT replay_lag > '61 s' FROM pg_stat_replication", 't', 'the replica has fallen behind', 120);
like(paste($quiet, 'It is far behind', 'a replica far behind'), qr/^warning \| replica behind \| .* of WAL are not replayed there, \d\d:\d\d:\d\d old/,
	'seen from the primary');
paste($behind, 'It is far behind', 'this replica far behind');
$behind->append_conf('postgresql.conf', 'recovery_min_apply_delay = 0');
$behind->reload;
poll_for($_, count_of('It is far behind'), '0', 'it has caught up: ' . $_->name) for ($behind, $quiet);

# --- The location of the log with the reason: with a collector it is a file
$quiet->append_conf('postgresql.conf', 'logging_collector = on');
restarted($quiet);
poll_for($quiet, 'SELECT state FROM rsfed.scheduler', 'running', 'the scheduler runs');
my $crashed = $quiet->safe_psql('postgres', 'SELECT pid FROM rsfed.scheduler');
$quiet->safe_psql('postgres', "SELECT pg_terminate_backend($crashed)");
paste($quiet, 'ended unexpectedly', 'a crash, with a collector', gone => 1);
poll_for($quiet, 'SELECT state FROM rsfed.scheduler', 'running', 'it is back');

# a launcher that does not respond
@stopped = ($quiet->safe_psql('postgres', 'SELECT launcher_pid FROM rsfed.scheduler'));
kill 'STOP', @stopped;
$quiet->safe_psql('postgres', 'CREATE DATABASE unseen');
$quiet->safe_psql('unseen', "SET client_min_messages = warning; CREATE EXTENSION rsfed CASCADE; $functions");
$quiet->poll_query_until('unseen', "SELECT pg_postmaster_start_time() < now() - interval '61 s'");
paste($quiet, 'has not looked yet', 'not looked at', db => 'unseen');
continue_processes();
ok($quiet->poll_query_until('unseen', count_of('has not looked yet'), '0'), 'it looks at once');

# --- Publications, and a subscriber: a slot like that of its script, and
# pg_recvlogical
my $publisher = start_primary('publisher');
my $is_17 = $publisher->safe_psql('postgres', 'SHOW server_version_num') >= 170000;
$publisher->safe_psql('postgres', $functions);
$publisher->safe_psql('postgres', qq{
	SET client_min_messages = error;
	SELECT rsfed.define_rollup('pub_sales', 'warehouse', '$query', max_age => '1 microsecond');
	SELECT rsfed.publish(ARRAY['pub_sales']::regclass[]);
});
my $slot = $publisher->safe_psql('postgres', q{SELECT rsfed_catalog.slot_prefix('rsfed') || '0123abcd'});
my $make_slot = "SELECT pg_create_logical_replication_slot('$slot', 'pgoutput')";
like(paste($publisher, 'Nobody can subscribe', 'wal_level'), qr/^error \| publication rsfed \| .*wal_level is replica/, 'wal_level is an error');
restarted($publisher);
is($publisher->safe_psql('postgres', count_of('Nobody can subscribe')), '0', 'after a restart it is not');
paste($publisher, 'without a key that has no NULLs', 'a published rollup without a key');
$publisher->safe_psql('postgres', 'ALTER PUBLICATION rsfed DROP TABLE rsfed_catalog.publication');
paste($publisher, 'as after a restore', 'without the tables of rsfed', gone => 1);
$publisher->safe_psql('postgres', $make_slot);
paste($publisher, 'is kept without a limit', 'WAL without a limit', gone => 1);
paste($publisher, 'do not follow a failover', 'slots without failover') if $is_17;
like(paste($publisher, 'and .* of WAL are kept', 'a slot without a consumer', gone => 1), qr/^warning \| slot rsfed_rsfed_/, 'a slot without a consumer is a warning');
$publisher->safe_psql('postgres', $make_slot);
my @receive = ('pg_recvlogical', '-d', $publisher->connstr('postgres') . ' application_name=rsfed/0', '--slot', $slot, '--start', '--no-loop',
	'-f', '/dev/null', '-s', '1', '-o', 'proto_version=1', '-o', 'publication_names=rsfed');
my $receiver = IPC::Run::start(\@receive, '>', '/dev/null', '2>', '/dev/null');
paste($publisher, 'has run the script of version 0', 'an older script');
# it reports its position once a second
my $writer = IPC::Run::start([ 'psql', '-XAtq', '-d', $publisher->connstr('postgres') ], '<',
	\"DO \$\$ BEGIN FOR i IN 1 .. 1000 LOOP UPDATE pub_sales SET revenue = revenue; COMMIT; PERFORM pg_sleep(0.1); END LOOP; END \$\$", '>', '/dev/null', '2>', '/dev/null');
paste($publisher, 'which is more than the max_age of a rollup there', 'a subscriber behind max_age');
$writer->kill_kill;
$receiver->kill_kill;
poll_for($publisher, "SELECT active FROM pg_replication_slots WHERE slot_name = '$slot'", 'f', 'the subscriber is gone');
if ($is_17)
{
	$publisher->safe_psql('postgres', $_) for ("SELECT pg_drop_replication_slot('$slot')", $make_slot =~ s/\)$/, failover => true)/r,
		"SELECT pg_create_physical_replication_slot('standby')");
	my $standby = start_replica($publisher, 'standby');
	$standby->append_conf('postgresql.conf', "primary_slot_name = 'standby'");
	$standby->restart;
	poll_for($publisher, "SELECT active FROM pg_replication_slots WHERE slot_name = 'standby'", 't', 'a standby with a slot');
	like(paste($standby, 'subscribers stay behind', 'a standby without the slots of subscribers', gone => 1), qr/^notice \| publication rsfed \|/, 'is said there');
	paste($publisher, 'may be ahead of the new primary', 'no standby is waited for', gone => 1);
	$standby->stop;
	$publisher->safe_psql('postgres', $_) for ("ALTER SYSTEM RESET synchronized_standby_slots", "SELECT pg_reload_conf()", "SELECT pg_drop_replication_slot('standby')");
}
$publisher->append_conf('postgresql.conf', "max_slot_wal_keep_size = '1MB'");
$publisher->safe_psql('postgres', "ALTER SYSTEM RESET max_slot_wal_keep_size; SELECT pg_reload_conf()");
$publisher->safe_psql('postgres', "UPDATE pub_sales SET revenue = revenue; SELECT pg_switch_wal(); CHECKPOINT") for 1 .. 6;
like(paste($publisher, 'is lost: WAL', 'a slot that is lost', gone => 1), qr/^error \|/, 'a lost slot is an error');
$publisher->stop;

# --- All texts of doctor() have a test.  Its texts are compared, as templates, with
# those seen and pasted here and, by its expected output, in sql/doctor.sql.
my %words = map { $_ => 0 } (
	# names that rows are joined by, parts of other texts, a privilege
	'MEMBER', 'running', 'asleep', 'starting', 'unknown', 'not preloaded', 'no launcher', 'no worker slot', 'not connectable', '(^|: )(name resolution|TCP|log-in|session|credentials)$',
	'SELECT jsonb_agg(to_jsonb(t)) FROM rsfed_doctor.%I t');
for my $line (map { split /\n/, slurp_file("$ENV{RSFED_SOURCES}/expected/$_.out") } qw(doctor doctor_many lake_rollup lake_tables))
{
	my (undef, $topic, @row) = split / \| /, $line;
	push @seen, { topic => $topic, problem => join("\n", @row) } if $line =~ /^pasted \| /;
}
my %text;
for my $row (@seen)
{
	my $text = join("\n", map { $_ // '' } @$row{qw(severity subject problem remedy)});
	$text{$_} .= "$text\n" for ($row->{topic}, 'any');
}
# in newer versions only
$is_17 or $words{$_} = 0 for (
	' since %s', 'SELECT slot, problem FROM rsfed.subscribers WHERE publication = %L;',
	'Slots of its subscribers do not follow a failover of this server: they are made without failover. On a subscriber of PostgreSQL 17 or newer, one after the other: ALTER SUBSCRIPTION ... DISABLE, SET (failover = true), ENABLE.',
	'After a failover its subscribers may be ahead of the new primary, because synchronized_standby_slots is empty and they do not wait for a standby. Keep the slots of those standbys that may take over in the list.',
	'ALTER SYSTEM SET synchronized_standby_slots = %s; SELECT pg_catalog.pg_reload_conf();',
	'If this replica takes over, its subscribers stay behind: sync_replication_slots is off here. It also takes primary_slot_name, hot_standby_feedback, and dbname in primary_conninfo.',
	'ALTER SYSTEM SET sync_replication_slots = on; SELECT pg_catalog.pg_reload_conf();');
my $source = join "\n", map { slurp_file($_) } glob("$ENV{RSFED_SOURCES}/sql/install/doctor*.sql");
$source =~ s/^COMMENT ON .*?';$//msg;
$source =~ s/--.*$//mg;
my ($topics, $templates) = (0, 0);
for my $object (split /^(?=CREATE )/m, $source)
{
	my $topic = $object =~ /^CREATE VIEW rsfed_doctor\.(\w+)/ ? $1 : 'any';
	my @missing;
	$topics++ if $topic ne 'any';
	while ($object =~ /(?:\b(THEN|ELSE)\s+)?'((?:[^']|'')*)'/g)
	{
		my ($chosen, $literal) = ($1, $2 =~ s/''/'/gr);
		$words{$literal} = 1 if exists $words{$literal};
		next if exists $words{$literal} || $literal =~ /^\d+ (minutes?|days?)$/ || $literal !~ /[a-z]/i;
		# a single word is a text only if it is an alternative
		next if !$chosen && $literal !~ / /;
		my $template = join '.*', map { quotemeta } split /%(?:\d\$)?[sIL]/, $literal, -1;
		$templates++;
		$template = "(?<!\\w)$template" if $literal =~ /^\w/;
		$template .= '(?!\w)' if $literal =~ /\w$/;
		push @missing, $literal unless ($text{$topic} // '') =~ $template;
	}
	ok(@missing == 0, "each text of $topic was seen, each remedy pasted") or diag(map { "not seen: $_\n" } @missing) if $object =~ /^CREATE/;
}
is($topics, scalar(split /,/, $quiet->safe_psql('postgres', "SELECT string_agg(relname, ',') FROM pg_class WHERE relnamespace = 'rsfed_doctor'::regnamespace")),
	'all topics were looked at');
cmp_ok($templates, '>', 100, "$templates texts");
is_deeply([ grep { !$words{$_} } keys %words ], [], 'no word is left that doctor() does not have');

$_->stop for ($behind, $replica, $quiet, $node);
warehouse_sql('DROP TABLE doctor_sales');
done_testing();
