# A database in which all settings have hostile values: rollups of each method,
# gates, sets, materialized views, schedules and their reports are the same as in a
# clean one, and a run pins the settings listed in doc/settings.md.

use strict;
use warnings;

use RsfedTest;
use Test::More;

my $node = start_primary('primary', register => 0);

# The settings of this version, with their pinned value and scope
my %pinned;
for (split /\n/, $node->safe_psql('postgres',
	'SELECT p.name, p.pinned_for, p.value FROM rsfed.pinned_settings p'
	  . q{ WHERE current_setting(p.name, true) IS NOT NULL}))
{
	my ($name, $for, $value) = split /\|/, $_, 3;
	$pinned{$name} = { for => $for, value => $value };
}

# Pinned settings; each has a wrong value here
my %hostile = (
	DateStyle => 'German, DMY', IntervalStyle => 'sql_standard', extra_float_digits => '-15',
	bytea_output => 'escape', xmlbinary => 'hex', xmloption => 'document', array_nulls => 'off',
	quote_all_identifiers => 'on', standard_conforming_strings => 'off', backslash_quote => 'on',
	transform_null_equals => 'on', row_security => 'off',
	restrict_nonsystem_relation_kind => 'view, foreign-table', session_replication_role => 'replica',
	gin_fuzzy_search_limit => '1', default_table_access_method => 'other_heap', exit_on_error => 'on',
	lc_messages => 'POSIX',
	force_parallel_mode => 'regress', debug_parallel_query => 'regress', jit => 'on', plan_cache_mode => 'force_custom_plan',
	(map { ("enable_$_" => 'off') } qw(bitmapscan hashagg hashjoin indexonlyscan indexscan material
		memoize mergejoin nestloop seqscan sort)),
	search_path => 'nowhere', role => 'nobody', default_transaction_read_only => 'on',
	default_transaction_isolation => 'serializable', default_transaction_deferrable => 'on',
	statement_timeout => '1', lock_timeout => '1', idle_in_transaction_session_timeout => '1',
	transaction_timeout => '1');
is(join(' ', sort grep { !defined $hostile{$_} } keys %pinned), '', 'each pinned setting is made hostile here');

# Settings that are not pinned, and must have no effect
my %left = (
	client_encoding => 'LATIN1', check_function_bodies => 'off', synchronous_commit => 'off',
	escape_string_warning => 'on', default_tablespace => '', temp_tablespaces => '', geqo_threshold => '2',
	from_collapse_limit => '1', join_collapse_limit => '1', constraint_exclusion => 'on', work_mem => '64kB',
	maintenance_work_mem => '1MB', temp_buffers => '100', random_page_cost => '1000', cpu_tuple_cost => '1000',
	default_statistics_target => '1', synchronize_seqscans => 'off', enable_partition_pruning => 'off',
	enable_incremental_sort => 'off', enable_tidscan => 'off', jit_above_cost => '0', track_counts => 'off',
	vacuum_cost_delay => '1', hash_mem_multiplier => '1', max_parallel_workers_per_gather => '0',
	client_min_messages => 'debug1', log_min_messages => 'panic', log_error_verbosity => 'verbose',
	lc_numeric => 'POSIX', lc_time => 'POSIX', lc_monetary => 'POSIX', default_text_search_config => 'simple',
	TimeZone => 'Asia/Kathmandu', debug_print_plan => 'off', parallel_setup_cost => '0', cursor_tuple_fraction => '1');

# The document contains every setting that a session can make, and the pinned ones
# with their values
my $document = PostgreSQL::Test::Utils::slurp_file("$ENV{RSFED_SOURCES}/doc/settings.md");
my %documented = map { $_ => 1 } $document =~ /`([A-Za-z_]+)`/g;
is(join(' ', grep { !$documented{$_} } split /\n/, $node->safe_psql('postgres',
	q{SELECT name FROM pg_settings WHERE context IN ('user', 'superuser') AND name !~ '\.' ORDER BY 1})),
	'', 'doc/settings.md names every setting that a session can make');
