# A server without rsfed that subscribes to a node: no library, no extension, driven
# by a role that is no superuser, with a physical standby as its reader.  Content
# and freshness arrive in one commit, and changes of the tables do not stop it.

use strict;
use warnings;

use IPC::Run;
use RsfedTest;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = start_primary('node', conf => "wal_level = logical\nmax_slot_wal_keep_size = 1GB\n");
$node->safe_psql('postgres', q{
	CREATE ROLE replicator LOGIN REPLICATION PASSWORD 'secret';
	GRANT pg_read_all_data TO replicator;
	CREATE ROLE reporting;
});
# from 16 on a subscription of one who is no superuser must log in by password
my $hba = slurp_file($node->data_dir . '/pg_hba.conf');
unlink $node->data_dir . '/pg_hba.conf';
append_to_file($node->data_dir . '/pg_hba.conf', "local all replicator scram-sha-256\n$hba");
$node->reload;
my $connection = 'host=' . $node->host . ' port=' . $node->port . ' dbname=postgres user=replicator password=secret';

my $aurora = PostgreSQL::Test::Cluster->new('aurora');
$aurora->init(allows_streaming => 1);
$aurora->append_conf('postgresql.conf', "timezone = 'UTC'\nwal_retrieve_retry_interval = '200ms'\nlog_statement = 'none'\n");
$aurora->start;
my $is_16 = $aurora->safe_psql('postgres', 'SHOW server_version_num') >= 160000;
$aurora->safe_psql('postgres', 'CREATE ROLE app LOGIN; CREATE ROLE reporting; CREATE ROLE app_reader LOGIN');
$aurora->safe_psql('postgres', 'CREATE DATABASE app');
$aurora->safe_psql('postgres', 'GRANT CREATE ON DATABASE app TO app');
$aurora->safe_psql('app', 'GRANT CREATE ON SCHEMA public TO app');
$aurora->safe_psql('postgres', 'GRANT pg_create_subscription TO app') if $is_16;
is($aurora->safe_psql('postgres', 'SHOW shared_preload_libraries'), '', 'the subscriber has no library of rsfed');

my $reader = start_replica($aurora, 'reader');

# Runs psql with a script on the subscriber; its exit code, and what it printed.
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

# The newest script, as the role that owns the tables, and before 16 as one who may
# change the subscription.
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

# What is written at the node now has been applied by the subscriber.
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

my $wide = join(', ', map { "sum(n + $_) AS c$_" } 1 .. 99);
my $wide_columns = join(', ', 'k', map { "c$_" } 1 .. 99);
warehouse_sql(q{
	DROP TABLE IF EXISTS aurora;
	CREATE TABLE aurora (k integer, s varchar(60000), n integer);
	INSERT INTO aurora SELECT i, 's' || i, i FROM generate_series(1, 20) i;
	INSERT INTO aurora VALUES (NULL, 'null', 7);
});
my $sum = 'SELECT COALESCE(k, 0) AS k, max(s) AS s, sum(n) AS n FROM aurora GROUP BY 1';
my $not_null = q{'{"not_null": ["k"]}'};
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

# --- Publishing
$node->safe_psql('postgres', q{SELECT rsfed.publish(ARRAY['keyed', 'nulls', 'bare', '"Wide Table"']::regclass[], options => '{"sets": ["pair"]}')});
is($node->safe_psql('postgres', 'SELECT relation, columns, subscribers FROM rsfed.publications WHERE relation::text IN (\'keyed\', \'nulls\', \'two\') ORDER BY 1'),
	"keyed|{k,s,n}|0\nnulls|{k,n}|0\ntwo|{k,n}|0", 'rsfed.publications says what is published');

# --- The script
my $script = script();
unlike($script, qr/secret|warehouse_|FROM aurora/, 'it holds neither secrets nor queries');
my ($code, $out) = run_psql('app', $script);
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
my ($sout, $serr) = ('', '');
$reader->psql('app', q{SELECT rsfed.require_fresh('keyed', '0')}, stdout => \$sout, stderr => \$serr);
like($serr, qr/rollup "keyed" is older than/, 'require_fresh refuses there');
is($reader->safe_psql('app', 'SET ROLE app_reader; SELECT count(*) FROM rsfed.freshness'), '0', 'who may read no table sees no freshness');
is($node->safe_psql('postgres', 'SELECT publication, connected, problem FROM rsfed.subscribers'), 'rsfed|t|', 'rsfed.subscribers');
is($node->safe_psql('postgres', 'SELECT DISTINCT subscribers FROM rsfed.publications'), '1', 'rsfed.publications counts it');

