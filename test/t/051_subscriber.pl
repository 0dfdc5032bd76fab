# The reports of a subscriber without rsfed about itself, state by state; one whose
# tables belong to other migrations; and owners of publications who are not members
# of pg_monitor.

use strict;
use warnings;

use AuroraTest;
use RsfedTest;
use PostgreSQL::Test::Utils;
use Test::More;

start_sides();
warehouse_sql(q{
	DROP TABLE IF EXISTS aurora_states;
	CREATE TABLE aurora_states (k integer, s varchar(100), n integer);
	INSERT INTO aurora_states SELECT i, 's' || i, i FROM generate_series(1, 20) i;
});
my $query = 'SELECT k, max(s) AS s, sum(n) AS n FROM aurora_states GROUP BY k';
$node->safe_psql('postgres', qq{
	CREATE ROLE publisher LOGIN;
	GRANT CREATE ON DATABASE postgres TO publisher;
	GRANT CREATE ON SCHEMA public TO publisher;
	SELECT rsfed.define_rollup('states', 'warehouse', '$query', max_age => '2 seconds', options => '{"not_null": ["k"]}');
	SELECT rsfed.define_rollup('loose', 'warehouse', 'SELECT k, s, n FROM aurora_states', key => ARRAY['k']);
	ALTER TABLE states OWNER TO publisher;
	ALTER TABLE loose OWNER TO publisher;
	GRANT USAGE ON FOREIGN SERVER warehouse TO publisher;
	SELECT rsfed.set_credentials('warehouse', '$ENV{WAREHOUSE_USER}', '$ENV{WAREHOUSE_PASSWORD}', for_role => 'publisher', verify => false);
	SET ROLE publisher;
	SELECT rsfed.publish(ARRAY['states', 'loose']::regclass[]);
});

