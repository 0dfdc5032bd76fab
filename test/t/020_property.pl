# Random content, random changes, random failures: after each refresh the local
# table contains exactly the answer of the warehouse, and after a failed one exactly
# its previous content.  The same is checked on a replica, and on a subscriber of a
# publication FOR ALL TABLES.
#
# RSFED_ROUNDS: the number of refreshes (40).  RSFED_SEED: repeats a run.

use strict;
use warnings;
use utf8;

use Encode qw(encode_utf8);
use List::Util qw(max min);
use PostgreSQL::Test::Cluster;
use RsfedTest;
use Test::More;

my $rounds = $ENV{RSFED_ROUNDS} // 40;
my $seed = $ENV{RSFED_SEED} // int(rand(2**31));

alarm max(1200, 4 * $rounds);
srand($seed);
diag("RSFED_SEED=$seed RSFED_ROUNDS=$rounds");

sub one_of { return $_[ int(rand(@_)) ]; }
sub chance { return rand() < $_[0]; }

# A literal for the warehouse, which takes a backslash as an escape.
sub remote_literal
{
	my ($text) = @_;
	return 'NULL' unless defined $text;
	$text =~ s/\\/\\\\/g;
	$text =~ s/'/''/g;
	return "'$text'";
}

# Values by type of the warehouse: edge cases, and enough equal values for
# collisions.
my @words = (
	'', ' ', 'a', 'A', 'a ', 'a  ', 'b', "a\t", "a\n", "a\x01", "\x7f", "a\x1f ", 'ab', 'Grüße', 'grüße',
	'世界', "e\x{301}", "\x{e9}", "\x{1f600}", "\x{10ffff}", "back\\slash", "quo'te\"", 'null', 'NULL', '\N', '{}', '0', '-0',
	'x' x 199, 'long ' x 30);
my %values = (
	integer => sub { one_of(0 .. 30, -1, 2147483647, -2147483648) },
	smallint => sub { one_of(0 .. 9, 32767, -32768) },
	bigint => sub { one_of(0 .. 9, '9223372036854775807', '-9223372036854775808') },
	'decimal(38,10)' => sub { one_of(0, '0.1', '-0.0000000001', '1234567890123456789012345678.0123456789', 1 .. 9) },
	'decimal(8,2)' => sub { one_of(0, '0.50', '-1.25', '999999.99', 1 .. 9) },
	real => sub { one_of('0', '-0', '1.5', 'NaN', 'Infinity', '3.4028235e38', '1e-45', '0.1') },
	'double precision' => sub { one_of('0', '-0', '0.1', '0.30000000000000004', 'NaN', '-Infinity', '1.7976931348623157e308', '5e-324') },
	boolean => sub { one_of('t', 'f') },
	'char(5)' => sub { one_of('', 'a', 'ab', 'ab   ', 'b c', 'x') },
	'varchar(200)' => sub { one_of(@words) },
	# out of line, compressed or not
	'varchar(4000)' => sub { one_of('', 'short', 'long ' x 600, join('', map { sprintf '%08x', rand(2**32) } 1 .. one_of(250, 400))) },
	date => sub { one_of('0001-01-01', '2024-02-29', '9999-12-31', '4713-01-01 BC', map { "2024-03-0$_" } 1 .. 9) },
	timestamp => sub { one_of('1970-01-01', '2024-02-29 23:59:59.999999', '2024-03-31 02:30:00', map { "2024-03-01 00:00:0$_" } 1 .. 9) },
	timestamptz => sub { one_of('1969-12-31 23:59:59.999999+00', '2024-10-27 02:30:00+02', '2024-10-27 02:30:00+01') },
	time => sub { one_of('00:00:00', '23:59:59.999999', '24:00:00') },
	timetz => sub { one_of('00:00:00-08', '12:00:00+05:30', '12:00:00+00') },
	super => sub { one_of('{"a": [1, "b c", null], "n": 1.50}', '"text"', '1', '1.0', 'null', '[]', '{"k": "ü\\\\n"}') },
	'varbyte(100)' => sub { one_of('', 'abc', 'ABC', 'z') },
	'interval year to month' => sub { one_of('1 year 2 months', '-1 month', '14 months') },
	'interval day to second' => sub { one_of('1 day 02:03:04.5', '-2 seconds', '24 hours') });