# Running it again changes nothing
my $dump = q{SELECT md5(string_agg(x::text, ',' ORDER BY x::text)) FROM (SELECT oid::text || relname || relfilenode || COALESCE(relacl::text, '') AS x FROM pg_class WHERE relnamespace IN ('public'::regnamespace, 'rsfed'::regnamespace, 'rsfed_catalog'::regnamespace)
	UNION ALL SELECT srrelid::text || srsubstate::text FROM pg_subscription_rel UNION ALL SELECT md5(prosrc) || oid::text FROM pg_proc WHERE pronamespace IN ('rsfed'::regnamespace, 'rsfed_catalog'::regnamespace)
	UNION ALL SELECT s::text FROM rsfed_catalog.subscriber s UNION ALL SELECT s::text FROM rsfed_catalog.subscribed s) x};
my $before = $aurora->safe_psql('app', $dump);
my $walsender = $node->safe_psql('postgres', q{SELECT active_pid FROM pg_replication_slots});
subscribe('the script runs again');
is($aurora->safe_psql('app', $dump), $before, 'and changes nothing');
is($node->safe_psql('postgres', q{SELECT active_pid FROM pg_replication_slots}), $walsender, 'the connection stays');

# --- Changes
warehouse_sql(q{UPDATE aurora SET n = n + 1 WHERE k < 5; DELETE FROM aurora WHERE k = 9; INSERT INTO aurora VALUES (30, 'new', 1); UPDATE aurora SET n = 8 WHERE k IS NULL});
$node->safe_psql('postgres', "CALL rsfed.refresh('$_')") for ('keyed', 'nulls', 'bare', '"Wide Table"');
same('keyed', 'k, s, n', 'changes of keyed');
same('nulls', 'k, n', 'changes of NULL keys');
same('bare', 's, n', 'changes without a key');
same('"Wide Table"', $wide_columns, 'changes of 100 columns');
freshness_same($_, "freshness of $_") for ('keyed', 'nulls', 'bare', '"Wide Table"');

# Nothing new: only the freshness row is sent
my $rows_before = $aurora->safe_psql('app', q{SELECT n_tup_upd + n_tup_ins + n_tup_del FROM pg_stat_user_tables WHERE relname = 'keyed'});
$node->safe_psql('postgres', "CALL rsfed.refresh('keyed')");
catch_up('a refresh without changes');
freshness_same('keyed', 'it arrives');

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

# A set: one commit there, one commit here.  A reader of the standby looks all the time.
my $looks = PostgreSQL::Test::Utils::tempdir() . '/looks.sql';
append_to_file($looks, "SELECT 'mix ' || (o.n <> t.n) || ' ' || o.n FROM one o, two t; SELECT pg_sleep(0.01);\n" x 500);
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

# --- A new column is published once subscribers have it
my $more = "SELECT COALESCE(k, 0) AS k, max(s) AS s, sum(n) AS n, max(n) AS most, max(s) AS text2 FROM aurora GROUP BY 1";
my $long = join '', map { sprintf '%08x', rand 2**32 } 1 .. 1000;
warehouse_sql("UPDATE aurora SET s = '$long' WHERE k = 3");
my $alter = $node->safe_psql('postgres', "SELECT detail FROM rsfed.alter_rollup('keyed', query => '$more') WHERE action = 'publication'");
like($alter, qr/rsfed is version 2.*subscriber_script.*publishes the new columns: most, text2/, 'alter_rollup says what to run where');
same('keyed', 'k, s, n', 'the change does not stop the subscriber');
psql_fails($node, "SELECT rsfed.publish(ARRAY['keyed']::regclass[])", '55000', qr/is not known to have the new columns/, 'it is not published before');
like($node->safe_psql('postgres', q{SELECT severity, problem FROM rsfed.doctor() WHERE subject LIKE 'slot rsfed%'}), qr/^warning\|A subscriber of publication rsfed has run the script of version 1, and this is version 2/, 'doctor() says who is behind');
like($aurora->safe_psql('app', q{SELECT problem FROM rsfed.doctor()}), qr/^The script of version 1 was run here, and the publication is version 2/, 'on the subscriber too');
subscribe('the script of the new version');
poll_for($node, 'SELECT problem IS NULL FROM rsfed.subscribers', 't', 'the node learns of it');
$node->safe_psql('postgres', "SELECT rsfed.publish(ARRAY['keyed']::regclass[])");
same('keyed', 'k, s, n, most, text2', 'new columns arrive with what the rows held already, stored out of line too');

