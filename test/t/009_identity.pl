# The owner of schedules: in a copy of a database, made in any way, they are held
# until it is declared the owner.

use strict;
use warnings;

use RsfedTest;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = start_primary('primary');

warehouse_sql(q{
	DROP TABLE IF EXISTS identity_sales;
	CREATE TABLE identity_sales (seller integer, price decimal(8,2));
	INSERT INTO identity_sales SELECT i % 10, i FROM generate_series(1, 100) AS i;
});
my $query = 'SELECT seller, sum(price) AS revenue FROM identity_sales GROUP BY seller';

sub last_run_id
{
	my ($node, $database) = @_;
	return $node->safe_psql($database, 'SELECT coalesce(max(run_id), 0) FROM rsfed.runs');
}

sub poll_in
{
	my ($node, $database, $query_text, $name) = @_;
	return ok($node->poll_query_until($database, $query_text), $name);
}

# Two more scheduled runs succeed.
sub goes_on
{
	my ($node, $database, $name) = @_;
	my $last = last_run_id($node, $database);
	ok($node->poll_query_until($database, "SELECT count(*) >= 2 FROM rsfed.runs WHERE run_id > $last "
			  . "AND trigger = 'schedule' AND status IN ('published', 'unchanged')"), $name);
}

# The schedules are held, with that reason, and the scheduler has noticed it.
sub is_held
{
	my ($node, $database, $reason, $name) = @_;
	is($node->safe_psql($database, 'SELECT DISTINCT state, message FROM rsfed.freshness'),
		"held|$reason", "$name: rsfed.freshness says so, and why");
	is($node->safe_psql($database, 'SELECT DISTINCT held, held_reason FROM rsfed.schedules'),
		"t|$reason", "$name: rsfed.schedules does");
	ok($node->poll_query_until($database, 'SELECT held_since IS NOT NULL FROM rsfed_catalog.identity'),
		"$name: and since when, for replicas");
}

# The statement fails in a database with a message; psql_fails is for postgres only.
sub refused
{
	my ($node, $database, $sql, $pattern, $name) = @_;
	my ($out, $err) = ('', '');
	my $code = $node->psql($database, $sql, stdout => \$out, stderr => \$err,
		extra_params => [ '-v', 'VERBOSITY=verbose' ]);
	ok($code != 0, "$name: an error");
	like($err, $pattern, $name);
}

sub identity_file
{
	my ($node, $value) = @_;
	$node->append_conf('postgresql.conf', "rsfed.identity = '$value'\n");
	$node->reload;
}

# The identity is stored with the first schedule
$node->safe_psql('postgres', "SELECT rsfed.define_rollup('revenue', 'warehouse', '$query')");
is($node->safe_psql('postgres', 'SELECT count(*) FROM rsfed_catalog.identity'), '0',
	'without a schedule no owner is remembered');
$node->safe_psql('postgres', "SELECT rsfed.schedule_refresh('revenue', '1 second')");
is($node->safe_psql('postgres', 'SELECT identity, system_identifier, database_id, database_name FROM rsfed_catalog.identity'),
	'|' . $node->safe_psql('postgres', 'SELECT (SELECT system_identifier FROM pg_control_system()), oid, datname '
		  . 'FROM pg_database WHERE datname = current_database()'),
	'with the first schedule it is');
goes_on($node, 'postgres', 'the owner runs its schedules');
is($node->safe_psql('postgres', 'SELECT state FROM rsfed.freshness'), 'fresh', 'and is fresh');

# CREATE DATABASE TEMPLATE
my $other_database = 'another database of this server owns these schedules';
$node->safe_psql('template1', 'CREATE DATABASE copy TEMPLATE postgres');
my $copied = last_run_id($node, 'copy');
is_held($node, 'copy', $other_database, 'a copy by TEMPLATE is held');
goes_on($node, 'postgres', 'the original goes on');
is(last_run_id($node, 'copy'), $copied, 'while no run begins in the copy');
poll_in($node, 'copy', "SELECT count(*) = 0 FROM rsfed.runs WHERE status = 'running'",
	'no run of the original is left open in the copy');
refused($node, 'copy', "SELECT rsfed.request_refresh('revenue')",
	qr/55000: .*held.*rsfed\.take_over\('copy'\)/s, 'a request in the copy is refused');