# The rollups.  columns: name => type in the warehouse; query: the query of the
# rollup, by default the columns unchanged; local: objects that the owner created on
# the table; unique: a column whose values are swapped between rows.
my @shapes = (
	{
		name => 'numbers',
		columns => [ a => 'integer', b => 'smallint', n => 'decimal(38,10)', v => 'bigint', ts => 'timestamp' ],
		key => [ 'a', 'b' ]
	},
	{
		name => 'grouped',
		columns => [ a => 'integer', d => 'date', n => 'decimal(8,2)' ],
		key => [ 'a', 'd' ],
		query => 'SELECT a, d, sum(n) AS total, count(*) AS n FROM prop_grouped GROUP BY a, d'
	},
	{
		name => 'texts',
		columns => [ t => 'varchar(200)', c => 'char(5)', v => 'varchar(200)', w => 'varchar(4000)' ],
		key => [ 't', 'c' ],
		local => 'CREATE INDEX ON texts (v)'
	},
	{
		name => 'shapes',
		columns => [ k => 'integer', map { ("c$_" => (sort keys %values)[$_]) } 0 .. keys(%values) - 1 ],
		key => ['k']
	},
	{
		name => 'odd_keys',
		columns => [ f => 'double precision', b => 'boolean', z => 'timestamptz', m => 'decimal(38,10)', y => 'varbyte(100)', v => 'real' ],
		key => [ 'f', 'b', 'z', 'm', 'y' ]
	},
	{
		name => 'swapped',
		columns => [ k => 'integer', u => 'integer', t => 'varchar(200)', v => 'bigint', w => 'varchar(4000)' ],
		key => ['k'],
		unique => 'u',
		local => q{CREATE UNIQUE INDEX ON swapped (u);
			CREATE UNIQUE INDEX ON swapped (u, (v + 1)) WHERE t <> '';
			CREATE TABLE refers (k integer REFERENCES swapped (u) ON DELETE CASCADE ON UPDATE CASCADE);
			ALTER TABLE refers REPLICA IDENTITY FULL}
	},
	{
		name => 'ranges',
		columns => [ k => 'integer', u => 'integer', v => 'smallint' ],
		key => ['k'],
		unique => 'u',
		local => q{ALTER TABLE ranges ADD EXCLUDE USING gist (int4range(u, u, '[]') WITH &&);
			CREATE UNIQUE INDEX ON ranges (k) INCLUDE (v)}
	},
	{
		name => 'owned',
		columns => [ k => 'integer', v => 'smallint', t => 'varchar(200)' ],
		key => ['k'],
		options => '{"not_null": ["k"], "fillfactor": 50}',
		local => q{ALTER TABLE owned ADD COLUMN mine text DEFAULT 'default', ADD COLUMN twice integer GENERATED ALWAYS AS (v * 2) STORED,
			ADD COLUMN nr bigint GENERATED ALWAYS AS IDENTITY,
			ADD CHECK (v <> 9 OR k % 10 <> 3), DROP COLUMN t, ADD COLUMN t text;
			CREATE INDEX ON owned (twice)}
	},
	{
		name => 'pinned',
		columns => [ a => 'integer', n => 'decimal(38,10)', ts => 'timestamp', re => 'double precision' ],
		key => ['a'],
		pinned => 'a integer, n numeric(30,1), ts timestamp(0), re real'
	},
	{
		# the owner has another index on the key than that of rsfed
		name => 'descending',
		columns => [ a => 'integer', t => 'varchar(200)', v => 'smallint' ],
		key => [ 'a', 't' ],
		local => q{DO $$ BEGIN EXECUTE 'DROP INDEX ' || (SELECT indexrelid::regclass FROM pg_index WHERE indrelid = 'descending'::regclass); END $$;
			CREATE UNIQUE INDEX ON descending (t DESC, a NULLS FIRST) NULLS NOT DISTINCT}
	},
	{
		name => 'bag',
		columns => [ a => 'smallint', t => 'varchar(200)', f => 'real', s => 'super' ],
		method => 'replace'
	});

