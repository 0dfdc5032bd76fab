# Logins that Redshift rejects, or that have expired, are held: one event, and no
# further attempt by any schedule of that role on that server; the schedules
# continue by themselves when mapping, file or server change, or when a login
# succeeds.

use strict;
use warnings;

use RsfedTest;
use Test::More;

my $node = start_primary('primary');
my $right = quote_literal($ENV{WAREHOUSE_PASSWORD});

standin_reset();
warehouse_sql(q{
	DROP TABLE IF EXISTS held_sales;
	CREATE TABLE held_sales (seller integer, price decimal(8,2));
	INSERT INTO held_sales SELECT i, 10 FROM generate_series(1, 100) AS i;
});
my $query = 'SELECT seller, sum(price) AS revenue FROM held_sales GROUP BY seller';

sub sql { return $node->safe_psql('postgres', $_[0]) }

sub connections_made
{
	my ($made) = standin('STATUS') =~ /^connections_made\|(\d+)/m;
	return $made;
}

# every schedule of the database is due now; rsfed.resume_all() wakes the scheduler,
# the bell wakes a worker
sql('CREATE MATERIALIZED VIEW bell AS SELECT 1 AS one; CREATE UNIQUE INDEX ON bell (one)');
sub make_due
{
	sql(q{UPDATE rsfed_catalog.schedule SET next_run_at = now(); SELECT rsfed.request_refresh('bell'), rsfed.resume_all()});
}

sub new_workers
{
	poll_for($node, q{SELECT count(*) FROM rsfed.runs WHERE status IN ('queued', 'running')}, '0', 'no run is cut off');
	sql(q{SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE backend_type = 'rsfed worker'});
	poll_for($node, q{SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'rsfed worker'}, '0', 'new workers');
}

for my $name (qw(one two three four five six))
{
	sql("SELECT rsfed.define_rollup('$name', 'warehouse', '$query'); SELECT rsfed.schedule_refresh('$name', '\@yearly')");
}
# another role with its own credentials on the same server, and a schedule
sql(qq{CREATE ROLE other; GRANT CREATE ON SCHEMA public TO other; GRANT USAGE ON FOREIGN SERVER warehouse TO other;
	SET client_min_messages = error;
	SELECT rsfed.set_credentials('warehouse', '$ENV{WAREHOUSE_USER}', $right, for_role => 'other', verify => false);
	SET SESSION AUTHORIZATION other;
	SELECT rsfed.define_rollup('others', 'warehouse', '$query'); SELECT rsfed.schedule_refresh('others', '\@yearly')});

my $states = q{SELECT string_agg(state, ' ' ORDER BY state) FROM rsfed.freshness WHERE relation::text NOT IN ('bell', 'others')};
my $held = 'held held held held held held';
my $fresh = 'fresh fresh fresh fresh fresh fresh';
is(sql($states), $fresh, 'fresh before');

# --- A wrong password
sub spoil
{
	sql("SET client_min_messages = error; SELECT rsfed.set_credentials('warehouse', '$ENV{WAREHOUSE_USER}', 'wrong', verify => false)");
}
spoil();
new_workers();
my $heard = '';
$node->psql('postgres', q{SET statement_timeout = '180s';
	LISTEN rsfed_event;
	UPDATE rsfed_catalog.schedule SET next_run_at = now();
	SELECT rsfed.request_refresh('bell'), rsfed.resume_all();
	DO $$ BEGIN WHILE NOT EXISTS (SELECT FROM rsfed_catalog.held_credentials)
		OR EXISTS (SELECT FROM rsfed.runs WHERE status IN ('queued', 'running')) LOOP PERFORM pg_sleep(0.1); END LOOP; END $$;
	-- what was told before this is heard with it
	NOTIFY rsfed_event, 'end';
}, stdout => \$heard);
is(() = $heard =~ /"state" : "held", "sqlstate" : "28P01"/g, 1, 'rsfed_event says once that the log-in is held');
is(() = $heard =~ /"state"/g, 1, 'and nothing else');
poll_for($node, $states, $held, 'a wrong password: every rollup of the role on that server is held');
poll_for($node, q{SELECT count(*) FROM rsfed.runs WHERE status IN ('queued', 'running')}, '0', 'nothing is queued or at work');
is(sql(q{SELECT count(*) FROM rsfed.runs WHERE attempt > 1}), '0', 'no retries');
my $refused = sql(q{SELECT count(*) FROM rsfed.runs WHERE sqlstate = '28P01'});
cmp_ok($refused, '<=', 4, 'no more log-ins than there are workers');
cmp_ok($refused, '>=', 1, 'at least one');
poll_for($node, q{SELECT status FROM rsfed.runs WHERE relation = 'others'::regclass ORDER BY run_id DESC LIMIT 1}, 'unchanged',
	'another role goes on');

