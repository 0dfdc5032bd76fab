# An upgrade from an older PostgreSQL to this one, by pg_upgrade and by dump and
# restore: everything is preserved, nothing runs meanwhile, and afterwards refreshes
# continue: by themselves if rsfed.identity shows that it is the same database,
# otherwise after take_over.
#
# OLD_INSTALL: the folder of the older PostgreSQL, with rsfed installed.

use strict;
use warnings;

use RsfedTest;
use PostgreSQL::Test::Utils;
use Test::More;

alarm 1800;

my $other_server = 'another server owns these schedules';
my $query = 'SELECT seller, sum(price) AS revenue FROM upgrade_sales GROUP BY seller';
my $window = 'SELECT day, count(*) AS sales, sum(price) AS revenue FROM upgrade_sales '
  . 'WHERE day >= {from} AND day < {to} GROUP BY day';

# The values that must be the same before and after.
my %kept = (
	content => 'SELECT * FROM revenue ORDER BY seller',
	windows => 'SELECT * FROM daily ORDER BY day',
	rollups => 'SELECT rollup, source, query, key, method, timezone, max_age, options, definition, owner FROM rsfed.rollups ORDER BY rollup::text',
	definitions => 'SELECT * FROM rsfed.definitions ORDER BY rollup::text, definition',
	schedules => 'SELECT relation, name, schedule, timezone, method, options, paused, pause_reason FROM rsfed.schedules ORDER BY relation::text, name',
	watermarks => 'SELECT * FROM rsfed_catalog.watermark',
	freshness => 'SELECT relation, as_of, changed_at, data_through FROM rsfed.freshness ORDER BY relation::text',
	servers => 'SELECT * FROM rsfed.servers ORDER BY server',
	mappings => 'SELECT * FROM rsfed.credentials ORDER BY server, for_role',
	password => "SELECT umoptions::text LIKE '%password=%' FROM pg_user_mappings ORDER BY 1");

sub kept
{
	my ($node, $database) = @_;
	return { map { $_ => $node->safe_psql($database, $kept{$_}) } keys %kept };
}

sub same
{
	my ($before, $node, $database, $name) = @_;
	my $after = kept($node, $database);
	is($after->{$_}, $before->{$_}, "$name: the same $_") for sort keys %kept;
}

sub goes_on
{
	my ($node, $database, $name) = @_;
	my $last = $node->safe_psql($database, 'SELECT coalesce(max(run_id), 0) FROM rsfed.runs');
	ok($node->poll_query_until($database, "SELECT count(*) >= 2 FROM rsfed.runs WHERE run_id > $last "
			  . "AND trigger = 'schedule' AND status IN ('published', 'unchanged')"), $name);
}

# The window takes new rows from its watermark on, and none before it.
sub window_goes_on
{
	my ($node, $database, $name) = @_;
	my $last = $node->safe_psql($database, 'SELECT revenue FROM daily WHERE day = (SELECT max(day) FROM daily)');
	warehouse_sql("UPDATE upgrade_sales SET price = price + 1 WHERE day = (SELECT max(day) FROM upgrade_sales)");
	$node->safe_psql($database, "CALL rsfed.refresh('daily')");
	isnt($node->safe_psql($database, 'SELECT revenue FROM daily WHERE day = (SELECT max(day) FROM daily)'),
		$last, "$name: the window is refreshed");
	is($node->safe_psql($database, "SELECT count(*) FROM rsfed.compare('daily') WHERE kind <> 'summary'"), '0',
		"$name: and is what the warehouse has");
}

