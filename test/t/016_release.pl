# Released versions: ALTER EXTENSION UPDATE results in the same objects as CREATE
# EXTENSION of the current version, and each version keeps its schedules with the
# current library before and after the update.  The install script of a released
# version is kept (sql/released.sha256).  script/suites installs 0.0.9, which has a
# table less, and its update script; it is too old for the library, so only the
# result of its update is checked.

use strict;
use warnings;

use RsfedTest;
use PostgreSQL::Test::Utils;
use Test::More;

my $sources = $ENV{RSFED_SOURCES};
my @released = map { m{^[0-9a-f]{64}  sql/rsfed--(.*)\.sql$} ? $1 : () } split /\n/, slurp_file("$sources/sql/released.sha256");
my $catalog = slurp_file("$sources/test/catalog.sql");

my $node = start_primary('primary', conf => "rsfed.idle_connection = '1s'\n");
my $version = $node->safe_psql('postgres', "SELECT extversion FROM pg_extension WHERE extname = 'rsfed'");
note("version $version; released: " . (@released ? "@released" : 'none yet'));

# The lines of test/catalog.sql in a database, after statements that are rolled back.
sub facts
{
	my ($database, $statements) = @_;
	return split /\n/, $node->safe_psql($database, 'BEGIN; ' . ($statements // '') . "; $catalog; ROLLBACK");
}

# The lines that only one of two lists has.
sub differences
{
	my ($got, $expected) = @_;
	my %more;
	$more{$_}++ for @$got;
	$more{$_}-- for @$expected;
	return map { $more{$_} > 0 ? "only here: $_" : $more{$_} < 0 ? "only there: $_" : () } sort keys %more;
}

sub create_old
{
	my ($database, $old) = @_;
	$node->safe_psql('postgres', "CREATE DATABASE $database TEMPLATE template0");
	$node->safe_psql($database, "SET client_min_messages = warning; CREATE EXTENSION rsfed VERSION '$old' CASCADE");
	return;
}

# Functions whose symbol is missing in the current library, or differs.
sub functions_without_symbol
{
	my ($database) = @_;
	return $node->safe_psql($database, q{
		SET client_min_messages = warning;
		CREATE FUNCTION pg_temp.is_there(function oid) RETURNS boolean LANGUAGE plpgsql AS $$
		BEGIN
			PERFORM pg_catalog.fmgr_c_validator(function);
			RETURN true;
		EXCEPTION WHEN undefined_function THEN
			RETURN false;
		END $$;
		SELECT string_agg(p.oid::regprocedure::text, ' ') FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang
		JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'
		JOIN pg_extension e ON e.oid = d.refobjid AND d.refclassid = 'pg_extension'::regclass
		WHERE e.extname = 'rsfed' AND CASE WHEN l.lanname = 'c' THEN NOT pg_temp.is_there(p.oid) END});
}

sub goes_on
{
	my ($database, $name) = @_;
	my $last = $node->safe_psql($database, 'SELECT coalesce(max(run_id), 0) FROM rsfed.runs');
	for my $relation ('revenue', 'latest')
	{
		ok($node->poll_query_until($database, "SELECT count(*) >= 2 FROM rsfed.runs WHERE run_id > $last AND trigger = 'schedule' "
				  . "AND relation = '$relation'::regclass AND status IN ('published', 'unchanged')"), "$name: $relation");
	}
	return;
}

# An updated extension is the same as a created one
my @fresh = facts('postgres');
cmp_ok(scalar @fresh, '>', 1000, 'the extension is many facts');
for my $old ('0.0.9', @released)
{
	my $database = 'from_' . $old =~ s/\W/_/gr;
	create_old($database, $old);
	$node->safe_psql($database, 'ALTER EXTENSION rsfed UPDATE');
	is($node->safe_psql($database, "SELECT extversion FROM pg_extension WHERE extname = 'rsfed'"), $version, "from $old: updated");
	is(join("\n", differences([ facts($database) ], \@fresh)), '', "from $old: an update makes what CREATE EXTENSION makes");
}

# The comparison finds differences
my $trigger = $node->safe_psql('postgres', "SELECT evtname FROM pg_event_trigger WHERE evtname ~ 'rsfed' ORDER BY 1 LIMIT 1");
my %change = (
	'a function less' => 'ALTER EXTENSION rsfed DROP FUNCTION rsfed.age(regclass)',
	'another volatility' => 'ALTER FUNCTION rsfed.age(regclass) VOLATILE',
	'a comment' => "COMMENT ON VIEW rsfed.runs IS 'Other'",
	"a column's comment" => "COMMENT ON COLUMN rsfed.runs.run_id IS 'Other'",
	'a privilege' => 'REVOKE EXECUTE ON FUNCTION rsfed.age(regclass) FROM PUBLIC',
	'a column' => 'ALTER TABLE rsfed_catalog.local_sort ADD COLUMN more integer',
	'a default' => "ALTER TABLE rsfed_catalog.run ALTER COLUMN status SET DEFAULT 'other'",
	'an index' => 'CREATE INDEX ON rsfed_catalog.run (status)',
	'a constraint' => 'ALTER TABLE rsfed_catalog.run ADD CHECK (status IS NOT NULL)',
	'a table that is not dumped' => 'UPDATE pg_extension SET extconfig = extconfig[2:], extcondition = extcondition[2:] '
	  . "WHERE extname = 'rsfed'",
	'an event trigger' => "ALTER EVENT TRIGGER $trigger DISABLE",
	'a dependency' => 'ALTER FUNCTION rsfed.age(regclass) DEPENDS ON EXTENSION dblink',
	'an owner' => 'CREATE ROLE other; ALTER VIEW rsfed.runs OWNER TO other',
	'an option of a table' => 'ALTER TABLE rsfed_catalog.run SET (fillfactor = 70)',
);
for my $what (sort keys %change)
{
	isnt(join("\n", differences([ facts('postgres', $change{$what}) ], \@fresh)), '', "the comparison sees $what");
}
is(join("\n", differences([ facts('postgres') ], \@fresh)), '', 'and nothing where nothing is');

# Old SQL objects with the current library
is(functions_without_symbol('postgres'), '', "$version: the library has every function");
warehouse_sql(q{
	DROP TABLE IF EXISTS release_sales;
	CREATE TABLE release_sales (seller integer, price decimal(8,2));
	INSERT INTO release_sales SELECT i % 10, i FROM generate_series(1, 100) AS i;
});
for my $old (@released)
{
	my $database = 'kept_' . $old =~ s/\W/_/gr;
	create_old($database, $old);
	register_warehouse($node, database => $database);
	is(functions_without_symbol($database), '', "$old: the library has every function");
	$node->safe_psql($database, q{
		SELECT rsfed.define_rollup('revenue', 'warehouse', 'SELECT seller, sum(price) AS revenue FROM release_sales GROUP BY seller');
		SELECT rsfed.schedule_refresh('revenue', '1 second');
		CREATE MATERIALIZED VIEW latest AS SELECT sum(revenue) AS revenue, now() AS moment FROM revenue;
		SELECT rsfed.schedule_refresh('latest', '1 second');
	});
	goes_on($database, "$old under the library of $version runs its schedules");
	$node->restart;
	goes_on($database, "$old under the library of $version runs them after a restart");
	my $schedules = $node->safe_psql($database, 'SELECT relation, name, schedule, timezone FROM rsfed.schedules ORDER BY 1, 2');
	is($node->safe_psql($database, "SELECT extversion FROM pg_extension WHERE extname = 'rsfed'"), $old, "$old: it still is");
	$node->safe_psql($database, 'ALTER EXTENSION rsfed UPDATE');
	goes_on($database, "$old, updated to $version, runs its schedules");
	is($node->safe_psql($database, 'SELECT relation, name, schedule, timezone FROM rsfed.schedules ORDER BY 1, 2'),
		$schedules, "$old, updated: they are the same");
	is($node->safe_psql($database, "SELECT count(*) FROM rsfed.runs WHERE status = 'failed'"), '0', "$old: no run failed");
	is($node->safe_psql($database, 'SELECT sum(revenue) FROM revenue'), '5050.00', "$old: the content is there");
	$node->safe_psql($database, "SELECT rsfed.unschedule_refresh('revenue'); SELECT rsfed.unschedule_refresh('latest')");
}

unlike(slurp_file($node->logfile), qr/PANIC|TRAP:|terminated by signal/, 'nothing crashed');
$node->stop;
warehouse_sql('DROP TABLE release_sales');
done_testing();
