# AuroraTest.pm
#
# A node of rsfed, a server without rsfed that subscribes to it, and a physical
# standby of the latter as its reader; and the checks of all three, for any versions
# of PostgreSQL.

package AuroraTest;

use strict;
use warnings;

use Exporter 'import';
use IPC::Run;
use RsfedTest;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

our @EXPORT = qw($node $aurora $reader $connection $is_16 $is_17 start_sides stop_sides run_psql script subscribe
  catch_up in_step same freshness_same doctor_there whole_life);

our ($node, $aurora, $reader);
our $connection;	# to the node
our ($is_16, $is_17);	# is the subscriber of that version or a newer one?

# Starts all three: node => and subscriber => are the folders of other PostgreSQL
# installations, conf => contains more settings of the node.
sub start_sides
{
	my (%options) = @_;

	$node = start_primary('node' . ($options{suffix} // ''), install_path => $options{node},
		conf => "wal_level = logical\nmax_slot_wal_keep_size = 1GB\n" . ($options{conf} // ''));
	$node->safe_psql('postgres', q{
		CREATE ROLE replicator LOGIN REPLICATION PASSWORD 'secret';
		GRANT pg_read_all_data TO replicator;
		CREATE ROLE reporting;
	});
	# from 16 on, a subscription of a role that is not a superuser must log in with
	# a password
	my $hba = slurp_file($node->data_dir . '/pg_hba.conf');
	unlink $node->data_dir . '/pg_hba.conf';
	append_to_file($node->data_dir . '/pg_hba.conf', "local all replicator scram-sha-256\n$hba");
	$node->reload;
	$connection = 'host=' . $node->host . ' port=' . $node->port . ' dbname=postgres user=replicator password=secret';

	my @install = $options{subscriber} ? (install_path => $options{subscriber}) : ();
	$aurora = PostgreSQL::Test::Cluster->new('aurora' . ($options{suffix} // ''), @install);
	$aurora->init(allows_streaming => 1);
	# the node is told soon which changes were applied
	$aurora->append_conf('postgresql.conf', "timezone = 'UTC'\nwal_retrieve_retry_interval = '200ms'\nlog_statement = 'none'\n"
		. "wal_receiver_status_interval = '1s'\n");
	$aurora->start;
	my $version = $aurora->safe_psql('postgres', 'SHOW server_version_num');
	($is_16, $is_17) = ($version >= 160000, $version >= 170000);
	$aurora->safe_psql('postgres', 'CREATE ROLE app LOGIN; CREATE ROLE reporting; CREATE ROLE app_reader LOGIN');
	$aurora->safe_psql('postgres', 'CREATE DATABASE app');
	$aurora->safe_psql('postgres', 'GRANT CREATE ON DATABASE app TO app');
	$aurora->safe_psql('app', 'GRANT CREATE ON SCHEMA public TO app');
	$aurora->safe_psql('postgres', 'GRANT pg_create_subscription TO app') if $is_16;
	is($aurora->safe_psql('postgres', 'SHOW shared_preload_libraries'), '', 'the subscriber has no library of rsfed');

	$reader = start_replica($aurora, 'reader' . ($options{suffix} // ''));
	return;
}

sub stop_sides
{
	$_->stop for ($node, $reader, $aurora);
	return;
}

# Runs psql with a script on the subscriber; returns its exit code and its output.
sub run_psql
{
	my ($role, $script, @variables) = @_;
	my $file = PostgreSQL::Test::Utils::tempdir() . '/subscriber.sql';
	my $out = '';

	unlink $file;
	append_to_file($file, $script);
	IPC::Run::run([ 'psql', '-X', '-q', '-h', $aurora->host, '-p', $aurora->port, '-U', $role, '-d', 'app',
			(map { ('-v', $_) } @variables), '-f', $file ], '>', \$out, '2>&1');
	return ($? >> 8, $out);
}

sub script
{
	my ($arguments) = @_;
	return $node->safe_psql('postgres', 'SELECT rsfed.subscriber_script(' . ($arguments // '') . ')');
}

# The newest script, as the role that owns the tables, and before version 16 as a
# role that may change the subscription.
sub subscribe
{
	my ($name) = @_;
	my $script = script();
	my ($code, $out) = run_psql('app', $script, "connection=$connection");
	is($code, 0, $name) or diag($out);
	return if $is_16;
	($code, $out) = run_psql($ENV{PGUSER} // scalar(getpwuid($<)), $script, "connection=$connection");
	is($code, 0, "$name: the subscription, as a superuser") or diag($out);
}

# Waits until the subscriber has applied the changes that the node has written so
# far.
sub catch_up
{
	my ($name) = @_;
	my $lsn = $node->safe_psql('postgres', 'SELECT pg_current_wal_lsn()');
	poll_for($node, "SELECT count(*) FROM pg_replication_slots WHERE slot_name LIKE 'rsfed%' AND confirmed_flush_lsn >= '$lsn'", '1', $name);
	$aurora->wait_for_catchup($reader);
}

sub in_step
{
	my ($name) = @_;
	ok($aurora->poll_query_until('app', q{SELECT count(*) > 0 AND bool_and(srsubstate = 'r') FROM pg_subscription_rel}), $name);
}

# Content and freshness of a table, as text, on a server.
sub content_of
{
	my ($server, $db, $table, $columns) = @_;
	return $server->safe_psql($db, "SELECT $columns FROM $table ORDER BY 1, 2");
}

sub same
{
	my ($table, $columns, $name) = @_;
	catch_up("$name: caught up");
	is(content_of($reader, 'app', $table, $columns), content_of($node, 'postgres', $table, $columns), $name);
}

sub freshness_same
{
	my ($table, $name) = @_;
	my $q = "SELECT state, as_of, changed_at, max_age, data_through, failing_since, failures FROM rsfed.freshness WHERE relation = '$table'::regclass";
	is($reader->safe_psql('app', $q), $node->safe_psql('postgres', $q), $name);
}

# The rows of doctor() on the subscriber, or on another server.
sub doctor_there
{
	my ($server) = @_;
	return ($server // $aurora)->safe_psql('app', 'SELECT severity, subject, problem FROM rsfed.doctor()');
}

# The content there, and queries of it.
my $wide = join(', ', map { "sum(n + $_) AS c$_" } 1 .. 99);
my $wide_columns = join(', ', 'k', map { "c$_" } 1 .. 99);
my $sum = 'SELECT COALESCE(k, 0) AS k, max(s) AS s, sum(n) AS n FROM aurora GROUP BY 1';
my $not_null = q{'{"not_null": ["k"]}'};
my ($code, $out, $sout, $serr);

# Rollups of every shape.
sub define
{
	warehouse_sql(q{
		DROP TABLE IF EXISTS aurora;
		CREATE TABLE aurora (k integer, s varchar(60000), n integer);
		INSERT INTO aurora SELECT i, 's' || i, i FROM generate_series(1, 20) i;
		INSERT INTO aurora VALUES (NULL, 'null', 7);
	});
	$node->safe_psql('postgres', qq{
		SELECT rsfed.define_rollup('keyed', 'warehouse', '$sum', key => ARRAY['k'], max_age => '1 hour', options => $not_null);
		SELECT rsfed.define_rollup('nulls', 'warehouse', 'SELECT k, sum(n) AS n FROM aurora GROUP BY k', key => ARRAY['k']);
		SELECT rsfed.define_rollup('bare', 'warehouse', 'SELECT s, sum(n) AS n FROM aurora GROUP BY s', method => 'replace');
		SELECT rsfed.define_rollup('"Wide Table"', 'warehouse', 'SELECT COALESCE(k, 0) AS k, $wide FROM aurora GROUP BY 1', key => ARRAY['k'], options => $not_null);
		SELECT rsfed.define_rollup('one', 'warehouse', 'SELECT 1 AS k, count(*) AS n FROM aurora', key => ARRAY['k'], options => $not_null);
		SELECT rsfed.define_rollup('two', 'warehouse', 'SELECT 1 AS k, count(*) AS n FROM aurora', key => ARRAY['k'], options => $not_null);
		SELECT rsfed.define_set('pair', ARRAY['one', 'two']::regclass[]);
		CREATE INDEX keyed_n_idx ON keyed (n);
		GRANT SELECT ON keyed TO reporting;
	});
	return;
}

# Publishing, and the script.
sub publish_and_subscribe
{
	$node->safe_psql('postgres', q{SELECT rsfed.publish(ARRAY['keyed', 'nulls', 'bare', '"Wide Table"']::regclass[], options => '{"sets": ["pair"]}')});
	is($node->safe_psql('postgres', 'SELECT relation, columns, subscribers FROM rsfed.publications WHERE relation::text IN (\'keyed\', \'nulls\', \'two\') ORDER BY 1'),
		"keyed|{k,s,n}|0\nnulls|{k,n}|0\ntwo|{k,n}|0", 'rsfed.publications says what is published');

	# The script
	my $script = script();
	unlike($script, qr/secret|warehouse_|FROM aurora/, 'it holds neither secrets nor queries');
	($code, $out) = run_psql('app', $script);
	ok($code != 0 && $out =~ /the psql variable "connection" is not set/, 'without a connection it stops') or diag($out);
	is($aurora->safe_psql('app', q{SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'rsfed%'}), '0', 'before it changes anything');
	($code, $out) = run_psql('app', $script, "connection=$connection");
	is($code, 0, 'the script runs as one who is no superuser') or diag($out);
	unless ($is_16)
	{
		like($out, qr/run this script once more/, 'and says that before 16 a superuser makes the subscription');
		like($aurora->safe_psql('app', 'SELECT severity, subject, problem FROM rsfed.doctor()'), qr/^error\|publication rsfed\|There is no subscription/, 'which doctor() misses');
		is($aurora->safe_psql('app', 'SELECT count(*) FROM rsfed.freshness'), '0', 'nothing is known of the tables');
	}
	subscribe('again, with the subscription');
	is($aurora->safe_psql('app', 'SELECT subsynccommit FROM pg_subscription'), 'on', 'readers need not wait for the WAL writer');
	in_step('all tables are copied');
	same('keyed', 'k, s, n', 'keyed');
	same('nulls', 'k, n', 'NULL keys');
	same('bare', 's, n', 'without a key');
	same('"Wide Table"', $wide_columns, '100 columns');
	freshness_same('keyed', 'freshness of keyed on the reader');
	is($aurora->safe_psql('app', q{SELECT pg_get_userbyid(relowner), obj_description(oid) ~ 'rsfed', (SELECT count(*) FROM pg_index WHERE indrelid = c.oid), has_table_privilege('reporting', oid, 'SELECT') FROM pg_class c WHERE oid = 'keyed'::regclass}),
		'app|t|2|t', 'owner, comment, indexes and grants');
	is($reader->safe_psql('app', q{SELECT rsfed.as_of('keyed') = as_of, rsfed.age('keyed') = age, rsfed.require_fresh('keyed') FROM rsfed.freshness WHERE relation = 'keyed'::regclass}),
		't|t|t', 'as_of, age and require_fresh on the reader');
	is($reader->safe_psql('app', 'SELECT severity FROM rsfed.doctor()'), 'ok', 'doctor() on the reader');
	is($aurora->safe_psql('app', 'SELECT severity, problem FROM rsfed.doctor()'), 'ok|Nothing found.', 'doctor() on the writer');
	ok($reader->safe_psql('app', q{SELECT count(*) FROM rsfed.metrics WHERE name = 'rsfed_age_seconds' AND value > 0}) == 6, 'metrics on the reader');
	($sout, $serr) = ('', '');
	$reader->psql('app', q{SELECT rsfed.require_fresh('keyed', '0')}, stdout => \$sout, stderr => \$serr);
	like($serr, qr/rollup "keyed" is older than/, 'require_fresh refuses there');
	is($reader->safe_psql('app', 'SET ROLE app_reader; SELECT count(*) FROM rsfed.freshness'), '0', 'who may read no table sees no freshness');
	is($node->safe_psql('postgres', 'SELECT publication, connected, problem FROM rsfed.subscribers'), 'rsfed|t|', 'rsfed.subscribers');
	is($node->safe_psql('postgres', 'SELECT DISTINCT subscribers FROM rsfed.publications'), '1', 'rsfed.publications counts it');

	# A second run changes nothing
	my $schema = sub
	{
		my ($text, $errors) = ('', '');
		IPC::Run::run([ 'pg_dump', '-s', '-d', $aurora->connstr('app') ], '>', \$text, '2>', \$errors) or die $errors;
		return $text =~ s/^\\(un)?restrict .*\n//mgr;
	};
	my $schema_before = $schema->();
	my $dump = q{SELECT md5(string_agg(x::text, ',' ORDER BY x::text)) FROM (SELECT oid::text || relname || relfilenode || COALESCE(relacl::text, '') AS x FROM pg_class WHERE relnamespace IN ('public'::regnamespace, 'rsfed'::regnamespace, 'rsfed_catalog'::regnamespace)
		UNION ALL SELECT srrelid::text || srsubstate::text FROM pg_subscription_rel UNION ALL SELECT md5(prosrc) || oid::text FROM pg_proc WHERE pronamespace IN ('rsfed'::regnamespace, 'rsfed_catalog'::regnamespace)
		UNION ALL SELECT s::text FROM rsfed_catalog.subscriber s UNION ALL SELECT s::text FROM rsfed_catalog.subscribed s) x};
	my $before = $aurora->safe_psql('app', $dump);
	my $walsender = $node->safe_psql('postgres', q{SELECT active_pid FROM pg_replication_slots});
	subscribe('the script runs again');
	is($aurora->safe_psql('app', $dump), $before, 'and changes nothing');
	is($schema->(), $schema_before, 'as pg_dump sees it, too');
	is($node->safe_psql('postgres', q{SELECT active_pid FROM pg_replication_slots}), $walsender, 'the connection stays');
	return;
}

# Changes.
sub changes
{
	warehouse_sql(q{UPDATE aurora SET n = n + 1 WHERE k < 5; DELETE FROM aurora WHERE k = 9; INSERT INTO aurora VALUES (30, 'new', 1); UPDATE aurora SET n = 8 WHERE k IS NULL});
	$node->safe_psql('postgres', "CALL rsfed.refresh('$_')") for ('keyed', 'nulls', 'bare', '"Wide Table"');
	same('keyed', 'k, s, n', 'changes of keyed');
	same('nulls', 'k, n', 'changes of NULL keys');
	same('bare', 's, n', 'changes without a key');
	same('"Wide Table"', $wide_columns, 'changes of 100 columns');
	freshness_same($_, "freshness of $_") for ('keyed', 'nulls', 'bare', '"Wide Table"');

	# An unchanged content: only the freshness row is sent
	my $written = q{SELECT string_agg(xmin::text || ctid::text, ',' ORDER BY k) FROM keyed};
	my $rows_before = $reader->safe_psql('app', $written);
	$node->safe_psql('postgres', "CALL rsfed.refresh('keyed')");
	catch_up('a refresh without changes');
	freshness_same('keyed', 'it arrives');
	is($reader->safe_psql('app', $written), $rows_before, 'alone: no row is written there');

	# A failure arrives without its message
	$node->safe_psql('postgres', "SELECT rsfed.pause('keyed', until => now() + interval '1 hour')");
	catch_up('a pause');
	is($reader->safe_psql('app', q{SELECT state FROM rsfed.freshness WHERE relation = 'keyed'::regclass}), 'paused', 'arrives');
	$node->safe_psql('postgres', "SELECT rsfed.resume('keyed')");
	standin(q{FAULT error 57014 'cancelled'});
	$node->psql('postgres', "CALL rsfed.refresh('keyed')");
	standin_reset();
	catch_up('a failure');
	is($reader->safe_psql('app', q{SELECT state, failures, failing_since IS NOT NULL, sqlstate, message FROM rsfed.freshness WHERE relation = 'keyed'::regclass}), 'failing|1|t||', 'arrives, without its message');
	$node->safe_psql('postgres', q{SELECT rsfed.publish('{}', options => '{"messages": true}')});
	catch_up('messages are published');
	isnt($reader->safe_psql('app', q{SELECT message FROM rsfed.freshness WHERE relation = 'keyed'::regclass}), '', 'if an option says so');
	$node->safe_psql('postgres', q{SELECT rsfed.publish('{}', options => '{"messages": false}'); CALL rsfed.refresh('keyed')});
	catch_up('and no more');
	freshness_same('keyed', 'it recovers there');

	# A set: one commit there, one commit here.  A reader of the standby checks all
	# the time.
	my $looks = PostgreSQL::Test::Utils::tempdir() . '/looks.sql';
	append_to_file($looks, "SELECT 'mix ' || (o.n <> t.n) || ' ' || o.n FROM one o, two t; SELECT pg_sleep(0.01);\n" x 300);
	my ($seen, $errors) = ('', '');
	my $looking = IPC::Run::start([ 'psql', '-XAtq', '-d', $reader->connstr('app'), '-f', $looks ], '>', \$seen, '2>', \$errors);
	for my $i (1 .. 15)
	{
		warehouse_sql("INSERT INTO aurora VALUES (100 + $i, 'x', 1)");
		$node->safe_psql('postgres', "CALL rsfed.refresh_set('pair')");
	}
	IPC::Run::finish($looking);
	my %versions = map { $_ => 1 } $seen =~ /^mix false (\d+)$/mg;
	is(scalar(() = $seen =~ /^mix true/mg), 0, 'no reader saw a mix of two commits of a set');
	cmp_ok(scalar(keys %versions), '>', 1, 'while versions of it came and went: ' . keys %versions);
	same('one', 'k, n', 'a set arrives');
	is($reader->safe_psql('app', q{SELECT (SELECT xmin::text FROM one) = (SELECT xmin::text FROM two),
			(SELECT xmin::text FROM one) = (SELECT xmin::text FROM rsfed_catalog.published_freshness WHERE relation_name = 'one')}),
		't|t', 'in one transaction, its freshness with it');
	return;
}

# The effects of methods, ranges and gates, and values that are stored out of line.
sub methods
{
	my $first = $node->safe_psql('postgres', "SELECT (now() AT TIME ZONE 'UTC')::date - 8");
	my $long = join '', map { sprintf '%08x', rand 2**32 } 1 .. 2000;
	warehouse_sql(qq{
		DROP TABLE IF EXISTS aurora_visits;
		CREATE TABLE aurora_visits (at timestamp, page integer);
		INSERT INTO aurora_visits SELECT date '$first' + i % 9, i % 5 FROM generate_series(0, 89) i;
		UPDATE aurora SET s = '$long' WHERE k = 3;
	});
	$node->safe_psql('postgres', qq{
		SELECT rsfed.define_rollup('daily', 'warehouse', \$q\$SELECT date_trunc('day', at) AS day, count(*) AS n FROM aurora_visits
			WHERE at >= {from} AND at < {to} GROUP BY 1\$q\$, key => ARRAY['day'], method => 'window',
			options => '{"start": "$first", "retain": "7 days", "lookback": "3 days", "not_null": ["day"]}');
		SELECT rsfed.publish(ARRAY['daily']::regclass[]);
		CALL rsfed.refresh('keyed');
	});
	subscribe('a rollup is added');
	in_step('it is copied, and nothing else again');
	same('daily', 'day, n', 'a window');
	freshness_same('daily', 'its freshness, with data_through');
	warehouse_sql('INSERT INTO aurora_visits SELECT at, 9 FROM aurora_visits');
	$node->safe_psql('postgres', "CALL rsfed.refresh('daily')");
	same('daily', 'day, n', 'its newest buckets');
	my $days = $reader->safe_psql('app', 'SELECT count(*) FROM daily');
	$node->safe_psql('postgres', q{SELECT rsfed.alter_rollup('daily', options => '{"retain": "4 days"}', populate => false); CALL rsfed.refresh('daily')});
	same('daily', 'day, n', 'old buckets go');
	cmp_ok($reader->safe_psql('app', 'SELECT count(*) FROM daily'), '<', $days, 'on the reader, too');

	# the long value does not change, so it is not sent again
	warehouse_sql('UPDATE aurora SET n = n + 1 WHERE k IN (3, 4)');
	$node->safe_psql('postgres', q{CALL rsfed.refresh('keyed', part => '{"k": [3]}')});
	same('keyed', 'k, md5(s), n', 'a part, beside a value stored out of line');
	is($reader->safe_psql('app', 'SELECT s FROM keyed WHERE k = 3'), $long, 'which is whole');
	$node->safe_psql('postgres', q{CALL rsfed.refresh('keyed', method => 'replace')});
	same('keyed', 'k, md5(s), n', 'all out, all in');

	# a gate refuses: the content is kept, the state shows it
	my $held = $reader->safe_psql('app', 'SELECT md5(string_agg(k::text || n, s ORDER BY k)) FROM keyed');
	warehouse_sql('UPDATE aurora SET n = n + 1 WHERE k = 5');
	$node->safe_psql('postgres', q{SELECT rsfed.alter_rollup('keyed', options => '{"min_rows": 100000}', populate => false)});
	$node->psql('postgres', q{CALL rsfed.refresh('keyed')});
	catch_up('a gate refuses');
	psql_fails($node, 'ALTER PUBLICATION rsfed RENAME TO other', '55000', qr/publication "rsfed" has subscribers, and cannot be renamed.*Their slots: rsfed_rsfed_/s, 'its name is what subscribers know');
	is($reader->safe_psql('app', q{SELECT state FROM rsfed.freshness WHERE relation = 'keyed'::regclass}), 'refused', 'the reader learns of it');
	is($reader->safe_psql('app', 'SELECT md5(string_agg(k::text || n, s ORDER BY k)) FROM keyed'), $held, 'and has the content of before');
	$node->safe_psql('postgres', q{SELECT rsfed.alter_rollup('keyed', options => '{"min_rows": null}', populate => false); CALL rsfed.refresh('keyed')});
	same('keyed', 'k, md5(s), n', 'the gate opens');
	freshness_same('keyed', 'and its freshness goes on');
	return;
}

# A new column is published after subscribers have it.
sub new_columns
{
	my $more = "SELECT COALESCE(k, 0) AS k, max(s) AS s, sum(n) AS n, max(n) AS most, max(s) AS text2 FROM aurora GROUP BY 1";
	my $long = join '', map { sprintf '%08x', rand 2**32 } 1 .. 1000;
	warehouse_sql("UPDATE aurora SET s = '$long' WHERE k = 3");
	my $alter = $node->safe_psql('postgres', "SELECT detail FROM rsfed.alter_rollup('keyed', query => '$more') WHERE action = 'publication'");
	like($alter, qr/^publication rsfed is version 3.*subscriber_script.*publishes the new columns: most, text2/, 'alter_rollup says what to run where');
	same('keyed', 'k, s, n', 'the change does not stop the subscriber');
	psql_fails($node, "SELECT rsfed.publish(ARRAY['keyed']::regclass[])", '55000', qr/is not known to have the new columns/, 'it is not published before');
	like($node->safe_psql('postgres', q{SELECT severity, problem FROM rsfed.doctor() WHERE subject LIKE 'slot rsfed%'}), qr/^warning\|A subscriber of publication rsfed has run the script of version 2, and this is version 3/, 'doctor() says who is behind');
	like($aurora->safe_psql('app', q{SELECT problem FROM rsfed.doctor()}), qr/^The script of version 2 was run here, and the publication is version 3/, 'on the subscriber too');
	subscribe('the script of the new version');
	poll_for($node, 'SELECT problem IS NULL FROM rsfed.subscribers', 't', 'the node learns of it');
	$node->safe_psql('postgres', "SELECT rsfed.publish(ARRAY['keyed']::regclass[])");
	same('keyed', 'k, s, n, most, text2', 'new columns arrive with what the rows held already, stored out of line too');
	return;
}

# A column is removed.
sub columns_go
{
	$node->safe_psql('postgres', "SELECT rsfed.alter_rollup('keyed', query => '$sum')");
	warehouse_sql('UPDATE aurora SET n = n + 1 WHERE k = 2');
	$node->safe_psql('postgres', "CALL rsfed.refresh('keyed')");
	same('keyed', 'k, s, n', 'a dropped column does not stop it');
	subscribe('the script drops it there');
	is($aurora->safe_psql('app', q{SELECT string_agg(attname, ',' ORDER BY attnum) FROM pg_attribute WHERE attrelid = 'keyed'::regclass AND attnum > 0 AND NOT attisdropped}), 'k,s,n', 'it is gone');
	warehouse_sql('UPDATE aurora SET n = n + 1 WHERE k = 2');
	$node->safe_psql('postgres', "CALL rsfed.refresh('keyed')");
	same('keyed', 'k, s, n', 'and the table goes on');
	return;
}

# Another type: refused, unless the table is copied again.
sub another_type
{
	my $retyped = 'SELECT COALESCE(k, 0) AS k, max(s) AS s, CAST(sum(n) AS varchar(20)) AS n FROM aurora GROUP BY 1';
	psql_fails($node, "SELECT rsfed.alter_rollup('keyed', query => '$retyped')", '55000', qr/cannot follow this change.*rsfed\.unpublish/s, 'a new type is refused, with the order in which to go');
	psql_fails($node, q{SELECT rsfed.alter_rollup('nulls', query => 'SELECT k, sum(n) AS n, max(n) AS most FROM aurora GROUP BY k')}, '55000', qr/need the new columns.*ADD COLUMN most integer/s, 'without a key a new column is, too');
	psql_fails($node, 'ALTER TABLE keyed RENAME COLUMN n TO m', '55000', qr/know column "n"/, 'a new name of a column is');
	$node->safe_psql('postgres', "SELECT rsfed.unpublish(ARRAY['keyed']::regclass[])");
	subscribe('the script without the table');
	$node->safe_psql('postgres', "SELECT rsfed.alter_rollup('keyed', query => '$retyped'); SELECT rsfed.publish(ARRAY['keyed']::regclass[])");
	catch_up('it is published again');
	is($reader->safe_psql('app', q{SELECT state, as_of IS NULL FROM rsfed.freshness WHERE relation = 'keyed'::regclass}), 'never|t', 'until it is copied, nothing is known of it');
	$serr = '';
	$reader->psql('app', q{SELECT rsfed.require_fresh('keyed', '1 day')}, stdout => \$sout, stderr => \$serr);
	like($serr, qr/rollup "keyed" has no content yet/, 'and require_fresh refuses it');
	subscribe('the new script');
	in_step('it is copied again');
	same('keyed', 'k, s, n', 'with its new type');
	is($aurora->safe_psql('app', 'SELECT pg_typeof(n) FROM keyed LIMIT 1'), 'text', 'text');
	freshness_same('keyed', 'and its freshness');
	return;
}

# Unpublished and published again without the script in between: this is reported.
sub out_and_in
{
	$node->safe_psql('postgres', q{SELECT rsfed.unpublish(ARRAY['two']::regclass[]); SELECT rsfed.publish(ARRAY['two']::regclass[])});
	catch_up('out and in again');
	is($reader->safe_psql('app', q{SELECT state FROM rsfed.freshness WHERE relation = 'two'::regclass}), 'never', 'its content is not trusted');
	($code, $out) = run_psql('app', script(), "connection=$connection");
	ok($code != 0 && $out =~ /table public.two is to be copied again, and has not left the subscription/, 'and the script says in which order to go') or diag($out);
	$node->safe_psql('postgres', q{SELECT rsfed.unpublish(ARRAY['two']::regclass[])});
	subscribe('without it');
	$node->safe_psql('postgres', q{SELECT rsfed.publish(ARRAY['two']::regclass[])});
	subscribe('with it');
	in_step('it is copied');
	same('two', 'k, n', 'and is in step');
	return;
}

# With the confirmation that the subscriber was changed first.
sub told
{
	$aurora->safe_psql('app', 'ALTER TABLE nulls ADD COLUMN most integer');
	$node->safe_psql('postgres', q{SET rsfed.alter_published = on; SELECT rsfed.alter_rollup('nulls', query => 'SELECT k, sum(n) AS n, max(n) AS most FROM aurora GROUP BY k')});
	same('nulls', 'k, n, most', 'a new column without a key');
	subscribe('the script knows it');
	return;
}

# Another name.
sub another_name
{
	my $note = '';
	$node->psql('postgres', 'CREATE SCHEMA served; ALTER TABLE keyed SET SCHEMA served; ALTER TABLE served.keyed RENAME TO renamed', stdout => \$sout, stderr => \$note);
	like($note, qr/subscribers of publication "rsfed" apply no further changes/, 'a rename says that subscribers wait');
	warehouse_sql('UPDATE aurora SET n = n + 1 WHERE k = 4');
	$node->safe_psql('postgres', "CALL rsfed.refresh('served.renamed')");
	poll_for($aurora, q{SELECT apply_error_count > 0 FROM pg_stat_subscription_stats}, 't', 'they do');
	subscribe('the script renames the table');
	same('served.renamed', 'k, s, n', 'and nothing is lost');
	freshness_same('served.renamed', 'nor its freshness');
	return;
}

# Dropped.
sub dropped
{
	$node->safe_psql('postgres', "SELECT rsfed.drop_rollup('\"Wide Table\"'); SELECT rsfed.drop_rollup('bare', keep_table => true)");
	catch_up('two are dropped');
	is($reader->safe_psql('app', q{SELECT count(*) FROM rsfed.freshness WHERE relation::text IN ('"Wide Table"', 'bare')}), '0', 'nothing is known of them any more');
	is($node->safe_psql('postgres', q{SELECT count(*) FROM pg_publication_tables WHERE tablename IN ('Wide Table', 'bare')}), '0', 'nor are they published');
	subscribe('the script without them');
	is($aurora->safe_psql('app', q{SELECT count(*) > 0 FROM bare}), 't', 'their tables stay');
	return;
}

# The schema belongs to other migrations.
sub own_schema
{
	my $checked = script('tables => false');
	like($checked, qr/--   CREATE TABLE served\.renamed \(k integer, s text COLLATE|--   CREATE TABLE served\.renamed \(k integer, s text, n text\)/, 'tables => false prints what they must contain') or diag($checked);
	($code, $out) = run_psql('app', $checked, "connection=$connection");
	is($code, 0, 'and is content with what is there') or diag($out);
	$aurora->safe_psql('app', 'ALTER TABLE two RENAME COLUMN n TO m');
	($code, $out) = run_psql('app', $checked, "connection=$connection");
	ok($code != 0 && $out =~ /table public.two has no column n.*ADD COLUMN n bigint/s, 'and says what is missing') or diag($out);
	like($aurora->safe_psql('app', 'SELECT problem FROM rsfed.doctor()'), qr/Published columns are missing here: n/, 'doctor() there does, too');
	$aurora->safe_psql('app', 'ALTER TABLE two RENAME COLUMN m TO n');
	return;
}

# The node is gone: the reader still answers, and reports the age of the content.
sub node_gone
{
	$node->stop;
	is($reader->safe_psql('app', q{SELECT count(*) > 0 FROM served.renamed}), 't', 'without the node the reader serves on');
	is($reader->safe_psql('app', q{SELECT age > '0' FROM rsfed.freshness WHERE relation = 'one'::regclass}), 't', 'and says how old it is');
	$node->start;
	warehouse_sql('UPDATE aurora SET n = n + 1 WHERE k = 4');
	$node->safe_psql('postgres', "CALL rsfed.refresh('served.renamed')");
	same('served.renamed', 'k, s, n', 'the node is back, and so are its changes');
	return;
}

# Its slots are lost, as for a standby that is promoted before version 17, and so is
# the newest version.  A reader with an earlier snapshot continues in it.
sub slots_lost
{
	my ($asked, $answers) = ('', '');
	my $old = IPC::Run::start([ 'psql', '-XAtq', '-d', $reader->connstr('app') ], '<', \$asked, '>', \$answers, '2>&1', IPC::Run::timeout(180));
	my $look = q{SELECT 'seen', count(*), rsfed.as_of('served.renamed') IS NOT NULL FROM served.renamed;};
	$asked = "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 'seen', (SELECT count(*) FROM rsfed.freshness WHERE relation = 'served.renamed'::regclass), as_of IS NOT NULL FROM rsfed.freshness LIMIT 1;\n";
	$old->pump until $answers =~ /^seen\|.*\n/;
	like($answers, qr/^seen\|1\|t$/m, 'a snapshot is taken on the reader');
	$aurora->safe_psql('app', $_) for ('ALTER SUBSCRIPTION rsfed DISABLE', 'ALTER SUBSCRIPTION rsfed SET (slot_name = NONE)', 'DROP SUBSCRIPTION rsfed',
		'UPDATE rsfed_catalog.subscriber SET version = version + 1');
	poll_for($node, 'SELECT count(*) FROM pg_replication_slots WHERE active', '0', 'the subscriber is gone');
	$node->safe_psql('postgres', 'SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots');
	warehouse_sql('UPDATE aurora SET n = n + 1 WHERE k = 4');
	$node->safe_psql('postgres', "CALL rsfed.refresh('served.renamed')");
	$aurora->safe_psql('app', 'CREATE TABLE refers (k integer REFERENCES served.renamed ON DELETE CASCADE); INSERT INTO refers VALUES (4)');
	($code, $out) = run_psql('app', script(), "connection=$connection");
	ok($code != 0 && $out =~ /table served.renamed is to be emptied and copied, and foreign key refers_k_fkey of public.refers refers to it/, 'rows that refer to it are not deleted with it') or diag($out);
	is($aurora->safe_psql('app', 'SELECT count(*) FROM refers'), '1', 'they are there');
	$aurora->safe_psql('app', 'DROP TABLE refers');
	subscribe('the script makes another subscription');
	in_step('everything is copied again');
	same('served.renamed', 'k, s, n', 'it is the same as on the node');
	same('nulls', 'k, n, most', 'without a key, too');
	freshness_same('served.renamed', 'and so is its freshness');
	is($aurora->safe_psql('app', 'SELECT severity FROM rsfed.doctor()'), 'ok', 'doctor() finds nothing');
	($asked, $answers) = ("$look COMMIT;\n\\q\n", '');
	$old->finish;
	like($answers, qr/^seen\|[1-9]\d*\|t$/m, 'the snapshot of before shows content with the freshness of before') or diag($answers);
	return;
}

# All tests, from the first publication to the loss of the node; arguments as for
# start_sides().
sub whole_life
{
	my (%options) = @_;

	start_sides(%options);
	define();
	publish_and_subscribe();
	changes();
	methods();
	new_columns();
	columns_go();
	another_type();
	out_and_in();
	told();
	another_name();
	dropped();
	own_schema();
	node_gone();
	slots_lost();
	warehouse_sql('DROP TABLE aurora; DROP TABLE aurora_visits');
	stop_sides();
	return;
}

1;
