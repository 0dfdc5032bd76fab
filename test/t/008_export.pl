# rsfed.export(): a script that recreates everything in an empty database, changes
# nothing if everything exists, has the same text each time, contains no password,
# shows each role only its own objects, and completes pg_dump -s.

use strict;
use warnings;

use RsfedTest;
use PostgreSQL::Test::Utils;
use Test::More;


my $node = start_primary('primary');
# runs of schedules would change the compared data
$node->append_conf('postgresql.conf', "rsfed.scheduler = off\nwal_level = logical\nmax_prepared_transactions = 5");
$node->restart;
my $replica = start_replica($node, 'replica');

warehouse_sql(q{
	DROP TABLE IF EXISTS export_sales;
	CREATE TABLE export_sales (seller integer, day date, price decimal(8,2));
	INSERT INTO export_sales SELECT i % 10, date '2024-01-01' + i % 50, i FROM generate_series(1, 100) AS i;
});

# Names that are hard to quote, and queries that try to break out of their quotes
my $role = q{"Räu-ber; DROP ""ROLE"" x --"};
my $schema = qq{"Größe.""\n-- x"};
my $password = $ENV{WAREHOUSE_PASSWORD};
$node->safe_psql('postgres', qq{
	CREATE ROLE reporter NOLOGIN;
	CREATE ROLE $role;
	CREATE ROLE stranger LOGIN;
	CREATE SCHEMA $schema;
	GRANT USAGE, CREATE ON SCHEMA $schema TO $role;
	GRANT USAGE, CREATE ON SCHEMA public TO reporter;
	GRANT USAGE ON FOREIGN SERVER warehouse TO reporter, $role;
	GRANT USAGE ON FOREIGN SERVER warehouse TO PUBLIC;
	SELECT rsfed.set_credentials('warehouse', '$ENV{WAREHOUSE_USER}', '$password', for_role => 'reporter', valid_until => '2037-01-01');
	SELECT rsfed.set_credentials('warehouse', '$ENV{WAREHOUSE_USER}', '$password', for_role => 'public');
	CREATE SERVER "by hand" FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host 'localhost', dbname 'dev');
	CREATE SERVER "O'Brien ""2"" \\ é" TYPE 'a''b' FOREIGN DATA WRAPPER rsfed OPTIONS (host 'h', dbname 'd', search_path '"x''y", public');
	ALTER SERVER "O'Brien ""2"" \\ é" OWNER TO reporter;
	CREATE USER MAPPING FOR reporter SERVER "O'Brien ""2"" \\ é" OPTIONS (user 'u', credentials_file '/etc/rsfed/x.json');
});
my $query = 'SELECT seller, sum(price) AS revenue FROM export_sales GROUP BY seller';
$node->safe_psql('postgres', qq{
	SET DateStyle = 'German'; SET IntervalStyle = 'sql_standard'; SET TimeZone = 'Asia/Kathmandu';
	SET ROLE reporter;
	SELECT rsfed.define_rollup('revenue', 'warehouse', '$query', max_age => '1 day 02:00:00',
		options => '{"fillfactor": 70, "not_null": ["seller"], "probe": "SELECT max(''it''''s \\\\ '') FROM export_sales"}');
	SELECT rsfed.schedule_refresh('revenue', '*/5 * * * *', 'often', timezone => 'Europe/Berlin', options => '{"run_timeout": "10 min"}');
	SELECT rsfed.schedule_refresh('revenue', '30 seconds', 'O''Brien \\ "x"', method => 'merge');
	SELECT rsfed.pause('revenue', until => '2037-03-04 05:06:07+02', reason => E'it''s \\\\ moving\\n-- away');
	SELECT rsfed.define_rollup('window', 'warehouse', \$\$
		SELECT day, count(*) AS n FROM export_sales /* \$query\$ \$query2 */
		WHERE day >= {from} AND day < {to} AND 'a:b' <> '\$query' GROUP BY day -- \$query3\$
	\$\$, method => 'window', timezone => 'America/New_York', options => '{"start": "2024-01-01", "lookback": "3 days"}');
	SET ROLE $role;
	SELECT rsfed.define_rollup(format('%I.%I', E'Größe."\\n-- x', E'a "rollup''s"\\nname'), 'warehouse', '$query',
		columns => '"Verkäufer ""x""" int, "select" numeric(12,2)');
	RESET ROLE;
	SELECT rsfed.define_rollup('total', 'warehouse', 'SELECT count(*) AS n FROM export_sales', method => 'replace');
	SELECT rsfed.schedule_refresh('total', '\@daily');
	SELECT rsfed.drop_server('by hand');
	CREATE MATERIALIZED VIEW seen AS SELECT sum(revenue) AS total FROM revenue ; CREATE UNIQUE INDEX ON seen (total);
	SELECT rsfed.schedule_refresh('seen', '1 hour');
	SELECT rsfed.schedule_refresh('"window"', '\@daily', E'a/b "x"\n\\\\');
	SELECT rsfed.alter_schedule('revenue', 'often', options => jsonb_build_object('after', jsonb_build_array(E'"window"/a/b "x"\n\\\\', 'total')));
	SELECT rsfed.pause('seen');
	SELECT rsfed.pause_all(until => '2037-01-01 00:00+00');
	SELECT rsfed.define_rollup('kept', 'warehouse', '$query', options => '{"not_null": ["seller"]}');
	SELECT rsfed.publish(ARRAY['revenue', 'kept']::regclass[], 'out of "here"''s', '{"messages": true}');
	ALTER PUBLICATION "out of ""here""'s" OWNER TO reporter;
	SELECT rsfed.publish('{}', 'empty');
});

sub export_of { my ($database, %options) = @_; return ($options{node} // $node)->safe_psql($database, 'SELECT rsfed.export()') }

my $script = export_of('postgres');
unlike($script, qr/\Q$password\E/, 'no password');
is($node->safe_psql('postgres', qq{
		SET DateStyle = 'SQL, DMY'; SET IntervalStyle = 'iso_8601'; SET TimeZone = 'Asia/Kathmandu';
		SET extra_float_digits = -3; SET quote_all_identifiers = on; SET lc_numeric = 'C';
		SET search_path = public; SET standard_conforming_strings = off; SET bytea_output = escape;
		SELECT rsfed.export()}),
	$script, 'the text does not depend on the settings of the session');
$node->wait_for_catchup($replica);
is(export_of('postgres', node => $replica), $script, 'the same on a replica');

# What a role may see: its own objects only
is($node->safe_psql('postgres', 'SET ROLE stranger; SELECT rsfed.export()') =~ /CREATE SERVER|define_rollup|schedule_refresh|SET ROLE|CREATE USER MAPPING FOR rep/ ? 'shown' : '',
	'', 'a stranger is shown nothing');
my $own = $node->safe_psql('postgres', 'SET ROLE reporter; SELECT rsfed.export()');
is(join(' ', $own =~ /define_rollup\('([^']+)'/g), 'public.revenue public."window"', 'a role: its own rollups');
is(join(' ', $own =~ /(CREATE USER MAPPING IF NOT EXISTS FOR \S+|SET ROLE \S+)/g),
	'CREATE USER MAPPING IF NOT EXISTS FOR reporter CREATE USER MAPPING IF NOT EXISTS FOR reporter', 'and its own log-ins');
unlike($own, qr/publish\(.*'public\.kept'|'empty'/, 'of a publication of its own, its own rollups');
like($own, qr/^SELECT rsfed\.publish\(.*'public\.revenue'.*\n.*'out of "here"''s'/m, 'which it can publish');
like($own, qr/^-- Server warehouse belongs to somebody else; it must be there\.$/m, 'and what it needs of others');

# Runs a script with the passwords inserted, as a DBA would; errors are fatal.
sub run_script
{
	my ($database, $text, $name) = @_;
	my ($out, $err) = ('', '');
	$text =~ s/^-- (SELECT rsfed\.set_credentials\('warehouse'.*)$/$1/mg;
	$text =~ s/'\.\.\.'/'$password'/g;
	is($node->psql($database, $text, stdout => \$out, stderr => \$err, on_error_stop => 1), 0, $name) or diag($err);
	unlike($err, qr/WARNING|ERROR/, "$name, and warns of nothing");
	return $err;
}
my %state = (
	rollups => 'SELECT rollup, source, query, key, method, columns, timezone, max_age, options, owner FROM rsfed.rollups ORDER BY rollup::text',
	schedules => 'SELECT relation, name, schedule, timezone, method, options, after, paused, paused_until, pause_reason FROM rsfed.schedules ORDER BY relation::text, name',
	servers => 'SELECT * FROM rsfed.servers ORDER BY server',
	published => 'SELECT publication, relation, columns FROM rsfed.publications ORDER BY publication, relation::text',
	publications => 'SELECT p.publication, p.messages, pg_get_userbyid(b.pubowner), (SELECT count(*) FROM pg_publication_rel r WHERE r.prpubid = b.oid) FROM rsfed_catalog.publication p JOIN pg_publication b ON b.pubname = p.publication ORDER BY 1',
	credentials => 'SELECT server, for_role, username, kind, credentials_file FROM rsfed.credentials ORDER BY 1, 2');

# An empty database
$node->safe_psql('postgres', 'CREATE DATABASE fresh TEMPLATE template0');
# without the passwords there is one error, with the remedy, and nothing else happens
$node->psql('fresh', $script, stderr => \my $missing, on_error_stop => 1);
like($missing, qr/ERROR:  passwords are missing: postgres at warehouse, public at warehouse, reporter at warehouse\nHINT:  Complete the lines with rsfed\.set_credentials, and run the script again\.\n/,
	'passwords are asked for before rollups');
is(scalar(() = $missing =~ /ERROR:/g), 1, 'in one error');
is($node->safe_psql('fresh', 'SELECT count(*) FROM rsfed.rollups'), '0', 'and no rollup was tried');
my ($servers, $rest) = $script =~ /^(.*?)(-- Schedules.*)$/s;
run_script('fresh', $servers, 'an empty database takes servers and rollups');
$node->safe_psql('fresh', 'CREATE MATERIALIZED VIEW seen AS SELECT sum(revenue) AS total FROM revenue ; CREATE UNIQUE INDEX ON seen (total)');
run_script('fresh', $rest, 'and, with its own views, schedules and pauses');
is($node->safe_psql('fresh', $state{$_}), $node->safe_psql('postgres', $state{$_}), "the same $_") for sort keys %state;
is(export_of('fresh'), $script, 'exported again it is the same text');

# Again, and in the original database: nothing changes
for my $database (qw(fresh postgres))
{
	my $all = 'SELECT array_agg(xmin::text || ctid::text ORDER BY ctid) FROM rsfed_catalog.';
	my @tables = qw(rollup definition schedule relation_oid freshness publication published_freshness);
	my @before = map { $node->safe_psql($database, $all . $_) } @tables;
	run_script($database, $script, "$database takes it once more");
	is_deeply([ map { $node->safe_psql($database, $all . $_) } @tables ], \@before, "$database: no row is another");
	is(export_of($database), $script, "$database: the same text");
}
is($node->safe_psql('fresh', q{CALL rsfed.refresh('revenue'); SELECT count(*) FROM revenue}) =~ s/.*\n//r, '10', 'a rebuilt rollup can be refreshed');

# A schedule that differs is replaced by that of the script; a rollup that differs
# is kept, with a message
$node->safe_psql('fresh', q{
	SELECT rsfed.alter_schedule('revenue', 'often', schedule => '@daily');
	SELECT rsfed.alter_rollup('total', query => 'SELECT count(*) + 1 AS n FROM export_sales');
});
my $err = '';
$node->psql('fresh', $script, stderr => \$err);
like($err, qr/WARNING:  rollup "total" already exists with another definition, skipping\nDETAIL:  These are others: query\./,
	'another definition is said, not changed');
is($node->safe_psql('fresh', q{SELECT schedule FROM rsfed.schedules WHERE name = 'often'}), '*/5 * * * *', 'another schedule is changed');

# pg_dump -s, then the script: everything, on the tables of the dump
my $dir = PostgreSQL::Test::Utils::tempdir;
$node->safe_psql('postgres', 'CREATE INDEX revenue_idx ON revenue (revenue); ALTER TABLE revenue ADD COLUMN remark text');
$node->command_ok([ 'pg_dump', '-s', '-f', "$dir/schema.sql", 'postgres' ], 'pg_dump -s');
$node->safe_psql('postgres', 'CREATE DATABASE dumped TEMPLATE template0');
$node->command_ok([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', 'dumped', '-f', "$dir/schema.sql" ], 'restored');
is($node->safe_psql('dumped', 'SELECT count(*) FROM rsfed.rollups'), '0', 'it knows no rollups');
run_script('dumped', $script, 'the script finds their tables');
is($node->safe_psql('dumped', $state{$_}), $node->safe_psql('postgres', $state{$_}), "pg_dump -s and export: the same $_") for sort keys %state;
is(export_of('dumped'), $script, 'exported again it is the same text');
is($node->safe_psql('dumped', "SELECT count(*) FROM pg_indexes WHERE indexname = 'revenue_idx'"), '1', 'indexes are there');
is($node->safe_psql('dumped', q{CALL rsfed.refresh('revenue'); SELECT count(*) FROM revenue WHERE remark IS NULL}) =~ s/.*\n//r, '10', 'and can be refreshed');

$replica->stop;
$node->stop;
warehouse_sql('DROP TABLE export_sales');
done_testing();
