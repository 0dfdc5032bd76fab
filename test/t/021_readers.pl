# Readers on the primary and on a replica see one version of a rollup for the
# lifetime of their snapshot, while refreshes of any method commit and are vacuumed;
# no reader waits and none is cancelled.

use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use RsfedTest;
use Test::More;

my $primary = start_primary('primary');
my $replica = start_replica($primary, 'replica');

standin_reset();
warehouse_sql(q{
	DROP TABLE IF EXISTS reader_sales;
	CREATE TABLE reader_sales (seller integer, price decimal(8,2));
	INSERT INTO reader_sales SELECT i, 10 FROM generate_series(1, 2000) AS i;
});
$primary->safe_psql('postgres', q{SELECT rsfed.define_rollup('revenue', 'warehouse',
	'SELECT seller, sum(price) AS revenue FROM reader_sales GROUP BY seller')});

# all rows, so that a mix of two versions cannot look like one version
my $content = "SELECT count(*), sum(revenue), min(revenue), max(revenue), md5(string_agg(revenue::text, ',' ORDER BY seller)) FROM revenue";

sub caught_up
{
	$primary->wait_for_catchup($replica, 'replay', $primary->lsn('insert'));
}

caught_up();
my %reader = (primary => $primary->background_psql('postgres'), replica => $replica->background_psql('postgres'));
my $first = $primary->safe_psql('postgres', $content);
for my $where (sort keys %reader)
{
	$reader{$where}->query_safe('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
	is($reader{$where}->query_safe($content), $first, "$where: the content is there");
}

my $price = 10;
for my $method ('merge', 'merge', 'replace')
{
	$price++;
	warehouse_sql("UPDATE reader_sales SET price = $price; DELETE FROM reader_sales WHERE seller = $price;"
		  . "INSERT INTO reader_sales VALUES (10000 + $price, $price)");
	$primary->safe_psql('postgres', "CALL rsfed.refresh('revenue', '$method')");
	$primary->safe_psql('postgres', 'VACUUM revenue');
	caught_up();
	for my $where (sort keys %reader)
	{
		is($reader{$where}->query_safe($content), $first, "$where: a transaction still sees its version after $method");
	}
	is($replica->safe_psql('postgres', $content), $primary->safe_psql('postgres', $content), "a new one on the replica sees the new version after $method");
	isnt($replica->safe_psql('postgres', $content), $first, "which is another one after $method");
}
is($replica->safe_psql('postgres', "SELECT count(*) FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND granted AND relation = 'revenue'::regclass"),
	'0', 'nothing on the replica locks readers out');
for my $where (sort keys %reader)
{
	$reader{$where}->query_safe('COMMIT');
	is($reader{$where}->query_safe($content), $primary->safe_psql('postgres', $content), "$where: the next transaction sees the newest version");
	$reader{$where}->quit;
}
is($replica->safe_psql('postgres', "SELECT sum(confl_lock + confl_snapshot + confl_bufferpin) FROM pg_stat_database_conflicts"),
	'0', 'no query on the replica was cancelled');

# the uncommitted changes of a refresh in progress are visible to nobody
my $refresher = $primary->background_psql('postgres');
warehouse_sql('UPDATE reader_sales SET price = 99');
my $before = $primary->safe_psql('postgres', $content);
$refresher->query_safe("SET client_min_messages = error; BEGIN; CALL rsfed.refresh('revenue')");
caught_up();
is($primary->safe_psql('postgres', "SET lock_timeout = '1s'; $content"), $before, 'primary: what is not committed is not seen, nor waited for');
is($replica->safe_psql('postgres', "SET lock_timeout = '1s'; $content"), $before, 'replica: nor there');
$refresher->query_safe('COMMIT');
$refresher->quit;
caught_up();
is($replica->safe_psql('postgres', 'SELECT min(revenue), max(revenue) FROM revenue'), '99.00|99.00', 'until it commits');

warehouse_sql('DROP TABLE reader_sales');
$replica->stop;
$primary->stop;
done_testing();
