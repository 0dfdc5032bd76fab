# The library of one version and the SQL objects of another: as after an update of
# the package and before ALTER EXTENSION, or the other way round.  The errors name
# the remedy, nothing is half done, and no process fails repeatedly; everything
# continues once the versions agree.  script/suites installs the other versions.

use strict;
use warnings;

use RsfedTest;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = start_primary('primary');
# idle workers leave soon
$node->append_conf('postgresql.conf', "rsfed.idle_connection = '1s'");
$node->reload;
my $version = $node->safe_psql('postgres', "SELECT extversion FROM pg_extension WHERE extname = 'rsfed'");
my $update = qr/HINT:  Run ALTER EXTENSION rsfed UPDATE in the database/;

warehouse_sql(q{
	DROP TABLE IF EXISTS version_sales;
	CREATE TABLE version_sales (seller integer, price decimal(8,2));
	INSERT INTO version_sales SELECT i % 10, i FROM generate_series(1, 100) AS i;
});
# another library of the server must not replace a function by one of that name, nor
# have its own replaced
my $library = $node->safe_psql('postgres', "SELECT setting FROM pg_config WHERE name = 'PKGLIBDIR'") . '/rsfed.so';
my @exported = map { (split)[-1] } split /\n/, `nm -D --defined-only $library`;
is(join(' ', grep { !/^(rsfed_|pg_finfo_rsfed_|_PG_init$|Pg_magic_func$)/ } @exported), '', 'the library exports only its own functions');
ok((grep { $_ eq 'rsfed_refresh' } @exported), '... and these');

my $query = 'SELECT seller, sum(price) AS revenue FROM version_sales GROUP BY seller';

sub goes_on
{
	my ($name) = @_;
	my $last = $node->safe_psql('postgres', 'SELECT coalesce(max(run_id), 0) FROM rsfed.runs');
	ok($node->poll_query_until('postgres', "SELECT count(*) >= 2 FROM rsfed.runs WHERE run_id > $last "
			  . "AND trigger = 'schedule' AND status IN ('published', 'unchanged')"), $name);
}

# Waits for a line in the log after $from; returns the end of the log then.
sub wait_for_log_line
{
	my ($pattern, $from, $name) = @_;
	my $log = '';
	for (1 .. 600)
	{
		$log = slurp_file($node->logfile, $from);
		last if $log =~ $pattern;
		select(undef, undef, undef, 0.1);
	}
	like($log, $pattern, $name);
	return -s $node->logfile;
}

# There is no scheduler and no worker; the launcher stays.
sub sleeps
{
	my ($name) = @_;
	ok($node->poll_query_until('postgres', "SELECT count(*) = 0 FROM pg_stat_activity "
			  . "WHERE backend_type IN ('rsfed scheduler', 'rsfed worker') AND datname = 'postgres'"), $name);
}

$node->safe_psql('postgres', "SELECT rsfed.define_rollup('revenue', 'warehouse', '$query')");
$node->safe_psql('postgres', "SELECT rsfed.schedule_refresh('revenue', '1 second')");
goes_on('with the same version schedules run');

# Older SQL objects, which lack some
my $from = -s $node->logfile;
$node->safe_psql('postgres', "ALTER EXTENSION rsfed UPDATE TO '0.0.9'");
wait_for_log_line(
	qr/WARNING:  extension "rsfed" in database "postgres" is of version 0\.0\.9, the library of version \Q$version\E.*DETAIL:  None of its schedules runs until they fit\..*$update/s,
	$from, 'older SQL objects: the log says so, and what to run');
