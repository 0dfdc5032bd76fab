# A lake that several warehouses share: statements that run on each, and those that
# run once.
use strict;
use warnings;

use File::Temp qw(tempdir);
use RsfedTest;
use PostgreSQL::Test::Utils;
use Test::More;

need_own_standins();

my $primary = start_primary('primary');
my $role = 'arn:aws:iam::123456789012:role/lake';
my $base = tempdir('lake-XXXXXX', TMPDIR => 1, CLEANUP => 1);

# Runs a query in the database of the tests.
sub ask { return $primary->safe_psql('postgres', $_[0]) }

# Statements that reached a warehouse, according to its log.
sub sent
{
	my ($name, $pattern) = @_;
	return scalar grep { /$pattern/ } split /\n/, slurp_file("$base/$name/statements.log");
}

for my $name (qw(east west))
{
	my $env = start_own_standin("$base/$name", '--lake', "$base/lake");
	ask(qq{SELECT rsfed.register_server('$name', 'localhost', 'dev', 'awsuser', '$env->{PASSWORD}', $env->{PORT}, 'require')});
}
ask(q{SELECT rsfed.define_group('lakes')});
ask(qq{SELECT rsfed.add_member('lakes', '$_')}) for qw(east west);

is(ask(qq{SELECT server, ok, detail FROM rsfed.create_external_schema('lakes', 'lake', 'db', '$role', options => '{"create_database": true}')}),
	"east|t|created\nwest|t|created", 'an external schema at every member');
is(ask(q{SELECT server, external_schema, catalog_database FROM rsfed.external_schemas('lakes')}),
	"east|lake|db\nwest|lake|db", '... is there');
ask(q{SELECT rsfed.execute('east', $$CREATE EXTERNAL TABLE lake.sales (n int) PARTITIONED BY (day date) STORED AS PARQUET LOCATION 's3://bucket/sales/'$$)});
is(ask(q{SELECT server, count(*) FROM rsfed.external_columns('lakes', 'lake.sales') GROUP BY 1 ORDER BY 1}), "east|2\nwest|2", 'a table is made once, and is there for all');

my $call = q{SELECT server, added, present, failed FROM rsfed.add_partitions('lakes', 'lake.sales', location => 's3://bucket/sales/day={date}/', since => '2026-01-01', until => '2026-09-08')};
is(ask($call), "east|250|0|0\nwest|0|250|0", 'partitions are added once to the catalog that members share');
is(sent('east', 'ALTER TABLE'), 3, '... by statements of 100');
is(sent('west', 'ALTER TABLE'), 0, '... at one member only');
is(ask($call), "east|0|250|0\nwest|0|250|0", '... and not again');

# a member that fails
sub control
{
	my ($name, @words) = @_;
	own_standin('fault', "$base/$name", @words);
	return;
}
control('east', qw(FAULT error XX000), "'no access'", 'TIMES', 1);
$call =~ s/2026-09-08/2026-09-09/;
my ($out, $err);
$primary->psql('postgres', $call, stdout => \$out, stderr => \$err);
is($out, "east|0|0|\nwest|1|250|0", 'where one member fails the next does it');
like($err, qr/WARNING: .*member "east" of group "lakes": no access/, '... and is told');
is(ask($call), "east|0|251|0\nwest|0|251|0", 'the same call again completes it');
$call =~ s/2026-09-09/2026-12-31/;
control('east', qw(FAULT refuse_connections));
$primary->psql('postgres', $call, stdout => \$out, stderr => \$err);
is($out, "east|0|0|\nwest|113|251|0", 'where one cannot be reached the others go on');
control('east', 'RESET');

# dropped on each, the database once
is(ask(q{SELECT server, ok, detail FROM rsfed.drop_external_schema('lakes', 'lake', drop_database => true, cascade => true)}),
	"east|t|dropped with the external database\nwest|t|dropped", 'the schema is dropped at each, the database once');
is(sent('west', 'DROP EXTERNAL DATABASE'), 0, '... which the second has not to do');

done_testing();
