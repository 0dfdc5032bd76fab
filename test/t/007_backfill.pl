# A backfill whose process is killed: the committed part is kept, with a correct
# watermark, and the next refresh continues from there, also in a database that was
# dumped and restored.

use strict;
use warnings;

use RsfedTest;
use Test::More;

my $node = start_primary('primary');

standin_reset();
warehouse_sql(q{
	DROP TABLE IF EXISTS visits;
	CREATE TABLE visits (at timestamp, page integer);
	INSERT INTO visits SELECT timestamp '2024-01-01' + i * interval '10 minutes', i % 7
	FROM generate_series(0, 40 * 144 - 1) AS i;
});
my $query = q{SELECT date_trunc('day', at) AS day, page, count(*) AS n FROM visits
	WHERE at >= {from} AND at < {to} GROUP BY 1, 2};
my $options = '{"start": "2024-01-01", "batch": "1 day", "batch_order": "oldest", "batch_pause": "1 s"}';
my $filled = q{SELECT filled_to::date - filled_from::date FROM rsfed_catalog.watermark};

# The number of rows that differ between the result and the table, within the range
# that is complete according to the watermark.
my $wrong = q{
	WITH w AS (SELECT filled_from::timestamp AS first, filled_to::timestamp AS last FROM rsfed_catalog.watermark),
	remote AS (SELECT * FROM rsfed.query('warehouse',
		'SELECT date_trunc(''day'', at), page, count(*) FROM visits GROUP BY 1, 2') AS t (day timestamp, page int, n bigint)),
	expected AS (SELECT remote.* FROM remote, w WHERE day >= first AND day < last)
	SELECT count(*) FROM ((TABLE expected EXCEPT ALL TABLE by_day)
		UNION ALL (TABLE by_day EXCEPT ALL TABLE expected)) x};

stop_scheduler($node);
$node->safe_psql('postgres',
	"SELECT rsfed.define_rollup('by_day', 'warehouse', \$q\$$query\$q\$, method => 'window', options => '$options')");
is($node->safe_psql('postgres', $filled), '1', 'define_rollup fills one batch');
is($node->safe_psql('postgres', "SELECT state FROM rsfed.freshness"), 'backfilling', 'and says so');

# killed before its end
my $session = $node->background_psql('postgres', on_error_stop => 0);
$session->query_until(qr/begun/, "\\echo begun\nCALL rsfed.refresh('by_day');\n");
poll_for($node, "SELECT filled_to::timestamp >= '2024-01-05' FROM rsfed_catalog.watermark", 't', 'batches are committed one by one');
my $pid = $node->safe_psql('postgres', "SELECT pid FROM rsfed.runs WHERE status = 'running'");
kill_process($node, $pid);
$session->{run}->finish if $session->{run};

my $days = $node->safe_psql('postgres', $filled);
cmp_ok($days, '>=', 4, 'what was committed is there');
is($node->safe_psql('postgres', $wrong), '0', 'and exactly what the watermark says');
is($node->safe_psql('postgres', 'SELECT state FROM rsfed.freshness'), 'backfilling', 'the state is backfilling still');

# the dump contains the watermark
my $dump = $node->backup_dir . '/dump.sql';
$node->command_ok([ 'pg_dump', '-f', $dump, '-p', $node->port, '-h', $node->host, 'postgres' ], 'pg_dump');
$node->safe_psql('postgres', 'CREATE DATABASE restored');
$node->command_ok([ 'psql', '-Xq', '-v', 'ON_ERROR_STOP=1', '-f', $dump, '-p', $node->port, '-h', $node->host, 'restored' ], 'restore');
is($node->safe_psql('restored', $filled), $days, 'the watermark is restored');

# the scheduler finds the lost run; the next one continues
$node->append_conf('postgresql.conf', 'rsfed.scheduler = on');
$node->reload;
$node->safe_psql('postgres', q{SELECT action FROM rsfed.alter_rollup('by_day', options => '{"batch_pause": null, "retain": null, "batch": "10 days"}', populate => false)});
$node->safe_psql('postgres', "CALL rsfed.refresh('by_day')");
is($node->safe_psql('postgres', $wrong), '0', 'the backfill went on to the end');
is($node->safe_psql('postgres', 'SELECT count(DISTINCT day) FROM by_day'), '40', 'with every day');
is($node->safe_psql('postgres', "SELECT rows_received < 40 * 7 - 4 * 7 + 1 FROM rsfed.runs WHERE status = 'published' ORDER BY run_id DESC LIMIT 1"),
	't', 'and did not ask again for what was there');
is($node->safe_psql('postgres', 'SELECT state FROM rsfed.freshness'), 'fresh', 'the state is fresh');
poll_for($node, "SELECT count(*) FROM rsfed.runs WHERE status = 'failed' AND sqlstate = '57P02'", '1', 'the killed run is marked as failed');

warehouse_sql('DROP TABLE visits');
done_testing();