# The script for tables with other owners, as the role that owns them, and before
# version 16 as a superuser for the subscription.
sub run_checked
{
	my ($name) = @_;
	my $checked = script('tables => false');
	for my $role ('app', $is_16 ? () : ($ENV{PGUSER} // scalar(getpwuid($<))))
	{
		my ($code, $out) = run_psql($role, $checked, "connection=$connection");
		is($code, 0, "$name, as $role") or diag($out);
	}
	return;
}

sub poll_there
{
	my ($sql, $expected, $name) = @_;
	ok($aurora->poll_query_until('app', $sql, $expected), $name) or diag(doctor_there());
	return;
}

# Waits for a row of doctor() there.
sub said_there
{
	my ($pattern, $name) = @_;
	poll_there("SELECT count(*) > 0 FROM rsfed.doctor() d WHERE concat_ws('|', d.severity, d.subject, d.problem) ~ " . quote_literal($pattern), 't', $name);
	return;
}

sub metric
{
	my ($name) = @_;
	return $reader->safe_psql('app', "SELECT max(value) FROM rsfed.metrics WHERE name = '$name' AND (labels ->> 'relation' = 'public.states' OR labels ? 'subscription')");
}

# --- Tables that belong to other migrations
my $checked = script('tables => false');
my ($code, $out) = run_psql('app', $checked, "connection=$connection");
ok($code != 0 && $out =~ /table public\.(loose|states) is missing.*in comments/s, 'tables => false misses the tables') or diag($out);
is($aurora->safe_psql('app', q{SELECT count(*) FROM pg_class WHERE relname IN ('states', 'loose')}), '0', 'and makes none');
my @migrations = $checked =~ /^--   ((?:CREATE|ALTER) .*;)$/mg;
is(scalar(@migrations), 4, 'it prints two tables and two keys') or diag(@migrations);
$aurora->safe_psql('app', "SET ROLE app; @migrations");
my $tables = q{SELECT string_agg(x, E'\n' ORDER BY x) FROM (SELECT concat_ws('|', c.oid, c.relname, c.relfilenode, c.relacl, c.relreplident, obj_description(c.oid)) AS x FROM pg_class c WHERE relnamespace = 'public'::regnamespace
	UNION ALL SELECT concat_ws('|', attrelid, attname, attnum, atttypid, attcollation, attnotnull) FROM pg_attribute WHERE attrelid IN ('states'::regclass, 'loose'::regclass)) x};
my $migrated = $aurora->safe_psql('app', $tables);
run_checked('what it prints is what it needs');
in_step('they are copied');
same('states', 'k, s, n', 'content arrives');
same('loose', 'k, s, n', 'without a primary key, too');
run_checked('once more');
is($aurora->safe_psql('app', $tables), $migrated, 'the script has touched none of them');
warehouse_sql('UPDATE aurora_states SET n = n + 1 WHERE k < 5; DELETE FROM aurora_states WHERE k = 9');
$node->safe_psql('postgres', "CALL rsfed.refresh('states'); CALL rsfed.refresh('loose')");
same($_, 'k, s, n', "changes of $_") for ('states', 'loose');

# --- Their owner sees the necessary information, also without pg_monitor
is($node->safe_psql('postgres', 'SET ROLE publisher; SELECT connected, lag_bytes IS NOT NULL, problem FROM rsfed.subscribers'), 't|t|', 'the owner of a publication sees its subscribers');
$node->safe_psql('postgres', "SET ROLE publisher; SELECT count(*) FROM rsfed.alter_rollup('states', query => 'SELECT k, max(s) AS s, sum(n) AS n, max(n) AS most FROM aurora_states GROUP BY k')");
like($node->safe_psql('postgres', 'SET ROLE publisher; SELECT problem FROM rsfed.subscribers'), qr/has run the script of version 1; the publication is version 2/, 'and which of them is behind');
($code, $out) = run_psql('app', script('tables => false'), "connection=$connection");
my ($missing) = $out =~ /HINT:  (ALTER TABLE .*;)/;
ok($code != 0 && $missing, 'the newer script says what the migrations must add') or diag($out);
$aurora->safe_psql('app', "SET ROLE app; $missing");
run_checked('then it is content');
poll_for($node, 'SELECT problem IS NULL FROM rsfed.subscribers', 't', 'the node learns of it');
$node->safe_psql('postgres', "SET ROLE publisher; SELECT rsfed.publish(ARRAY['states']::regclass[])");
same('states', 'k, s, n, most', 'and the column arrives');

# --- Late, and the reason
said_there('^warning\|public\.states\|It is [0-9:.]+ old, which is more than its max_age of 00:00:02\.$', 'older than max_age');
is(metric('rsfed_late'), '1', 'as a figure');
standin(q{FAULT error 57014 'cancelled'});
$node->psql('postgres', "CALL rsfed.refresh('states')");
standin_reset();
said_there('^warning\|public\.states\|.*max_age of 00:00:02; its refreshes fail on the node since', 'late because refreshes fail');
cmp_ok(metric('rsfed_consecutive_failures'), '>', 0, 'as a figure');

# --- Disabled
$aurora->safe_psql('app', 'ALTER SUBSCRIPTION rsfed DISABLE');
said_there('^error\|publication rsfed\|The subscription is disabled', 'a disabled subscription');
$aurora->wait_for_catchup($reader);
is(metric('rsfed_subscription_enabled'), '0', 'as a figure, on the reader');
like(doctor_there($reader), qr/^error\|publication rsfed\|The subscription is disabled/m, 'and said there');
my $remedy = $aurora->safe_psql('app', q{SELECT remedy FROM rsfed.doctor() WHERE problem LIKE 'The subscription is disabled%'});
$aurora->safe_psql('app', $remedy);
poll_there('SELECT count(*) FROM pg_stat_subscription WHERE subname = \'rsfed\' AND pid IS NOT NULL', '1', 'its remedy enables it');

# --- Rows that violate a constraint
$aurora->safe_psql('app', 'ALTER TABLE states ADD CONSTRAINT narrow CHECK (n < 1000)');
warehouse_sql('UPDATE aurora_states SET n = 2000 WHERE k = 2');
$node->safe_psql('postgres', "CALL rsfed.refresh('states')");
said_there(q{^error\|publication rsfed\|Nothing is applied: the node cannot be reached, or what it sends does not fit the tables here, as when its newest script was not run\. It has failed [0-9]+ times so far, and is tried again every few seconds\. The server's log says why\.$}, 'what cannot be applied');
$aurora->wait_for_catchup($reader);
like($aurora->safe_psql('app', q{SELECT max(value) FROM rsfed.metrics WHERE name = 'rsfed_subscription_apply_errors_total'}), qr/^[1-9]/, 'as a figure');
$aurora->safe_psql('app', 'ALTER TABLE states DROP CONSTRAINT narrow');
same('states', 'k, s, n, most', 'mended, it goes on');

# --- A copy that fails, and so does not end
$node->safe_psql('postgres', "SELECT rsfed.unpublish(ARRAY['states']::regclass[])");
run_checked('without a table');
$aurora->safe_psql('app', 'DELETE FROM states; ALTER TABLE states ADD CONSTRAINT narrow CHECK (n < 1000)');
$node->safe_psql('postgres', "SELECT rsfed.publish(ARRAY['states']::regclass[])");
run_checked('with it again');
said_there('^error\|publication rsfed\|A table cannot be copied; it has failed [0-9]+ times', 'a copy that fails');
said_there('^warning\|public\.states\|It is being copied', 'and that the table is being copied');
$aurora->wait_for_catchup($reader);
is($reader->safe_psql('app', q{SELECT state, as_of IS NULL, age IS NULL FROM rsfed.freshness WHERE relation = 'states'::regclass}), 'never|t|t', 'its state is never');
is(metric('rsfed_in_step'), '0', 'it is not in step');
my ($sout, $serr) = ('', '');
$reader->psql('app', q{SELECT rsfed.require_fresh('states', '1 day')}, stdout => \$sout, stderr => \$serr);
like($serr, qr/rollup "states" has no content yet/, 'require_fresh refuses it');
$aurora->safe_psql('app', 'ALTER TABLE states DROP CONSTRAINT narrow');
in_step('mended, it is copied');
same('states', 'k, s, n, most', 'and is what the node has');
is($reader->safe_psql('app', q{SELECT rsfed.require_fresh('states', '1 day')}), 't', 'require_fresh takes it');

# --- The slot follows a failover, if both versions support it
SKIP:
{
	skip 'slots follow from PostgreSQL 17 on', 3 unless $is_17;
	is($node->safe_psql('postgres', 'SELECT failover FROM pg_replication_slots'), 't', 'the script makes a slot that follows a failover');
	$aurora->safe_psql('app', 'ALTER SUBSCRIPTION rsfed DISABLE');
	poll_for($node, 'SELECT active FROM pg_replication_slots', 'f', 'it is free');
	$aurora->safe_psql('app', 'ALTER SUBSCRIPTION rsfed SET (failover = false)');
	$aurora->safe_psql('app', 'ALTER SUBSCRIPTION rsfed ENABLE');
	($code, $out) = run_psql('app', script('tables => false'), "connection=$connection");
	ok($code == 0 && $out =~ /does not follow a failover.*SET \(failover = true\)/, 'and says of one that does not') or diag($out);
}

# --- Names that would end a comment or a body of the script
my $odd = "odd\n\\echo broken out\r\n\\echo broken out\n";
my $odd_publication = $odd . '$$; \'\\ @tables@';
my ($odd_name, $odd_literal) = (qq{"$odd"}, 'E' . quote_literal($odd_publication =~ s/\\/\\\\/gr));
$node->safe_psql('postgres', "SELECT rsfed.define_rollup('odd', 'warehouse', 'SELECT k, n FROM aurora_states', key => ARRAY['k']);
	ALTER TABLE odd RENAME TO $odd_name;
	SELECT rsfed.publish(ARRAY['$odd_name']::regclass[], $odd_literal)");
for my $arguments ($odd_literal, "$odd_literal, tables => false")
{
	($code, $out) = run_psql($ENV{PGUSER} // scalar(getpwuid($<)), script($arguments), "connection=$connection");
	is($code, 0, 'names with line ends, $$ and marks of the script') or diag($out);
	unlike($out, qr/^broken out/m, 'nothing of them is run');
}
ok($aurora->poll_query_until('app', "SELECT count(*) FROM $odd_name", $node->safe_psql('postgres', "SELECT count(*) FROM $odd_name")), 'their content arrives');
$node->safe_psql('postgres', "SELECT rsfed.unpublish(ARRAY['$odd_name']::regclass[], $odd_literal)");
$aurora->safe_psql('app', qq{DROP SUBSCRIPTION "$odd_publication"});

# --- The node is gone, without an earlier problem
$aurora->safe_psql('app', 'SELECT pg_stat_reset_subscription_stats(oid) FROM pg_subscription');
$node->stop;
said_there('^error\|publication rsfed\|(No process applies|.*failed [0-9]+ times)', 'a node that cannot be reached');
$node->start;
poll_there('SELECT count(*) FROM pg_stat_subscription WHERE subname = \'rsfed\' AND pid IS NOT NULL', '1', 'it is back');

# --- The subscription is gone
$aurora->safe_psql('app', 'DROP SUBSCRIPTION rsfed');
said_there('^error\|publication rsfed\|There is no subscription', 'no subscription');

warehouse_sql('DROP TABLE aurora_states');
stop_sides();
done_testing();