my $attempts = connections_made();
my $runs = sql("SELECT count(*) FROM rsfed.runs WHERE relation <> 'bell'::regclass");
make_due();
poll_for($node, q{SELECT count(*) FROM rsfed.runs WHERE relation = 'bell'::regclass AND status IN ('queued', 'running')}, '0', 'the scheduler has looked');
poll_for($node, "SELECT count(*) FROM rsfed.runs WHERE relation <> 'bell'::regclass", $runs + 1,
	'due again while they are held: only the other role has a run');
poll_for($node, q{SELECT count(*) FROM rsfed.runs WHERE status IN ('queued', 'running')}, '0', 'which ends');
cmp_ok(connections_made() - $attempts, '<=', 1, 'and only it may have connected');

is(sql(q{SELECT bool_and(held) || ' ' || (max(held_reason) LIKE 'credentials: %') FROM rsfed.schedules WHERE relation::text NOT IN ('others')}),
	'true true', 'rsfed.schedules says that it is held, and why');

# A run that was queued before, and a request that is merged with it: the schedule's
# run is not carried out, the request is
my $queued = sql(q{INSERT INTO rsfed_catalog.run (relation_id, schema_name, relation_name, status, trigger, schedule_name,
		requested_by, due_at)
	SELECT relation_id, schema_name, relation_name, 'queued', 'schedule', 'refresh', current_user, now() - interval '1 hour'
	FROM rsfed_catalog.relation WHERE relation_name = 'two' RETURNING run_id});
my $request = sql(q{INSERT INTO rsfed_catalog.run (relation_id, schema_name, relation_name, status, trigger, requested_by)
	SELECT relation_id, schema_name, relation_name, 'queued', 'request', current_user
	FROM rsfed_catalog.relation WHERE relation_name = 'two' RETURNING run_id});
sql("SELECT rsfed.request_refresh('bell'), rsfed.resume_all()");
poll_for($node, "SELECT status FROM rsfed.runs WHERE run_id = $request", 'failed', 'a request tries the log-in');
is(sql("SELECT status || ' ' || note FROM rsfed.runs WHERE run_id = $queued"),
	'skipped Log-ins of the owner to the source are held; it runs once they are not.', 'a run of the schedule that was queued does not');

my ($message) = sql(q{SELECT message FROM rsfed.freshness WHERE relation = 'one'::regclass});
like($message, qr/^held: credentials: log-in of user/, 'freshness says why');
is(sql(q{SELECT for_role || ' ' || (held_since < now())::text FROM rsfed.credentials WHERE held_since IS NOT NULL}),
	sql('SELECT current_user') . ' true', 'rsfed.credentials too, and only that mapping');
unlike(sql('SELECT * FROM rsfed_catalog.held_credentials'), qr/wrong|\Q$ENV{WAREHOUSE_PASSWORD}\E/, 'no password stands there');
my $log = PostgreSQL::Test::Utils::slurp_file($node->logfile);
is(() = $log =~ /WARNING:  rsfed: relation .* is now/g, 1, 'one WARNING for all relations');
is(() = $log =~ /LOG:  log-ins of role .* are held/g, 1, 'and one line that says why');

# --- The right password: all schedules continue by themselves, once
sql("SELECT rsfed.set_credentials('warehouse', '$ENV{WAREHOUSE_USER}', $right)");
poll_for($node, $states, $fresh, 'the right password: everything goes on by itself');
poll_for($node, q{SELECT count(*) FROM rsfed.schedules WHERE last_status = 'unchanged'}, '7', 'what was due meanwhile has run');
is(sql('SELECT count(*) FROM rsfed.credentials WHERE held_since IS NOT NULL'), '0', 'nothing is held');

# --- ALTER USER MAPPING is detected as well
spoil();
new_workers();
make_due();
poll_for($node, $states, $held, 'held again');
sql("ALTER USER MAPPING FOR CURRENT_USER SERVER warehouse OPTIONS (SET password $right)");
poll_for($node, $states, $fresh, 'after ALTER USER MAPPING it goes on');