my ($out, $err) = ('', '');
$node->psql('copy', "SELECT rsfed.schedule_refresh('revenue', '1 hour', 'hourly')", stderr => \$err);
like($err, qr/WARNING: .*stored, but.*held.*$other_database.*take_over\('copy'\)/s, 'a new schedule there gets a warning');
$node->psql('copy', "CALL rsfed.refresh('revenue')", stdout => \$out, stderr => \$err);
like($err, qr/NOTICE: .*held/, 'CALL rsfed.refresh in the copy says that it is held');
like($out, qr/unchanged|published/, 'and refreshes');
is($node->safe_psql('copy', 'SELECT state FROM rsfed.freshness'), 'held', 'which leaves it held');

# There is one message in the log, with the remedy; the scheduler is idle
my $log = slurp_file($node->logfile);
my @lines = $log =~ /WARNING:  (schedules of database "copy" are held: .*)/g;
is_deeply(\@lines, ["schedules of database \"copy\" are held: $other_database"], 'one line in the log says so');
like($log, qr/HINT: .*SELECT rsfed\.take_over\('copy'\)/, 'with the statement to run');

# take_over
refused($node, 'copy', "SELECT rsfed.take_over('postgres')",
	qr/22023: .*"copy".*HINT: .*SELECT rsfed\.take_over\('copy'\)/s, 'take_over wants the right name');
refused($node, 'copy', 'SELECT rsfed.take_over(NULL)', qr/22004/, 'and some name');
$node->safe_psql('copy', 'CREATE ROLE nobody');
refused($node, 'copy', "SET ROLE nobody; SELECT rsfed.take_over('copy')", qr/42501/, 'not everybody may take over');
$node->safe_psql('copy', "SELECT rsfed.take_over('copy')");
goes_on($node, 'copy', 'after take_over the schedules run in the copy');
goes_on($node, 'postgres', 'and in the original');
is($node->safe_psql('copy', 'SELECT held, held_reason FROM rsfed.schedules LIMIT 1'), 'f|', 'it is not held any more');
is($node->safe_psql('copy', 'SELECT held_since IS NULL AND held_reason IS NULL FROM rsfed_catalog.identity'), 't',
	'which replicas see, too');
$node->psql('copy', "SELECT rsfed.take_over('copy')", stderr => \$err);
like($err, qr/NOTICE: .*owned its schedules already/, 'taking over twice says so');

# A rename changes nothing
$node->safe_psql('template1', 'ALTER DATABASE copy RENAME TO renamed');
goes_on($node, 'renamed', 'after ALTER DATABASE RENAME the schedules go on');
is($node->safe_psql('renamed', 'SELECT database_name FROM rsfed_catalog.identity'), 'renamed', 'under the new name');

# The setting is set for the first time: a clone that gets a name of its own must
# not continue, so the original does not continue without a request either
identity_file($node, 'production');
is_held($node, 'postgres', 'rsfed.identity is set, and the owner of these schedules had none', 'with a first rsfed.identity');
$node->safe_psql('postgres', "SELECT rsfed.take_over('postgres')");
goes_on($node, 'postgres', 'the owner with a setting runs');
is_held($node, 'renamed', 'rsfed.identity is set, and the owner of these schedules had none', 'the other database');

# Another identity, and back; listeners are notified
$node->append_conf('postgresql.conf', "rsfed.identity = 'staging'\n");
my $wait = q{
DO $$BEGIN
	PERFORM pg_reload_conf();
	LOOP
		EXIT WHEN (SELECT held_since IS NOT NULL FROM rsfed_catalog.identity) = %s;
		PERFORM pg_sleep(0.1);
	END LOOP;
END$$;
-- what was told before this is heard with it
NOTIFY rsfed_event, 'end';
};
$node->psql('postgres', "LISTEN rsfed_event;\n" . sprintf($wait, 'true'), stdout => \$out);
like($out, qr/"rsfed_event" with payload "\{"relation" : null, "run_id" : null, "state" : "held", "sqlstate" : null, "message" : "rsfed.identity is another[^"]+"\}"/,
	'NOTIFY rsfed_event: held');