sleeps('older SQL objects: the scheduler leaves');
my $runs = $node->safe_psql('postgres', 'SELECT count(*) FROM rsfed.runs');
is($node->safe_psql('postgres', 'SELECT count(*) FROM revenue'), '10', 'older SQL objects: the content is served');
is($node->safe_psql('postgres', 'SELECT count(*) FROM rsfed.freshness'), '1', 'and freshness can be read');
for my $call ("CALL rsfed.refresh('revenue')", "SELECT rsfed.request_refresh('revenue')",
	"SELECT rsfed.define_rollup('second', 'warehouse', '$query')",
	"SELECT rsfed.schedule_refresh('revenue', '1 hour', 'hourly')", "SELECT rsfed.pause('revenue')",
	"SELECT rsfed.take_over('postgres')", "SELECT rsfed.drop_rollup('revenue')",
	'ALTER TABLE revenue RENAME TO income', 'DROP TABLE revenue')
{
	psql_fails($node, $call, '55000', qr/version 0\.0\.9 does not work with the library of version \Q$version\E.*$update/s,
		"older SQL objects: $call is refused");
}
for my $command ('CREATE TABLE other (i integer)', 'ALTER TABLE other RENAME TO another',
	'ALTER TABLE another OWNER TO CURRENT_USER', 'DROP TABLE another', 'CREATE TEMP TABLE t AS SELECT 1',
	'CREATE ROLE leaving', 'REASSIGN OWNED BY leaving TO CURRENT_USER',
	'REVOKE USAGE ON FOREIGN SERVER warehouse FROM leaving', 'DROP ROLE leaving')
{
	is($node->psql('postgres', $command), 0, "older SQL objects: $command works");
}

# A restart changes nothing, and causes no repeated failures
$from = -s $node->logfile;
$node->restart;
wait_for_log_line(qr/WARNING:  extension "rsfed" .* is of version 0\.0\.9/, $from, 'after a restart it is said again');
sleeps('after a restart the scheduler leaves again');
unlike(slurp_file($node->logfile, $from), qr/ended unexpectedly|ERROR/, 'in good order');
is($node->safe_psql('postgres', 'SELECT count(*) FROM rsfed.runs'), $runs, 'no run began meanwhile');

$node->safe_psql('postgres', 'ALTER EXTENSION rsfed UPDATE');
goes_on('after ALTER EXTENSION rsfed UPDATE schedules go on by themselves');
$node->safe_psql('postgres', "CALL rsfed.refresh('revenue')");
$node->safe_psql('postgres', 'ALTER TABLE revenue RENAME TO income; ALTER TABLE income RENAME TO revenue');
is($node->safe_psql('postgres', 'SELECT count(*) FROM rsfed.rollups'), '1', 'and everything works');

# Newer SQL objects than the loaded library
$from = -s $node->logfile;
$node->safe_psql('postgres', "ALTER EXTENSION rsfed UPDATE TO '99.0.0'");
wait_for_log_line(qr/WARNING:  extension "rsfed" in database "postgres" is of version 99\.0\.0.*HINT: .*restart the server/s,
	$from, 'newer SQL objects: the log says so');
psql_fails($node, "CALL rsfed.refresh('revenue')", '55000', qr/HINT: .*restart the server/, 'newer SQL objects: refused');
sleeps('newer SQL objects: the scheduler leaves');
$node->safe_psql('postgres', "ALTER EXTENSION rsfed UPDATE TO '$version'");
goes_on('once they fit schedules go on');

# An extension that was created in an old version
$node->safe_psql('postgres', 'CREATE DATABASE second');
$node->safe_psql('second', "SET client_min_messages = warning; CREATE EXTENSION rsfed VERSION '0.0.9' CASCADE");
$from = -s $node->logfile;
$node->safe_psql('second', 'ALTER EXTENSION rsfed UPDATE');
register_warehouse($node, database => 'second');
$node->safe_psql('second', "SELECT rsfed.define_rollup('revenue', 'warehouse', '$query')");
is($node->safe_psql('second', 'SELECT count(*) FROM revenue'), '10', 'an extension that was created old and updated works');

unlike(slurp_file($node->logfile), qr/PANIC|TRAP:|terminated by signal/, 'nothing crashed');
$node->stop;
warehouse_sql('DROP TABLE version_sales');
done_testing();
