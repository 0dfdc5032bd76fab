# Live tables on a replica, and what a session keeps open.

use strict;
use warnings;

use RsfedTest;
use Test::More;

standin_reset();
my $primary = start_primary('primary', conf => "rsfed.idle_connection = 2s\n");
$primary->safe_psql('postgres', q{CREATE FOREIGN TABLE live_kv (k integer, s text, n numeric(18,4), d date)
	SERVER warehouse OPTIONS (schema_name 'public', table_name 'kv')});
my $replica = start_replica($primary, 'replica');
$primary->wait_for_catchup('replica');

# a replica reads as the primary does: filtered, grouped, joined, in two scans
my $query = q{SELECT count(*), sum(n), avg(k), max(d) FROM live_kv WHERE k > 0;
	SELECT a.s, b.k FROM live_kv a JOIN live_kv b ON a.k = b.k WHERE length(b.s) = 3 ORDER BY 2;
	SELECT s FROM live_kv ORDER BY k DESC NULLS LAST LIMIT 2};
is($replica->safe_psql('postgres', $query), "3|3.7500|2.0000000000000000|2024-02-29\none|1\ntwo|2\n\ntwo", 'on a replica');
is($primary->safe_psql('postgres', $query), $replica->safe_psql('postgres', $query), 'as on the primary');
like($replica->safe_psql('postgres', 'EXPLAIN SELECT sum(n) FROM live_kv'), qr/Remote SQL: SELECT sum/, 'planned there, too');

# an idle session lets go of its connection, and makes a new one when it asks again
my $open = sprintf q{SELECT value FROM dblink('host=%s port=%s dbname=%s user=%s password=%s sslmode=disable', 'STANDIN STATUS')
	AS t (name text, value bigint) WHERE name = 'connections_open'},
	@ENV{qw(WAREHOUSE_HOST WAREHOUSE_CONTROL_PORT WAREHOUSE_DBNAME WAREHOUSE_USER WAREHOUSE_PASSWORD)};
poll_for($primary, $open, '0', 'nothing is open any more');
my $seen = $primary->safe_psql('postgres',
	"SELECT count(*) FROM live_kv; $open; SELECT count(*) FROM live_kv; $open; SELECT 'idle' FROM pg_sleep(6); $open; SELECT count(*) FROM live_kv; $open");
is($seen, "4\n1\n4\n1\nidle\n0\n4\n1", 'an idle connection is closed while the session sleeps');

$replica->stop;
$primary->stop;
done_testing();