# An old server with all kinds of objects, and active schedules.
sub start_old
{
	my ($name, $conf) = @_;
	my $old = start_primary($name, install_path => $ENV{OLD_INSTALL}, conf => $conf);

	$old->safe_psql('postgres', 'CREATE ROLE reporter; CREATE ROLE reader');
	$old->safe_psql('postgres', "SELECT rsfed.set_credentials('warehouse', "
		  . quote_literal($ENV{WAREHOUSE_USER}) . ', ' . quote_literal($ENV{WAREHOUSE_PASSWORD})
		  . ", for_role => 'reporter')");
	$old->safe_psql('postgres', "SELECT rsfed.define_rollup('revenue', 'warehouse', '$query', max_age => '1 hour')");
	$old->safe_psql('postgres', "SELECT rsfed.define_rollup('daily', 'warehouse', '$window', method => 'window', "
		  . q{options => '{"bucket": "1 day", "lookback": "2 days", "tail": "open"}')});
	$old->safe_psql('postgres', q{
		SELECT rsfed.alter_rollup('revenue', options => '{"max_shrink_percent": 90}');
		GRANT USAGE ON FOREIGN SERVER warehouse TO reporter;
		GRANT CREATE ON SCHEMA public TO reporter;
		ALTER TABLE revenue OWNER TO reporter;
		GRANT SELECT ON revenue TO reader;
		SELECT rsfed.schedule_refresh('revenue', '1 second');
		SELECT rsfed.schedule_refresh('daily', '@daily', 'nightly', timezone => 'Europe/Berlin');
		SELECT rsfed.pause('daily', reason => 'before the move');
		CREATE MATERIALIZED VIEW total AS SELECT sum(revenue) AS total FROM revenue;
		SELECT rsfed.schedule_refresh('total', '1 hour');
	});
	goes_on($old, 'postgres', "$name: schedules run");
	return $old;
}

# pg_upgrade of a stopped server to a new one, which is started.
sub upgrade
{
	my ($old, $name, $conf) = @_;
	my $new = new_node($name, conf => $conf);
	my $dir = PostgreSQL::Test::Utils::tempdir;

	chdir $dir or die "cannot enter $dir: $!";
	$new->command_ok(
		[
			'pg_upgrade', '--no-sync',
			'-d', $old->data_dir, '-D', $new->data_dir,
			'-b', "$ENV{OLD_INSTALL}/bin", '-B', $new->config_data('--bindir'),
			'-s', $new->host, '-p', $old->port, '-P', $new->port
		],
		"$name: pg_upgrade");
	$new->start;
	return $new;
}

warehouse_sql(q{
	DROP TABLE IF EXISTS upgrade_sales;
	CREATE TABLE upgrade_sales (seller integer, day date, price decimal(8,2));
	INSERT INTO upgrade_sales SELECT i % 10, CURRENT_DATE - 19 + i % 20, i FROM generate_series(1, 200) AS i;
});

# With the setting: pg_upgrade, then it continues by itself
{
	my $conf = "rsfed.identity = 'production'\n";
	my $old = start_old('identified', $conf);
	$old->safe_psql('postgres', "SELECT rsfed.unschedule_refresh('revenue')");
	poll_for($old, "SELECT count(*) FROM rsfed.runs WHERE status IN ('queued', 'running')", '0', 'the old server is at rest');
	$old->safe_psql('postgres', "SELECT rsfed.schedule_refresh('revenue', '1 second')");
	$old->append_conf('postgresql.conf', "rsfed.scheduler = off\n");
	$old->restart;
	my $before = kept($old, 'postgres');
	my $runs = $old->safe_psql('postgres', 'SELECT count(*) FROM rsfed.runs');
	my $system = $old->safe_psql('postgres', 'SELECT system_identifier FROM pg_control_system()');
	# pg_upgrade starts both servers: schedules must not be active then
	$old->append_conf('postgresql.conf', "rsfed.scheduler = on\n");
	$old->stop;

	my $new = upgrade($old, 'upgraded', "$conf\nrsfed.scheduler = off\n");
	same($before, $new, 'postgres', 'upgraded');
	is($new->safe_psql('postgres', 'SELECT count(*) FROM rsfed.runs'), $runs,
		'upgraded: history is kept, and nothing ran meanwhile');
	isnt($new->safe_psql('postgres', 'SELECT system_identifier FROM pg_control_system()'), $system,
		'upgraded: it is another server');
	is($new->safe_psql('postgres', 'SELECT is_held FROM rsfed_catalog.guard'), 'f', 'upgraded: with the same owner');
	$new->append_conf('postgresql.conf', "rsfed.scheduler = on\n");
	$new->reload;
	goes_on($new, 'postgres', 'upgraded: schedules go on by themselves');
	window_goes_on($new, 'postgres', 'upgraded');
	is($new->safe_psql('postgres', 'SELECT i.system_identifier = c.system_identifier::text FROM rsfed_catalog.identity i, pg_control_system() c'),
		't', 'upgraded: the new server is remembered');
	$new->safe_psql('postgres', "SELECT rsfed.define_rollup('third', 'warehouse', '$query')");
	$new->safe_psql('postgres', "ALTER TABLE third RENAME TO renamed; DROP TABLE renamed");
	is($new->safe_psql('postgres', 'SELECT count(*) FROM rsfed.rollups'), '2', 'upgraded: definitions and event triggers work');
	unlike(slurp_file($new->logfile), qr/PANIC|TRAP:|ended unexpectedly/, 'upgraded: nothing failed');
	$new->stop;
}