is(join("\n", $document =~ /^(\| `.*)$/mg), $node->safe_psql('postgres',
	q{SELECT format('| `%s` | %s | %s | %s |', name, coalesce('`' || nullif(value, '') || '`', 'empty'), pinned_for, reason)
		FROM rsfed.pinned_settings}), 'and its table is the view rsfed.pinned_settings');

$node->safe_psql('postgres', 'CREATE ROLE app LOGIN; CREATE ROLE nobody');
standin_reset();

# Command-line options for the pinned settings
sub options
{
	my %for = map { $_ => 1 } @_;
	return join ' ', map { "-c $_=" . $pinned{$_}{value} =~ s/([ \\])/\\$1/gr }
	  grep { $for{ $pinned{$_}{for} } } sort keys %pinned;
}

# psql as the app, whose session sets only the limits that it needs
sub app
{
	my ($database, $sql) = @_;
	my ($out, $err) = ('', '');
	local $ENV{PGOPTIONS} = options('worker') . ' -c search_path=public -c client_min_messages=warning';
	local $ENV{PGCLIENTENCODING} = 'UTF8';

	$node->psql($database, $sql, stdout => \$out, stderr => \$err,
		connstr => $node->connstr($database) . ' user=app');
	return $err eq '' ? $out : "$out\n$err";
}

# psql as superuser, with all pinned settings
sub look
{
	my ($database, $sql) = @_;
	local $ENV{PGOPTIONS} = options('worker', 'run', 'plan') . ' -c TimeZone=UTC -c search_path=public -c client_min_messages=warning';
	local $ENV{PGCLIENTENCODING} = 'UTF8';
	return $node->safe_psql($database, $sql);
}

sub load_warehouse
{
	my ($sellers) = @_;
	warehouse_sql(q{
		DROP TABLE IF EXISTS hostile_sales;
		CREATE TABLE hostile_sales (id integer, seller integer, price decimal(12,2), weight double precision,
			day date, at timestamp, note varchar(100));
		INSERT INTO hostile_sales SELECT i, i % 10, i / 4.0, i / 3.0, date '2024-01-01' + i % 28,
			timestamp '2024-01-01 10:00' + i * interval '1 hour', CASE WHEN i % 10 < 5 THEN E'a\\\\b' || i % 10 END
			FROM generate_series(1, 600) AS i WHERE i % 10 < } . $sellers);
	return;
}

# The settings of a query may hide or change data.  The check is false if a text is
# different, a backslash is an escape, or = NULL means IS NULL.
my $check = q{(SELECT count(*) FROM new_rows WHERE note = 'a\\\\b3') = 1 AND (SELECT bool_and(last::text ~ '^2024-') FROM new_rows)}
  . q{ AND (SELECT max(length(weight::text)) FROM new_rows) > 10 AND (SELECT count(*) FROM old_rows WHERE note = NULL) = 0}
  . q{ AND (SELECT bool_and((last - timestamp '2024-01-01')::text ~ ' days') FROM new_rows) AND length(convert_to('xyz', 'UTF8')::text) = 8};

my @definitions = (
	q[SELECT rsfed.define_rollup('merged', 'warehouse', $q$SELECT seller, sum(price) AS revenue, avg(weight) AS weight, max(at) AS last,
		max(note) AS note FROM hostile_sales GROUP BY seller$q$, options => $o${"check": "] . $check . q[", "max_shrink_percent": 90}$o$)],
	q{CREATE TABLE follows (seller integer PRIMARY KEY REFERENCES merged (seller) ON DELETE CASCADE); INSERT INTO follows SELECT seller FROM merged},
	# the owner sees it through a policy, too
	q{ALTER TABLE merged ENABLE ROW LEVEL SECURITY; ALTER TABLE merged FORCE ROW LEVEL SECURITY; CREATE POLICY everything ON merged USING (true)},
	q{SELECT rsfed.define_rollup('windowed', 'warehouse', $q$SELECT day, sum(price) AS revenue, sum(weight) AS weight FROM hostile_sales
		WHERE day >= {from} AND day < {to} GROUP BY day$q$, method => 'window',
		options => '{"window_column": "day", "start": "2024-01-01", "batch": "10 days", "lookback": "2 days"}')},
	q{SELECT rsfed.define_rollup('replaced', 'warehouse', 'SELECT price, weight, note, at FROM hostile_sales WHERE id < 50', method => 'replace')},
	q{SELECT rsfed.define_rollup('total', 'warehouse', 'SELECT 1 AS one, sum(price) AS revenue FROM hostile_sales', key => '{one}')},
	q{SELECT rsfed.define_set('both', '{merged,total}')},
	# a materialized view sees the settings of a run
	q{CREATE VIEW all_settings AS SELECT name, setting FROM pg_catalog.pg_settings UNION ALL SELECT 'role', pg_catalog.current_setting('role')},
	q{CREATE MATERIALIZED VIEW seen AS SELECT name, setting, clock_timestamp() AS at FROM all_settings WITH NO DATA; CREATE UNIQUE INDEX ON seen (name)},
	q{CREATE MATERIALIZED VIEW summary AS SELECT seller, revenue || ' ' || weight || ' ' || last || ' ' || (last - timestamp '2024-01-01') || ' '
			|| convert_to(note, 'UTF8')::text || xmlelement(name x, convert_to(note, 'UTF8'))::text AS words,
			('{' || lower('NULL') || '}')::text[] IS NULL AS a, (coalesce('a' || note, 'b') || '<i/>')::xml::text AS content
		FROM merged WITH NO DATA;
		CREATE UNIQUE INDEX ON summary (seller)});
my @refreshes = ((map { "CALL rsfed.refresh('$_')" } qw(merged windowed replaced total seen seen summary summary)), "CALL rsfed.refresh_set('both')");

# The output of statements, without the numbers and times of runs; a session's own
# settings decide about the quotes around the name of a relation
sub result_of
{
	return join "\n", map { s/^\d+\|(\w+)\|(\d*)\|.*$/$1 $2/mgr =~ s/^"(\w+)"$/$1/mgr } @_;
}

for my $database ('clean', 'hostile')
{
	$node->safe_psql('postgres', "CREATE DATABASE $database");
	$node->safe_psql($database, q{SET client_min_messages = warning; CREATE EXTENSION rsfed CASCADE;
		CREATE ACCESS METHOD other_heap TYPE TABLE HANDLER heap_tableam_handler;
		GRANT ALL ON SCHEMA public TO app});
	register_warehouse($node, database => $database);
	$node->safe_psql($database, 'GRANT USAGE ON FOREIGN SERVER warehouse TO app; SELECT rsfed.set_credentials('
		  . "'warehouse', " . quote_literal($ENV{WAREHOUSE_USER}) . ', ' . quote_literal($ENV{WAREHOUSE_PASSWORD}) . q{, for_role => 'app')});
}

# Settings of the database for roles without other ones, of the role of the workers,
# and of the app
my $bootstrap = $node->safe_psql('postgres', 'SELECT current_user');
my @alter;
for my $name (sort keys %pinned, keys %left)
{
	my $value = $hostile{$name} // $left{$name};
	my $list = $name =~ /^(?:search_path|DateStyle|restrict_.*)$/ ? join ', ', map { "'$_'" } split /, /, $value : "'$value'";
	push @alter, qq{ALTER DATABASE hostile SET $name = $list} if $name ne 'role';
	push @alter, qq{ALTER ROLE "$bootstrap" IN DATABASE hostile SET $name = $list};
	push @alter, qq{ALTER ROLE app IN DATABASE hostile SET $name = $list}
	  if $name !~ /^(?:role|log_.*|track_.*|lc_messages|session_replication_role)$/;
}
$node->safe_psql('postgres', join ";\n", @alter);

# By hand
my %got;
for my $database ('clean', 'hostile')
{
	load_warehouse(10);
	$got{$database} = result_of(map { app($database, $_) } @definitions);
	look($database, q{SELECT rsfed.wait(run_id) FROM rsfed.runs WHERE status IN ('queued', 'running')});
	$got{$database} .= result_of(map { app($database, $_) } @refreshes);
	load_warehouse(9);
	$got{$database} .= result_of(map { app($database, $_) } "BEGIN; CALL rsfed.refresh('merged'); CALL rsfed.refresh('summary'); COMMIT",
		"CALL rsfed.refresh('merged')", "BEGIN; CALL rsfed.refresh_set('both'); COMMIT",
		q{SELECT * FROM rsfed.alter_rollup('total', query => 'SELECT 1 AS one, sum(price) AS revenue, max(at) AS last FROM hostile_sales')},
		q{SELECT count(*) FROM follows});
	$got{$database} =~ s/run \d+/run/g;
}
is($got{hostile}, $got{clean}, 'what is defined, altered and refreshed by hand is the same');
unlike($got{clean}, qr/ERROR|WARNING/, 'and works');
is(settings_seen($_, 'run'), '', "$_: CALL refresh has what is pinned for a run") for 'clean', 'hostile';

# The settings that the last run of the view saw with other values than the pinned
# ones; the scope of an owner's rights has a search_path of its own
sub settings_seen
{
	my ($database, @for) = @_;
	my %for = map { $_ => 1 } @for;
	my %seen = map { split /\|/, $_, 2 } split /\n/, look($database, 'SELECT name, setting FROM seen');

	return join ' ', map { "$_=$seen{$_}" } grep {
		$for{ $pinned{$_}{for} } && defined $seen{$_} && $_ ne 'search_path'
		  && $seen{$_} !~ /^\Q$pinned{$_}{value}\E(?:,.*)?$/
	} sort keys %pinned;
}

# The session has its own settings again, also after an error
is(app('hostile', q{BEGIN; CALL rsfed.refresh('summary'); SHOW quote_all_identifiers; SHOW extra_float_digits; COMMIT; SHOW IntervalStyle;
		CALL rsfed.refresh('summary'); SHOW quote_all_identifiers; SHOW xmloption;}) =~ s/^\d+\|.*\n//mgr,
	"on\n-15\nsql_standard\non\ndocument", 'after a refresh the session has its settings again');
standin(q{FAULT error 'XX000' 'boo' TIMES 2});
like(app('hostile', q{\set ON_ERROR_STOP off
		SET exit_on_error = off; BEGIN; SAVEPOINT s; CALL rsfed.refresh('merged'); ROLLBACK TO s; SHOW quote_all_identifiers; COMMIT;
		CALL rsfed.refresh('merged'); SHOW xmloption}),
	qr/\Aon\ndocument\n.*ERROR:  boo.*ERROR:  boo/s, 'and after one that failed');
look('hostile', q{DELETE FROM rsfed_catalog.run WHERE status = 'failed'});

# Each transaction of a refresh is READ COMMITTED, and a read-only session stays read-only
like(app('clean', q[SELECT rsfed.define_rollup('batched', 'warehouse', $q$SELECT day, sum(price) AS revenue FROM hostile_sales
			WHERE day >= {from} AND day < {to} GROUP BY day$q$, method => 'window', populate => false,
			options => $o${"window_column": "day", "start": "2024-01-01", "batch": "10 days", "check": "current_setting('transaction_isolation') = 'read committed'"}$o$);
		SET default_transaction_isolation = 'repeatable read'; CALL rsfed.refresh('batched'); SHOW default_transaction_isolation;
		SET default_transaction_isolation = 'read committed'; SELECT rsfed.drop_rollup('batched')]),
	qr/^batched\n\d+\|published\|28\|.*\nrepeatable read\n$/, 'a refresh of many transactions, where the default is REPEATABLE READ');
like(app('clean', q{SET default_transaction_read_only = on; CALL rsfed.refresh('total')}), qr/ERROR:  cannot execute rsfed\.refresh\(\) in a read-only transaction/,
	'a read-only session refreshes nothing');

# By workers
my @relations = qw(merged windowed replaced total seen summary);
for my $database ('clean', 'hostile')
{
	load_warehouse(8);
	app($database, "SELECT rsfed.schedule_refresh('$_', '1 second')") for @relations;
	app($database, "SELECT rsfed.schedule_set('both', '1 second')");
	my $ran = '';
	for (1 .. 10 * $PostgreSQL::Test::Utils::timeout_default)
	{
		$ran = look($database, q{SELECT count(DISTINCT (relation_name, set_name)) FROM rsfed.runs WHERE trigger = 'schedule' AND set_run_id IS NULL
			AND status IN ('published', 'unchanged')});
		last if $ran == @relations + 1;
		select undef, undef, undef, 0.1;
	}
	is($ran, @relations + 1, "$database: the schedules of all relations run")
	  or diag(look($database, q{SELECT relation, set_name, status, message, detail FROM rsfed.runs WHERE status = 'failed' ORDER BY run_id DESC LIMIT 5}));
	app($database, "SELECT rsfed.unschedule_refresh('$_')") for @relations;
	app($database, "SELECT rsfed.unschedule_set('both')");
	is(settings_seen($database, 'run', 'worker'), '', "$database: a worker has all that is pinned");
	is(look($database, q{SELECT count(*) FROM rsfed.runs WHERE status IN ('failed', 'refused', 'cancelled')}), '0', "$database: no run has failed")
	  or diag(look($database, q{SELECT run_id, relation, set_name, status, message, detail FROM rsfed.runs WHERE status NOT IN ('published', 'unchanged') ORDER BY run_id DESC LIMIT 5}));
}
is(settings_seen('hostile', 'plan'), join(' ', map { "$_=$hostile{$_}" } grep { $pinned{$_}{for} eq 'plan' } sort keys %pinned),
	'the query of a materialized view is planned as the database says');

# The content and the reports, without the words that depend on time
for my $what (
	'TABLE merged ORDER BY seller', 'TABLE windowed ORDER BY day', 'TABLE replaced ORDER BY at', 'TABLE total', 'TABLE summary ORDER BY seller',
	'TABLE follows ORDER BY seller')
{
	is(look('hostile', $what), look('clean', $what), $what);
	isnt(look('clean', $what), '', 'it has rows');
}
warehouse_sql('UPDATE hostile_sales SET weight = weight + 1e-9 WHERE seller = 3');
for my $what (
	q{SELECT * FROM rsfed.compare('merged', max_rows => 0)}, q{SELECT * FROM rsfed.compare('replaced')},
	q{SELECT * FROM rsfed.describe('warehouse', 'SELECT at, weight, note, avg(id) AS mean FROM hostile_sales GROUP BY at, weight, note')},
	q{SELECT rsfed.columns('warehouse', 'SELECT id, note AS "Note" FROM hostile_sales')},
	q{ANALYZE merged, seen, summary; SELECT rsfed.export()}, q{SELECT severity, subject, problem, remedy FROM rsfed.doctor()},
	q{SELECT relation::text, state FROM rsfed.freshness ORDER BY relation::text COLLATE "C"},
	q{SELECT rsfed.drop_set('both')}, q{SELECT rsfed.drop_rollup('replaced')}, q{DROP TABLE total}, q{ALTER MATERIALIZED VIEW summary RENAME TO summed},
	q{SELECT rollup::text FROM rsfed.rollups ORDER BY rollup::text COLLATE "C"})
{
	# a session that may not read views may not read these, and one that quotes
	# every name gets quoted names
	my $free = $what =~ /doctor|FROM rsfed\.(?:freshness|rollups)/ ? "SELECT set_config(name, '', false) FROM pg_settings WHERE name = 'restrict_nonsystem_relation_kind' \\g /dev/null\n" : '';
	my ($clean, $hostile) = map { app($_, "$free$what") =~ s/"(\w+)"/$1/gr } 'clean', 'hostile';
	is($hostile, $clean, $what);
	unlike($clean, qr/^(?:psql.*: )?(?:ERROR|FATAL):/m, 'it works');
}
is(look('hostile', "SELECT relation_name, kind FROM rsfed_catalog.relation ORDER BY relation_name"),
	look('clean', "SELECT relation_name, kind FROM rsfed_catalog.relation ORDER BY relation_name"), 'what was dropped and renamed is known');
is(look('hostile', q{SELECT count(*) FROM rsfed_catalog.rollup r WHERE NOT EXISTS (SELECT FROM rsfed_catalog.relation l WHERE l.relation_id = r.relation_id)}), '0',
	'nothing is left of it');
# like tools that copy a database with triggers disabled
look('hostile', q{SET session_replication_role = replica; CREATE TEMP TABLE copied AS TABLE rsfed_catalog.relation;
	DELETE FROM rsfed_catalog.relation; DELETE FROM rsfed_catalog.relation_oid; INSERT INTO rsfed_catalog.relation SELECT * FROM copied});
is(look('hostile', 'SELECT count(*) FROM rsfed_catalog.relation_oid'), look('clean', 'SELECT count(*) FROM rsfed_catalog.relation_oid'),
	'relations that such a tool brings are known by their oid');

done_testing();