# --- A column that goes
$node->safe_psql('postgres', "SELECT rsfed.alter_rollup('keyed', query => '$sum')");
warehouse_sql('UPDATE aurora SET n = n + 1 WHERE k = 2');
$node->safe_psql('postgres', "CALL rsfed.refresh('keyed')");
same('keyed', 'k, s, n', 'a dropped column does not stop it');
subscribe('the script drops it there');
is($aurora->safe_psql('app', q{SELECT string_agg(attname, ',' ORDER BY attnum) FROM pg_attribute WHERE attrelid = 'keyed'::regclass AND attnum > 0 AND NOT attisdropped}), 'k,s,n', 'it is gone');
warehouse_sql('UPDATE aurora SET n = n + 1 WHERE k = 2');
$node->safe_psql('postgres', "CALL rsfed.refresh('keyed')");
same('keyed', 'k, s, n', 'and the table goes on');

# --- Another type: refused, unless the table is copied again
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

# --- Taken out and put back without the script in between: said, not glossed over
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

# --- Told that the subscriber was changed first
$aurora->safe_psql('app', 'ALTER TABLE nulls ADD COLUMN most integer');
$node->safe_psql('postgres', q{SET rsfed.alter_published = on; SELECT rsfed.alter_rollup('nulls', query => 'SELECT k, sum(n) AS n, max(n) AS most FROM aurora GROUP BY k')});
same('nulls', 'k, n, most', 'a new column without a key');
subscribe('the script knows it');

# --- Another name
my $note = '';
$node->psql('postgres', 'CREATE SCHEMA served; ALTER TABLE keyed SET SCHEMA served; ALTER TABLE served.keyed RENAME TO renamed', stdout => \$sout, stderr => \$note);
like($note, qr/subscribers of publication "rsfed" wait/, 'a rename says that subscribers wait');
warehouse_sql('UPDATE aurora SET n = n + 1 WHERE k = 4');
$node->safe_psql('postgres', "CALL rsfed.refresh('served.renamed')");
poll_for($aurora, q{SELECT apply_error_count > 0 FROM pg_stat_subscription_stats}, 't', 'they do');
subscribe('the script renames the table');
same('served.renamed', 'k, s, n', 'and nothing is lost');
freshness_same('served.renamed', 'nor its freshness');

# --- Dropped
$node->safe_psql('postgres', "SELECT rsfed.drop_rollup('\"Wide Table\"'); SELECT rsfed.drop_rollup('bare', keep_table => true)");
catch_up('two are dropped');
is($reader->safe_psql('app', q{SELECT count(*) FROM rsfed.freshness WHERE relation::text IN ('"Wide Table"', 'bare')}), '0', 'nothing is known of them any more');
is($node->safe_psql('postgres', q{SELECT count(*) FROM pg_publication_tables WHERE tablename IN ('Wide Table', 'bare')}), '0', 'nor are they published');
subscribe('the script without them');
is($aurora->safe_psql('app', q{SELECT count(*) > 0 FROM bare}), 't', 'their tables stay');

# --- The schema is owned by other migrations
my $checked = script('tables => false');
like($checked, qr/--   CREATE TABLE served\.renamed \(k integer, s text COLLATE|--   CREATE TABLE served\.renamed \(k integer, s text, n text\)/, 'tables => false prints what they must contain') or diag($checked);
($code, $out) = run_psql('app', $checked, "connection=$connection");
is($code, 0, 'and is content with what is there') or diag($out);
$aurora->safe_psql('app', 'ALTER TABLE two RENAME COLUMN n TO m');
($code, $out) = run_psql('app', $checked, "connection=$connection");
ok($code != 0 && $out =~ /table public.two has no column n.*ADD COLUMN n bigint/s, 'and says what is missing') or diag($out);
like($aurora->safe_psql('app', 'SELECT problem FROM rsfed.doctor()'), qr/Published columns are missing here: n/, 'doctor() there does, too');
$aurora->safe_psql('app', 'ALTER TABLE two RENAME COLUMN m TO n');

# --- The node is gone: the reader serves on, and says how old it is
$node->stop;
is($reader->safe_psql('app', q{SELECT count(*) > 0 FROM served.renamed}), 't', 'without the node the reader serves on');
is($reader->safe_psql('app', q{SELECT age > '0' FROM rsfed.freshness WHERE relation = 'one'::regclass}), 't', 'and says how old it is');
$node->start;
warehouse_sql('UPDATE aurora SET n = n + 1 WHERE k = 4');
$node->safe_psql('postgres', "CALL rsfed.refresh('served.renamed')");
same('served.renamed', 'k, s, n', 'the node is back, and so are its changes');

# --- Its slots are lost, as with a standby that is promoted before 17, and so is the
# newest version.  Who reads in a snapshot of before goes on in it.
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

warehouse_sql('DROP TABLE aurora');
$node->stop;
$reader->stop;
$aurora->stop;
done_testing();