# Without it: held, because it cannot be distinguished from a copy; before that,
# dump and restore
{
	my $old = start_old('anonymous', '');
	my $dir = PostgreSQL::Test::Utils::tempdir;

	# roles belong to the server, not to the database
	my $target = start_primary('restored', register => 0);
	$target->safe_psql('postgres', 'CREATE ROLE reporter; CREATE ROLE reader; CREATE DATABASE shop TEMPLATE template0');
	$old->safe_psql('postgres', 'SELECT rsfed.pause_all()');
	wait_for_turn($old, 'SELECT rsfed.pause_all()', 'the scheduler knows that it is to pause');
	poll_for($old, "SELECT count(*) FROM rsfed.runs WHERE status IN ('queued', 'running')", '0', 'the old server is at rest');
	my $before = kept($old, 'postgres');
	$target->command_ok([ 'pg_dump', '-Fc', '-f', "$dir/dump", '-d', $old->connstr('postgres') ], 'restored: pg_dump');
	$target->command_ok([ 'pg_restore', '--exit-on-error', '-d', $target->connstr('shop'), "$dir/dump" ], 'restored: pg_restore');
	same($before, $target, 'shop', 'restored');
	is($target->safe_psql('shop', 'SELECT DISTINCT held, held_reason FROM rsfed.schedules'), "t|$other_server", 'restored: held');
	$target->safe_psql('shop', "SELECT rsfed.resume_all(); SELECT rsfed.take_over('shop')");
	goes_on($target, 'shop', 'restored and taken over: schedules go on');
	window_goes_on($target, 'shop', 'restored');
	$target->stop;

	$old->safe_psql('postgres', 'SELECT rsfed.resume_all()');
	goes_on($old, 'postgres', 'the old server goes on');
	$old->stop;
	my $new = upgrade($old, 'held', '');
	ok($new->poll_query_until('postgres', 'SELECT held_since IS NOT NULL FROM rsfed_catalog.identity'), 'upgraded without: held');
	is($new->safe_psql('postgres', 'SELECT DISTINCT held, held_reason FROM rsfed.schedules'), "t|$other_server",
		'upgraded without: and says why');
	like(slurp_file($new->logfile), qr/WARNING:  schedules of database "postgres" are held: $other_server.*HINT: .*SELECT rsfed\.take_over\('postgres'\)/s,
		'upgraded without: and in the log, with what to run');
	$new->safe_psql('postgres', "SELECT rsfed.take_over('postgres')");
	goes_on($new, 'postgres', 'upgraded and taken over: schedules go on');
	window_goes_on($new, 'postgres', 'upgraded without');
	$new->stop;
}

warehouse_sql('DROP TABLE upgrade_sales');
done_testing();