is_held($node, 'postgres', 'rsfed.identity is another than that of the owner of these schedules', 'with another setting');
my $run = last_run_id($node, 'postgres');
$node->append_conf('postgresql.conf', "rsfed.identity = 'production'\n");
$node->psql('postgres', "LISTEN rsfed_event;\n" . sprintf($wait, 'false'), stdout => \$out);
like($out, qr/"state" : "recovered"/, 'NOTIFY rsfed_event: recovered');
goes_on($node, 'postgres', 'with the setting put back the schedules go on by themselves');
identity_file($node, '');
is_held($node, 'postgres', 'rsfed.identity is not set, and the owner of these schedules has one', 'without the setting');
refused($node, 'postgres', "ALTER SYSTEM SET rsfed.identity = 'production'", qr/cannot be changed/,
	'ALTER SYSTEM cannot put the setting into the data directory');

# A replica shows the state of the primary, and its own state if it were promoted
my $replica = start_replica($node, 'replica');
$node->wait_for_catchup($replica);
is($replica->safe_psql('postgres', 'SELECT state FROM rsfed.freshness'), 'held', 'the replica of a held primary says so');
identity_file($node, 'production');
goes_on($node, 'postgres', 'the primary goes on');
$node->wait_for_catchup($replica);
is($replica->safe_psql('postgres', 'SELECT state FROM rsfed.freshness'), 'fresh', 'and its replica says so');
is($replica->safe_psql('postgres', 'SELECT is_held, mismatch FROM rsfed_catalog.guard'),
	'f|rsfed.identity is not set, and the owner of these schedules has one',
	'and knows that it would hold the schedules itself');
my $heir = start_replica($node, 'heir');
$node->wait_for_catchup($heir);
is($heir->safe_psql('postgres', 'SELECT is_held, mismatch FROM rsfed_catalog.guard'), 'f|',
	'a replica with the same setting would not');

# Promotion of both: as a clone and as a new primary
$node->stop;
$replica->promote;
is_held($replica, 'postgres', 'rsfed.identity is not set, and the owner of these schedules has one',
	'a clone without the setting, promoted');
$heir->promote;
goes_on($heir, 'postgres', 'the replica with the setting, promoted, goes on by itself');
poll_in($replica, 'postgres', "SELECT count(*) = 0 FROM rsfed.runs WHERE status = 'running'",
	'the clone has no run open');

# Schedules without an owner: a restore without that table
$heir->safe_psql('postgres', 'DELETE FROM rsfed_catalog.identity');
$heir->restart;
is($heir->safe_psql('postgres', 'SELECT DISTINCT held, held_reason FROM rsfed.schedules'),
	't|no database is known to own these schedules', 'schedules without an owner are held');
$run = last_run_id($heir, 'postgres');
refused($heir, 'postgres', "SELECT rsfed.request_refresh('revenue')", qr/55000/, 'and not claimed by a request');
$heir->safe_psql('postgres', "SELECT rsfed.take_over('postgres')");
goes_on($heir, 'postgres', 'until somebody takes them over');

# Dump and restore into a new server with the same identity: the database of the
# same name is the owner, another one is a copy
my $dir = PostgreSQL::Test::Utils::tempdir;
$heir->command_ok([ 'pg_dump', '-Fc', '-f', "$dir/dump", '-d', $heir->connstr('postgres') ], 'pg_dump');
$heir->stop;
my $moved = new_node('moved', conf => "rsfed.identity = 'production'\n");
$moved->start;
$moved->safe_psql('template1', 'CREATE DATABASE beside');
for my $database (qw(postgres beside))
{
	$moved->command_ok([ 'pg_restore', '--exit-on-error', '-d', $moved->connstr($database), "$dir/dump" ],
		"restored as $database into a new server with the identity");
}
goes_on($moved, 'postgres', 'under the same name the schedules go on by themselves');
is_held($moved, 'beside', 'a database of another name owns these schedules', 'under another name');

for my $server ($node, $replica, $heir, $moved)
{
	unlike(slurp_file($server->logfile), qr/PANIC|TRAP:|ended unexpectedly|ERROR:  .*\n.*rsfed scheduler/,
		'no scheduler failed in ' . $server->name);
}

$replica->stop;
$moved->stop;
warehouse_sql('DROP TABLE identity_sales');
done_testing();