# --- A credentials file: an expired one is held without contacting Redshift; a new
# one continues
my $file = PostgreSQL::Test::Utils::tempdir() . '/credentials.json';
sub write_file
{
	my ($password, $expiration) = @_;
	open(my $handle, '>', "$file.new") or die;
	print $handle qq({"DbUser": "$ENV{WAREHOUSE_USER}", "DbPassword": "$password", "Expiration": "$expiration"});
	close $handle;
	rename "$file.new", $file or die;
}
write_file($ENV{WAREHOUSE_PASSWORD}, '2001-01-01T00:00:00Z');
sql("ALTER USER MAPPING FOR CURRENT_USER SERVER warehouse OPTIONS (DROP password, ADD credentials_file '$file')");
new_workers();
make_due();
poll_for($node, $states, $held, 'an expired credentials file: held');
like(sql(q{SELECT message FROM rsfed.freshness WHERE relation = 'one'::regclass}), qr/expired/, 'because it has expired');
write_file($ENV{WAREHOUSE_PASSWORD}, '2999-01-01T00:00:00Z');
poll_for($node, $states, $fresh, 'a new file: it goes on');
is(sql('SELECT count(*) FROM rsfed.credentials WHERE held_since IS NOT NULL'), '0', 'nothing is held any more');

# --- Repaired in Redshift itself: a login that succeeds ends the hold
standin('FAULT reject_logins');
new_workers();
make_due();
poll_for($node, $states, $held, 'Redshift rejects the log-in');
standin_reset();
sql("SELECT * FROM rsfed.check_server('warehouse')");
poll_for($node, $states, $fresh, 'rsfed.check_server logs in: it goes on');

standin('FAULT reject_logins');
new_workers();
make_due();
poll_for($node, $states, $held, 'rejected once more');
standin_reset();
sql("CALL rsfed.refresh('one')");
poll_for($node, $states, $fresh, 'CALL refresh logs in: it goes on');

# --- PUBLIC's mapping is not held for privileges that only some roles lack
sql(qq{CREATE ROLE bare; GRANT CREATE ON SCHEMA public TO bare; GRANT USAGE ON FOREIGN SERVER warehouse TO bare;
	SET client_min_messages = error;
	SELECT rsfed.set_credentials('warehouse', '$ENV{WAREHOUSE_USER}', $right, for_role => 'bare', verify => false);
	SET SESSION AUTHORIZATION bare;
	SELECT rsfed.define_rollup('bares', 'warehouse', '$query'); SELECT rsfed.schedule_refresh('bares', '\@yearly');
	RESET SESSION AUTHORIZATION;
	DROP USER MAPPING FOR bare SERVER warehouse;
	CREATE USER MAPPING FOR PUBLIC SERVER warehouse OPTIONS (user '$ENV{WAREHOUSE_USER}')});
make_due();
poll_for($node, q{SELECT concat(state, ' ', sqlstate) FROM rsfed.freshness WHERE relation = 'bares'::regclass},
	'failing 2F003', 'a role that needs a password fails alone');
is(sql('SELECT count(*) FROM rsfed_catalog.held_credentials'), '0', 'and nothing is held');
sql(q{SET client_min_messages = error; SELECT rsfed.drop_rollup('bares'); DROP USER MAPPING FOR PUBLIC SERVER warehouse});

# --- DROP of a held relation leaves nothing behind
spoil();
new_workers();
make_due();
poll_for($node, 'SELECT count(*) FROM rsfed_catalog.held_credentials WHERE role_id = current_user::regrole', '1', 'held a last time');
sql("SET client_min_messages = error; SELECT rsfed.drop_server('warehouse', cascade => true)");
poll_for($node, 'SELECT count(*) FROM rsfed_catalog.held_credentials', '0', 'DROP SERVER: it is forgotten');

$node->stop;
$log = PostgreSQL::Test::Utils::slurp_file($node->logfile);
unlike($log, qr/PANIC|TRAP:|signal 11|signal 6/, 'nothing crashed');
unlike($log, qr/\Q$ENV{WAREHOUSE_PASSWORD}\E/, 'no password in the log');
warehouse_sql('DROP TABLE held_sales');
done_testing();
