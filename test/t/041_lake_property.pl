# After any changes of partitions, a rollup over a lake that reads only changed
# partitions has the same content as a query over all of them.
#
# Partitions are added, dropped and moved, get more files, and change their
# parameters at random; their values are NULL, or contain special characters.  After
# every few changes the rollup is refreshed and compared with the full query.
# LAKE_SEED selects the changes, LAKE_ROUNDS is the number of rounds.
use strict;
use warnings;

use RsfedTest;
use PostgreSQL::Test::Utils;
use Test::More;

my $primary = start_primary('primary');
my $seed = $ENV{LAKE_SEED} // int(rand(1e6));
my $rounds = $ENV{LAKE_ROUNDS} // 25;
note("LAKE_SEED=$seed");
my $role = 'arn:aws:iam::123456789012:role/lake';
my @regions = (undef, '', 'eu', 'EU', 'a/b', '100%', ' lead', q{it's}, 'back\\slash', q{"quoted"}, 'tab	here', "Z\xc3\xbcrich", '{brace}', 'x=y&z', 'null', '__NULL__', 'a,b');
my @days = map { sprintf '2026-02-%02d', $_ } 1 .. 6;
my %there;       # values -> location
my $files = 0;
my $changes = 0;

sub ask { return $primary->safe_psql('postgres', $_[0]) }
sub literal { my ($text) = @_; return 'NULL' if !defined $text; $text =~ s/'/''/g; return "'$text'" }

# at: a statement in the warehouse; quotes and backslashes in its literals are
# doubled
sub at { my ($sql) = @_; ask('SELECT rsfed.execute(\'warehouse\', ' . literal($sql) . ')'); return }
sub remote { my ($text) = @_; $text //= '__HIVE_DEFAULT_PARTITION__'; $text =~ s/([\\'])/$1$1/g; return "'$text'" }

sub put
{
	my ($location) = @_;
	my $rows = join '', map { int(rand 100) . ',' . int(rand 3) . "\n" } 0 .. int(rand 3);
	at('SELECT standin.put(' . remote($location . '/f' . $files++) . ', ' . remote($rows) . ')');
	return;
}

sub array { return remote('{' . join(',', map { my $v = $_ // '__HIVE_DEFAULT_PARTITION__'; $v =~ s/([\\"])/\\$1/g; qq{"$v"} } @_) . '}') }
sub key { my ($region, $day) = @_; return 'PARTITION (region=' . remote($region) . ', day=' . remote($day) . ')' }

sub change
{
	# other code calls rand, too
	srand($seed + $changes++);
	my @known = sort keys %there;
	my $what = int rand 10;
	my ($region, $day) = ($regions[ rand @regions ], rand() < 0.1 ? undef : $days[ rand @days ]);
	my $pick = join "\0", map { $_ // '<null>' } $region, $day;
	if (!@known || $what < 4)
	{
		return if $there{$pick};
		# a location of its own, also if no file is put there
		$there{$pick} = [ $region, $day, 's3://property/' . $files++ ];
		put($there{$pick}[2]) if rand() < 0.9;
		at('ALTER TABLE property.t ADD ' . key($region, $day) . " LOCATION '$there{$pick}[2]/'");
		return;
	}
	$pick = $known[ rand @known ];
	($region, $day) = @{ $there{$pick} };
	if ($what < 6)
	{
		at('ALTER TABLE property.t DROP ' . key($region, $day));
		delete $there{$pick};
	}
	elsif ($what < 8)
	{
		$there{$pick}[2] = 's3://property/' . $files++;
		put($there{$pick}[2]);
		at('ALTER TABLE property.t ' . key($region, $day) . " SET LOCATION '$there{$pick}[2]/'");
	}
	else
	{
		put($there{$pick}[2]);
		at("CALL standin.set_partition_properties('property', 't', " . array('region', $region, 'day', $day) . ", '{objectCount,$files}')");
	}
	return;
}

# objects of an earlier run
ask(q{SELECT rsfed.drop_external_schema('warehouse', 'property', drop_database => true, cascade => true)});
ask(qq{SELECT rsfed.create_external_schema('warehouse', 'property', 'property_db', '$role', options => '{"create_database": true}')});
at(q{CREATE EXTERNAL TABLE property.t (n int, kind int) PARTITIONED BY (region varchar(30), day date) STORED AS PARQUET LOCATION 's3://property/'});
change() for 1 .. 10;

# the same rows by both keys, by one of them, and by one that several partitions share
my %rollup = (
	both => [ 'region, day, kind', '{"region": "region", "day": "day"}' ],
	region => [ 'region, kind', '{"region": "region"}' ],
	day => [ 'day, kind', '{"day": "day"}' ]);
for my $name (sort keys %rollup)
{
	my ($columns, $mapping) = @{ $rollup{$name} };
	my $numbers = join ', ', 1 .. scalar split /,/, $columns;
	(my $key = $columns) =~ s/ //g;
	ask("SELECT rsfed.define_rollup('by_$name', 'warehouse', 'SELECT $columns, count(*) AS n, sum(n) AS total FROM property.t GROUP BY $numbers', key => '{$key}', options => '{\"lake_table\": \"property.t\", \"lake_key\": $mapping}')");
}

my ($narrow, $wrong) = (0, 0);
for my $round (1 .. $rounds)
{
	srand($seed - $round);
	change() for 0 .. int rand 4;
	for my $name (sort keys %rollup)
	{
		ask("CALL rsfed.refresh('by_$name')");
		my $differ = ask("SELECT kind, key, local, remote FROM rsfed.compare('by_$name') WHERE kind <> 'summary'");
		my $note = last_run($primary, "by_$name", 'note');
		$narrow++ if $note =~ /^Asked for \d+ of/;
		next if $differ eq '';
		$wrong++;
		diag("round $round, by_$name ($note):\n$differ");
	}
}
is($wrong, 0, "what is read partition by partition is what everything gives ($rounds rounds, LAKE_SEED=$seed)");
cmp_ok($narrow, '>', $rounds, '... and most refreshes read some partitions only');

# 1 changed partition of 365
at(q{CREATE EXTERNAL TABLE property.year (id int, amount int) PARTITIONED BY (day date) STORED AS PARQUET LOCATION 's3://property/year/'});
my $content = join '', map { sprintf "%06d,%03d\n", $_, $_ % 1000 } 1 .. 10000;
at("SELECT standin.put('s3://property/year/day=' || to_char(DATE '2025-01-01' + n, 'YYYY-MM-DD') || '/part', '$content') FROM (" . join(' UNION ALL ', map { "SELECT $_ AS n" } 0 .. 364) . ') AS days');
ask(q{SELECT rsfed.add_partitions('warehouse', 'property.year', location => 's3://property/year/day={date}/', since => '2025-01-01', until => '2026-01-01')});
ask(q{SELECT rsfed.define_rollup('year', 'warehouse', 'SELECT day, id % 10 AS part, sum(amount) AS amount FROM property.year GROUP BY 1, 2', key => '{day,part}', options => '{"lake_table": "property.year", "lake_key": {"day": "day"}}')});
sub run_of
{
	my ($call) = @_;
	ask($call);
	my ($id, $seconds) = split /\|/, ask("SELECT query_id, extract(epoch FROM finished_at - started_at) FROM rsfed.runs WHERE relation = 'year'::regclass ORDER BY run_id DESC LIMIT 1");
	my ($bytes, $partitions) = split /\|/, ask("SELECT b, p FROM rsfed.query('warehouse', 'SELECT sum(returned_bytes)::bigint AS b, sum(qualified_partitions)::int AS p FROM sys_external_query_detail WHERE query_id = " . ($id || 0) . "') AS t (b bigint, p int)");
	return ($bytes || 0, $partitions || 0, $seconds);
}
my @full = run_of("CALL rsfed.refresh('year', method => 'merge')");
my @one = (0, 0, 1e9);
for my $turn (1 .. 3)
{
	at("CALL standin.set_partition_properties('property', 'year', '{day,2025-07-01}', '{objectCount,$turn}')");
	my @again = run_of("CALL rsfed.refresh('year')");
	# the machine may have been busy
	@one = @again if $again[2] < $one[2];
}
my @none = run_of("CALL rsfed.refresh('year')");
is("$full[1] $one[1] $none[1]", '365 1 0', 'partitions that are read: all, the one that changed, none');
cmp_ok($one[0] * 300, '<=', $full[0], 'the one that changed costs at most 1/300 of the bytes');
cmp_ok($one[2], '<=', $full[2] * 0.05, '... and 0.05 of the time');
note(sprintf '365 partitions: %d bytes, %.3f s; 1: %d bytes, %.3f s (%.3f of the time); none: %.3f s', @full[ 0, 2 ], @one[ 0, 2 ], $one[2] / $full[2], $none[2]);
ask(q{SELECT rsfed.drop_external_schema('warehouse', 'property', drop_database => true, cascade => true)});
done_testing();
