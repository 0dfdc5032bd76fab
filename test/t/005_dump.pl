# pg_dump and restore preserve definitions and schedules; pg_dump of one table works
# without rsfed; restored rollups can be refreshed without further steps, but their
# schedules are held until they are taken over.

use strict;
use warnings;

use RsfedTest;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = start_primary('primary');
# a restore must not run at the same time as the schedules that it restores
stop_scheduler($node);

warehouse_sql(q{
	DROP TABLE IF EXISTS dump_sales;
	CREATE TABLE dump_sales (seller integer, price decimal(8,2));
	INSERT INTO dump_sales SELECT i % 10, i FROM generate_series(1, 100) AS i;
});

my $query = 'SELECT seller, sum(price) AS revenue FROM dump_sales GROUP BY seller';
$node->safe_psql('postgres', qq{
	CREATE SCHEMA "Größe.\\"" ;
	CREATE ROLE reporter NOLOGIN;
	CREATE ROLE reader NOLOGIN;
} =~ s/\\"/""/r);
my $odd = q{"Größe."""."a rollup's name"};
$node->safe_psql('postgres', "SELECT rsfed.define_rollup('revenue', 'warehouse', '$query', max_age => '1 hour')");
$node->safe_psql('postgres', "SELECT rsfed.define_rollup(" . quote_literal($odd) . ", 'warehouse', '$query')");
$node->safe_psql('postgres', q{
	SELECT rsfed.schedule_refresh('revenue', '*/5 * * * *', 'often', timezone => 'Europe/Berlin');
	SELECT rsfed.schedule_refresh('revenue', '@daily', 'nightly');
	SELECT rsfed.pause('revenue', reason => 'before the move');
	CREATE INDEX revenue_revenue_idx ON revenue (revenue);
	GRANT SELECT ON revenue TO reader;
	COMMENT ON TABLE revenue IS 'what sellers earned';
	CREATE VIEW best AS SELECT * FROM revenue WHERE revenue > 500;
	CREATE MATERIALIZED VIEW total AS SELECT sum(revenue) AS total FROM revenue;
	SELECT rsfed.schedule_refresh('total', '1 hour');
});
$node->safe_psql('postgres', "SELECT rsfed.define_set('both', ARRAY[" . quote_literal($odd) . ", 'revenue']::regclass[])");
$node->safe_psql('postgres', "SELECT rsfed.schedule_set('both', '\@daily', timezone => 'Asia/Tokyo')");
$node->safe_psql('postgres', "CALL rsfed.refresh_set('both')");
$node->safe_psql('postgres', q{SET client_min_messages = error; SELECT rsfed.publish('{}', 'served elsewhere', '{"sets": ["both"]}')});

my $dir = PostgreSQL::Test::Utils::tempdir;
my %definitions = (
	rollups => 'SELECT rollup, source, query, key, method, timezone, max_age, options, definition FROM rsfed.rollups ORDER BY rollup::text',
	schedules => 'SELECT relation, name, schedule, timezone, method, options, next_run_at, paused, paused_until, pause_reason, paused_by FROM rsfed.schedules ORDER BY 1, 2',
	freshness => 'SELECT relation, as_of, changed_at FROM rsfed.freshness ORDER BY relation::text',
	content => 'SELECT * FROM revenue ORDER BY seller',
	publications => 'SELECT publication, relation::text, columns FROM rsfed.publications ORDER BY 2',
	published => 'SELECT publication, relation_id, relation_name, copy_number, as_of FROM rsfed_catalog.published_freshness ORDER BY 2',
	sets => 'SELECT name, rollups, owner, source, as_of FROM rsfed.sets',
	odd => "SELECT * FROM $odd ORDER BY seller");

# Restores a dump into a database and compares the state of rsfed there.
sub same_after_restore
{
	my ($kind, $database, $restore) = @_;
	$node->safe_psql('postgres', "CREATE DATABASE $database TEMPLATE template0");
	$node->command_ok($restore, "$kind: restored without an error");
	for my $what (sort keys %definitions)
	{
		is($node->safe_psql($database, $definitions{$what}),
			$node->safe_psql('postgres', $definitions{$what}), "$kind: the same $what");
	}
	is($node->safe_psql($database, 'SELECT DISTINCT held, held_reason FROM rsfed.schedules'),
		't|another database of this server owns these schedules', "$kind: a copy, so its schedules are held");
	# doctor() restores the parts that a dump leaves out
	my $missing = q{SELECT remedy FROM rsfed.doctor() WHERE problem ~ 'as after a restore'};
	my $remedy = $node->safe_psql($database, $missing);
	$node->safe_psql($database, "SET client_min_messages = error; $remedy");
	is($node->safe_psql($database, $missing . ' OR subject = \'publication "served elsewhere"\' AND problem !~ \'wal_level\''), '', "$kind: rsfed's own tables are published again");
	is($node->safe_psql($database, q{SELECT count(*) FROM pg_publication_tables WHERE pubname = 'served elsewhere' AND schemaname = 'rsfed_catalog'}), '2', "$kind: both of them");
	my $as_of = q{SELECT rsfed.as_of('revenue'), rsfed.require_fresh('revenue', '1 day')};
	is($node->safe_psql($database, $as_of), $node->safe_psql('postgres', $as_of), "$kind: the same as_of");
	# the dump of a superuser contains the password of the mapping
	$node->safe_psql($database, "CALL rsfed.refresh('revenue')");
	is($node->safe_psql($database, 'SELECT count(*) FROM revenue'), '10', "$kind: a refresh works at once");
	$node->safe_psql($database, "CALL rsfed.refresh_set('both')");
	is($node->safe_psql($database, "SELECT count(*) FROM rsfed.runs WHERE set_run_id IS NOT NULL"), '2', "$kind: and that of a set");
	$node->safe_psql($database, "SELECT rsfed.define_rollup('third', 'warehouse', '$query')");
	is($node->safe_psql($database, 'SELECT count(*) FROM rsfed.rollups'), '3', "$kind: a new definition gets a number of its own");
}

$node->command_ok([ 'pg_dump', '-f', "$dir/plain.sql", 'postgres' ], 'pg_dump');
same_after_restore('plain', 'plain',
	[ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', 'plain', '-f', "$dir/plain.sql" ]);

$node->command_ok([ 'pg_dump', '-Fd', '-j2', '-f', "$dir/dir", 'postgres' ], 'pg_dump in parallel');
same_after_restore('directory', 'directory',
	[ 'pg_restore', '--exit-on-error', '-j2', '-d', 'directory', "$dir/dir" ]);

# Into another server with an active scheduler: held there, until taken over
my $elsewhere = start_primary('elsewhere', register => 0);
$elsewhere->safe_psql('postgres', 'CREATE ROLE reporter; CREATE ROLE reader; CREATE DATABASE shop TEMPLATE template0');
$elsewhere->command_ok([ 'pg_restore', '--exit-on-error', '-j2', '-d', $elsewhere->connstr('shop'), "$dir/dir" ],
	'restored into another server');
ok($elsewhere->poll_query_until('shop', 'SELECT held_since IS NOT NULL FROM rsfed_catalog.identity'),
	'its scheduler finds that it is a copy');
is($elsewhere->safe_psql('shop', 'SELECT DISTINCT held, held_reason FROM rsfed.schedules'),
	't|another server owns these schedules', 'and says so');
$elsewhere->safe_psql('shop', "SELECT rsfed.resume('revenue')");
$elsewhere->safe_psql('shop', "UPDATE rsfed_catalog.schedule SET next_run_at = now() - interval '1 hour'");
is($elsewhere->safe_psql('shop', 'SELECT count(*) FROM rsfed.runs'), '0', 'nothing ran');
$elsewhere->safe_psql('shop', "SELECT rsfed.take_over('shop')");
ok($elsewhere->poll_query_until('shop', q{SELECT count(DISTINCT schedule_name) = 3 FROM rsfed.runs
		WHERE trigger = 'schedule' AND status IN ('published', 'unchanged')}),
	'taken over, what was due meanwhile runs');
like(slurp_file($elsewhere->logfile), qr/WARNING:  schedules of database "shop" are held: .*SELECT rsfed\.take_over\('shop'\)/s,
	'the log says what to run');
$elsewhere->stop;

# Back into the same database: it is still the owner
$node->safe_psql('postgres', q{
	CREATE TABLE remembered AS SELECT identity, system_identifier, database_id FROM rsfed_catalog.identity;
	SET client_min_messages = warning;
	DROP EXTENSION rsfed CASCADE;
	DROP VIEW best;
	DROP MATERIALIZED VIEW total;
	DROP TABLE revenue;
	DROP SCHEMA "Größe.\"" CASCADE;
} =~ s/\\"/""/r);
$node->command_ok([ 'psql', '-X', '-q', '-d', 'postgres', '-f', "$dir/plain.sql" ], 'restored in place');
is($node->safe_psql('postgres', 'SELECT DISTINCT held FROM rsfed.schedules'), 'f', 'in place nothing is held');

# The tables alone are restored into a server without rsfed
$node->safe_psql('postgres', 'CREATE DATABASE bare TEMPLATE template0');
$node->command_ok([ 'pg_dump', '-t', 'revenue', '-f', "$dir/table.sql", 'postgres' ], 'pg_dump of one table');
$node->command_ok([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', 'bare', '-f', "$dir/table.sql" ],
	'one table is restored where there is no rsfed');
is($node->safe_psql('bare', 'SELECT count(*) FROM revenue'), '10', 'with its content');

# A relation that is missing in the restored database must not stop the restore
$node->safe_psql('postgres', 'CREATE DATABASE part TEMPLATE template0');
$node->command_ok([ 'pg_dump', '-T', 'total', '-f', "$dir/part.sql", 'postgres' ], 'pg_dump without one relation');
$node->command_ok([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', 'part', '-f', "$dir/part.sql" ],
	'a dump without a scheduled relation is restored');
is($node->safe_psql('part', 'SELECT count(*) FROM rsfed.rollups'), '2', 'with the rollups that are there');

# Changes of a restored rollup are tracked like those of any other
$node->safe_psql('plain', 'ALTER TABLE revenue RENAME TO income');
is($node->safe_psql('plain', "SELECT count(*) FROM rsfed.rollups WHERE rollup = 'income'::regclass"), '1',
	'restored and renamed, it is still a rollup');
$node->safe_psql('plain', 'ALTER TABLE income RENAME TO revenue; DROP TABLE third');
is($node->safe_psql('plain', "SELECT count(*) FROM rsfed_catalog.relation WHERE relation_name = 'third'"), '0',
	'dropped, it is forgotten');
$node->safe_psql('directory', qq{DROP TABLE $odd});
is($node->safe_psql('directory', "SELECT count(*) FROM rsfed_catalog.relation WHERE relation_name LIKE 'a rollup%'"), '0',
	'and so is one that was restored');
is($node->safe_psql('directory', 'SELECT rollups FROM rsfed.sets'), '{revenue}', 'also by the set that it was in');

# DROP EXTENSION keeps the tables and the objects that depend on them
$node->safe_psql('plain', 'DROP EXTENSION rsfed CASCADE');
is($node->safe_psql('plain', 'SELECT count(*) FROM revenue'), '10', 'DROP EXTENSION keeps the table');
is($node->safe_psql('plain', 'SELECT count(*) > 0 FROM best'), 't', 'and the view on it');

$node->stop;
warehouse_sql('DROP TABLE dump_sales');
done_testing();