my $rid = 0;

sub column_names
{
	my ($shape) = @_;
	my @columns = @{ $shape->{columns} };
	return map { $columns[ 2 * $_ ] } 0 .. @columns / 2 - 1;
}

# A random value of a column; a value of the unique one rarely exists already.
sub random_value
{
	my ($shape, $column) = @_;
	my %type = @{ $shape->{columns} };
	return one_of(1 .. 1000) if $column eq ($shape->{unique} // '');
	return undef if chance($shape->{options} ? 0.02 : 0.1);
	return $values{ $type{$column} }->();
}

# INSERT of one random row, mostly only if its key does not exist.
sub random_insert
{
	my ($shape, $avoid) = @_;
	my %row = map { $_ => remote_literal(random_value($shape, $_)) } column_names($shape);
	my %type = @{ $shape->{columns} };
	my $values = join(', ', $rid++, map { "$row{$_}::$type{$_}" } column_names($shape));
	# Redshift cannot compare varbytes
	my @known = grep { $type{$_} !~ /^varbyte/ } @{ $shape->{key} // [] };
	my $there = join(' AND ', map { "(t.$_ = $row{$_}::$type{$_} OR (t.$_ IS NULL AND $row{$_} IS NULL))" } @known);

	$avoid = 0 if $shape->{query} || !@known;
	return "INSERT INTO prop_$shape->{name} SELECT $values"
	  . ($avoid ? " WHERE NOT EXISTS (SELECT 1 FROM prop_$shape->{name} t WHERE $there)" : '') . ";\n";
}

# One random change of the warehouse's table.
sub random_change
{
	my ($shape) = @_;
	my $table = "prop_$shape->{name}";
	my $some = sprintf('rid %% %d = %d', one_of(2, 3, 7), one_of(0 .. 6));
	my @columns = column_names($shape);
	my $what = int(rand(12));

	return join('', map { random_insert($shape, !chance(0.03)) } 1 .. one_of(1, 3, 10)) if $what < 4;
	return "DELETE FROM $table WHERE $some;\n" if $what == 4;
	return "DELETE FROM $table;\n" if $what == 5 && chance(0.2);
	return "INSERT INTO $table (rid, a, b) SELECT g, g, g % 3 FROM generate_series(1000000, 1003000) g;\n" if $what == 5 && $shape->{name} eq 'numbers';
	if (($what == 6 || $what == 9) && $shape->{unique})
	{
		# values are exchanged: of two rows, of all shifted by one row, or of all at
		# random
		my $u = $shape->{unique};
		my $two = "WHERE rid IN (SELECT min(rid) FROM $table UNION SELECT max(rid) FROM $table)";
		my $next = "coalesce(lead($u) OVER w, first_value($u) OVER w) AS u";
		my $order = one_of('rid', '-rid', 'rid % 7, rid');
		return "UPDATE $table AS t SET $u = n.u FROM ("
		  . one_of("SELECT rid, $next FROM $table $two WINDOW w AS (ORDER BY rid)",
			"SELECT rid, $next FROM $table WINDOW w AS (ORDER BY rid)",
			"SELECT rid, row_number() OVER (ORDER BY $order) AS u FROM $table") . ") n WHERE n.rid = t.rid;\n";
	}
	# a duplicate row
	return "INSERT INTO $table SELECT " . $rid++ . ', ' . join(', ', @columns) . " FROM $table WHERE rid = (SELECT min(rid) FROM $table);\n"
	  if $what == 7 && chance($shape->{key} ? 0.15 : 1);
	# a change of the key
	return "UPDATE $table SET k = k + 100 WHERE $some AND k < 1000;\n" if $what == 8 && grep { $_ eq 'k' } @columns;
	my @others = grep { my $c = $_; !grep { $_ eq $c } @{ $shape->{key} // [] }, $shape->{unique} // () } @columns;
	my $column = one_of(@others);
	return "UPDATE $table SET $column = " . remote_literal(random_value($shape, $column)) . " WHERE $some;\n";
}

# New content, without a conflict.
sub fresh_content
{
	my ($shape) = @_;
	return "DELETE FROM prop_$shape->{name};\n" . join('', map { random_insert($shape, 1) } 1 .. one_of(0, 1, 5, 20));
}

# The call that defines a shape's rollup under a name.
sub define_call
{
	my ($shape, $name, $populate) = @_;
	return "SELECT rsfed.define_rollup('$name', 'warehouse', " . quote_literal($shape->{asked})
	  . ($shape->{key} ? ', key => ARRAY[' . join(', ', map { "'$_'" } @{ $shape->{key} }) . ']' : '')
	  . ($shape->{method} ? ", method => '$shape->{method}'" : '')
	  . ($shape->{options} ? ", options => '$shape->{options}'" : '')
	  . ($shape->{pinned} ? ", columns => '$shape->{pinned}'" : '')
	  . ", populate => $populate)";
}

my $primary = start_primary('primary', conf => "wal_level = logical\nmax_replication_slots = 10\nrsfed.max_workers = 2\n");
my $subscriber = start_primary('subscriber', register => 0, conf => "rsfed.scheduler = off\n");
my $direct = "host=$ENV{WAREHOUSE_HOST} port=$ENV{WAREHOUSE_DIRECT_PORT} dbname=$ENV{WAREHOUSE_DBNAME} user=$ENV{WAREHOUSE_USER}"
  . " password=$ENV{WAREHOUSE_PASSWORD} sslmode=disable options=-cextra_float_digits=2";
my $control = $direct =~ s/port=\d+/port=$ENV{WAREHOUSE_CONTROL_PORT}/r;

standin_reset();
for my $shape (@shapes)
{
	my @columns = @{ $shape->{columns} };
	my $name = $shape->{name};

	$shape->{asked} = $shape->{query} // 'SELECT ' . join(', ', column_names($shape)) . " FROM prop_$name";
	warehouse_sql("DROP TABLE IF EXISTS prop_$name; CREATE TABLE prop_$name (rid integer"
		  . join('', map { ", $columns[2 * $_] $columns[2 * $_ + 1]" } 0 .. @columns / 2 - 1) . ')');
	$primary->safe_psql('postgres', 'SET client_min_messages = error; ' . define_call($shape, $name, 'false'));
	# the columns of the local result, and the expression that reads each without
	# rsfed
	$shape->{result} = [
		map { [ split /\|/ ] } split /\n/,
		$primary->safe_psql('postgres', "SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = '$name'::regclass AND attnum > 0 ORDER BY attnum") ];
	$primary->safe_psql('postgres', $shape->{local}) if $shape->{local};
}

# the same tables, empty, for the subscriber
my $ddl = $primary->basedir . '/rollups.sql';
$primary->command_ok([ 'pg_dump', '-s', '-f', $ddl, (map { ('-t', $_->{name}) } @shapes), '-t', 'refers', $primary->connstr('postgres') ], 'pg_dump');
$subscriber->command_ok([ 'psql', '-Xq', '-v', 'ON_ERROR_STOP=1', '-d', $subscriber->connstr('postgres'), '-f', $ddl ], 'the tables are there to subscribe');
$primary->safe_psql('postgres', 'CREATE PUBLICATION everything FOR ALL TABLES');
$subscriber->safe_psql('postgres', "CREATE SUBSCRIPTION everything CONNECTION '" . $primary->connstr . " dbname=postgres' PUBLICATION everything");
$subscriber->wait_for_subscription_sync($primary, 'everything');
my $replica = start_replica($primary, 'replica');

# SQL that counts (and shows) the rows that differ between two tables, compared as
# text: 1.0 and 1.00, or 0 and -0, are different.
sub difference
{
	my ($one, $other, @columns) = @_;
	my $row = 'ROW(' . join(', ', @columns) . ')::text';
	return "SELECT count(*) || coalesce(' ' || left(string_agg(side || content, ' '), 1000), '') FROM"
	  . " ((SELECT $row AS content, '-' AS side FROM $one EXCEPT ALL SELECT $row, '-' FROM $other)"
	  . " UNION ALL (SELECT $row, '+' FROM $other EXCEPT ALL SELECT $row, '+' FROM $one)) AS d";
}

# The rows of the warehouse's answer, read without rsfed.
sub wanted_rows
{
	my ($shape) = @_;
	my %remote = @{ $shape->{columns} };
	my (@as, @read);

	for my $column (@{ $shape->{result} })
	{
		my ($name, $type) = @$column;
		my $from = $shape->{query} ? '' : $remote{$name};
		my $text = $from =~ /^(char|varbyte)/;

		push @as, "$name " . ($text ? 'text' : $type);
		push @read, $from =~ /^char/ ? "rtrim($name, ' ')" : $from =~ /^varbyte/ ? "decode($name, 'hex')" : $name;
	}
	return 'SELECT ' . join(', ', @read) . " FROM dblink('$direct', " . quote_literal($shape->{asked}) . ') AS t (' . join(', ', @as) . ')';
}

my @faults = (
	sub { 'cut_after_rows ' . int(rand(10)) }, sub { 'cut_after_bytes ' . int(rand(500)) },
	sub { 'error_1023 ' . int(rand(10)) }, sub { "error 53200 ''out of memory'' " . int(rand(10)) },
	sub { 'wlm_abort ' . int(rand(10)) }, sub { 'refuse_connections TIMES 1' });

# Manual changes of the table; the refresh corrects them.
sub vandalism
{
	my ($shape) = @_;
	my $name = $shape->{name};
	my @others = grep { my $c = $_; !grep { $_ eq $c } @{ $shape->{key} // [] } } map { $_->[0] } @{ $shape->{result} };
	my $column = one_of(@others);

	return one_of(
		"DELETE FROM $name WHERE random() < 0.3;",
		"UPDATE $name SET $column = NULL WHERE random() < 0.5;",
		"TRUNCATE $name CASCADE;", "VACUUM $name;", "VACUUM FULL $name;");
}

# The ways to refresh; each prints "refreshed" with the SQLSTATE.
my %ways = (
	replace => sub { "CALL rsfed.refresh('$_[0]', 'replace') \\g /dev/null\n\\echo refreshed :SQLSTATE\n" },
	call => sub { "CALL rsfed.refresh('$_[0]') \\g /dev/null\n\\echo refreshed :SQLSTATE\n" },
	block => sub { "BEGIN;\nCALL rsfed.refresh('$_[0]') \\g /dev/null\n\\echo refreshed :SQLSTATE\nCOMMIT;\n" },
	rolled_back => sub { "BEGIN;\nCALL rsfed.refresh('$_[0]') \\g /dev/null\n\\echo refreshed :SQLSTATE\nROLLBACK;\n" },
	worker => sub { "SELECT rsfed.request_refresh('$_[0]') AS run \\gset\nSELECT rsfed.wait(:run, '5 min') AS status \\gset\n"
		  . "SELECT 'refreshed ' || CASE WHEN :'status' IN ('published', 'unchanged') THEN '00000' ELSE coalesce(sqlstate, :'status') END"
		  . " FROM rsfed.runs WHERE run_id = :run;\n" });

# One round; returns the error, '' if there is none, and whether the table was
# refreshed.
sub play_round
{
	my ($shape) = @_;
	my $name = $shape->{name};
	my @columns = map { $_->[0] } @{ $shape->{result} };
	my $fault = chance(0.12) ? one_of(@faults)->() : undef;
	my $way = one_of(('call') x 12, ('block') x 4, 'rolled_back', 'worker', 'replace');
	my $change = !$shape->{filled} || $shape->{refused} && chance(0.7) ? fresh_content($shape) : join('', map { random_change($shape) } 1 .. one_of(0, 1, 1, 2, 3));

	$shape->{filled} = 1;
	$shape->{refused} = 0;
	warehouse_sql(encode_utf8($change)) if $change ne '';

	# a rollup that is defined and populated in one transaction has the same
	# content, until it is rolled back
	my $define = chance(0.1) ? "BEGIN;\n" . define_call($shape, 'filled', 'true') . " \\g /dev/null\n"
	  . "SELECT 'defined ' || (" . difference('want', 'filled', @columns) . ");\nROLLBACK;\n" : '';
	my $vandalism = chance(0.1) ? vandalism($shape) : '';
	my $script = "\\set VERBOSITY verbose\nSET client_min_messages = error;\n$vandalism\n"
	  . "CREATE TEMP TABLE before AS TABLE $name;\n"
	  . "CREATE TEMP TABLE want (LIKE $name INCLUDING ALL);\n"
	  . "INSERT INTO want (" . join(', ', @columns) . ') ' . wanted_rows($shape) . ";\n\\echo wanted :SQLSTATE\n"
	  . "SELECT 'compared ' || (key->>'missing') || ' ' || (key->>'different') || ' ' || (key->>'extra') FROM rsfed.compare('$name', max_rows => 0);\n"
	  . ($fault ? "SELECT dblink_exec('$control', 'STANDIN FAULT $fault') \\g /dev/null\n" : '')
	  . $ways{$way}->($name)
	  . ($fault ? "SELECT dblink_exec('$control', 'STANDIN RESET') \\g /dev/null\n" : '')
	  . $define
	  . "SELECT 'from_want ' || (" . difference('want', $name, @columns) . ");\n"
	  . "SELECT 'from_before ' || (" . difference('before', $name, ($name eq 'owned' ? ('mine', 'twice') : ()), @columns) . ");\n"
	  . "SELECT 'counted ' || rows_inserted || ' ' || rows_updated || ' ' || rows_deleted FROM rsfed.runs WHERE relation_name = 'public.$name' ORDER BY run_id DESC LIMIT 1;\n"
	  . ($name eq 'owned'
		? "SELECT 'own_columns ' || count(*) FROM owned LEFT JOIN before b USING (k) WHERE owned.mine IS DISTINCT FROM coalesce(b.mine, 'default') OR owned.twice IS DISTINCT FROM owned.v * 2;\n"
		  . "UPDATE owned SET mine = 'mine ' || k WHERE mine = 'default' AND random() < 0.5;\n"
		: $name eq 'swapped'
		? "SELECT 'own_columns ' || count(*) FROM refers LEFT JOIN swapped ON u = refers.k WHERE refers.k IS NOT NULL AND u IS NULL;\n"
		  . "INSERT INTO refers SELECT u FROM swapped WHERE random() < 0.2;\n" : '');
	my ($out, $err) = ('', '');
	$primary->psql('postgres', encode_utf8($script), on_error_stop => 0, stdout => \$out, stderr => \$err);
	my %said = map { split / /, $_, 2 } grep { / / } split /\n/, $out;
	my $wrong = judge($shape, $way, $fault, %said);
	$wrong = 'define_rollup fills the table with something else: ' . ($said{defined} // 'nothing')
	  if $wrong eq '' && $define ne '' && ($said{wanted} // '') eq '00000' && ($said{defined} // '') ne '0';
	return ('', ($said{refreshed} // '') eq '00000') if $wrong eq '';
	return ("$wrong\nshape $name, way $way, fault " . ($fault // 'none') . "\nchange: $change\nvandalism: $vandalism\noutput: $out\nerrors: $err", 0);
}

# The error in the outcome of a round.
sub judge
{
	my ($shape, $way, $fault, %said) = @_;
	my $refreshed = $said{refreshed} // '';
	my $takes = ($said{wanted} // '') eq '00000';

	$shape->{refused} = !$takes;
	return 'the round did not get to its end' unless defined $said{from_before} && defined $said{wanted};
	return "unexpected state $said{wanted} of the wanted content" unless $takes || $said{wanted} =~ /^2[23]/;
	return 'the content is not as before the refresh that failed'
	  if ($refreshed ne '00000' || $way eq 'rolled_back') && $said{from_before} ne '0';
	return 'the columns of the owner\'s own are not right' if ($said{own_columns} // '0') ne '0' && $way ne 'replace';
	return "ended with $refreshed without a reason" if $refreshed ne '00000' && $takes && !$fault;
	return "ended with $refreshed where the table refuses with $said{wanted}" if $refreshed !~ /^(00000|2[23]...)$/ && !$takes && !$fault;
	return '' if $refreshed ne '00000' || $way eq 'rolled_back';
	return "was refreshed with what the table refuses with $said{wanted}" unless $takes;
	return 'is not what the warehouse answers' if $said{from_want} ne '0';
	return 'compare did not say what the refresh did: ' . ($said{compared} // 'nothing')
	  if $shape->{key} && $way ne 'replace' && ($said{compared} // '') ne ($said{counted} // '');
	return '';
}

# Every table in one line, for a comparison between servers.
my $contents = join(' UNION ALL ', map {
	my $row = 'ROW(' . join(', ', 't.' . join(', t.', map { $_->[0] } @{ $_->{result} })) . ')::text';
	"SELECT '$_->{name}', count(*), md5(string_agg($row, E'\\n' ORDER BY $row COLLATE \"C\")) FROM $_->{name} t" } @shapes);

sub servers_agree
{
	my ($when) = @_;
	my $here = $primary->safe_psql('postgres', $contents);

	$primary->wait_for_catchup($replica, 'replay', $primary->lsn('insert'));
	my $there = $replica->safe_psql('postgres', $contents);
	return "$when: the replica has something else:\n$here\n$there" if $here ne $there;
	$primary->wait_for_catchup('everything');
	$there = $subscriber->safe_psql('postgres', $contents);
	return "$when: the subscriber has something else:\n$here\n$there" if $here ne $there;
	return '';
}

my ($wrong, $played, $refreshed, %refreshed) = ('', 0, 0);
while ($played < $rounds && $wrong eq '')
{
	my $done;
	my $shape = one_of(@shapes);
	($wrong, $done) = play_round($shape);
	$played++;
	$refreshed++ if $done;
	$refreshed{ $shape->{name} }++ if $done;
	$wrong = servers_agree("after round $played") if $wrong eq '' && ($played % 10 == 0 || $played == $rounds);
	diag("$played rounds") if $played % 500 == 0;
}
is($wrong, '', "$rounds rounds, seed $seed");
diag('refreshed: ' . join(', ', map { "$_ $refreshed{$_}" } sort keys %refreshed));
cmp_ok($refreshed, '>', $played / 3, "most of them refreshed ($refreshed)");

# a replica gives the same comparisons as the primary
for my $shape (@shapes)
{
	my $compare = "SELECT * FROM rsfed.compare('$shape->{name}', max_rows => NULL)";
	is($replica->safe_psql('postgres', $compare), $primary->safe_psql('postgres', $compare), "$shape->{name}: compare on the replica")
	  unless $shape->{refused} || $wrong;
}

# the indexes contain every row once
SKIP:
{
	skip 'no amcheck', 1
	  if $primary->safe_psql('postgres', "SELECT count(*) FROM pg_available_extensions WHERE name = 'amcheck'") eq '0';
	my ($out, $err) = ('', '');
	my $code = $primary->psql('postgres', 'CREATE EXTENSION amcheck; SELECT bt_index_check(i.indexrelid, true) FROM pg_index i'
		  . " JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am a ON a.oid = c.relam WHERE a.amname = 'btree' AND i.indrelid >= 16384",
		stderr => \$err, stdout => \$out);
	is("$code$err", '0', 'amcheck finds nothing');
}

standin_reset();
warehouse_sql("DROP TABLE prop_$_->{name}") for @shapes;
$subscriber->stop;
$replica->stop;
$primary->stop;
done_testing();
