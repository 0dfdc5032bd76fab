# All SQL of doc/lake.md and doc/groups.md, run against three stand-ins over one
# lake: none of it may raise an error, and the output must be that of the text
# blocks.

use strict;
use warnings;

use DocExamples;
use File::Temp qw(tempdir);
use RsfedTest;
use PostgreSQL::Test::Utils;
use Test::More;

need_own_standins();

my @members = qw(big medium small);
my $base = tempdir('lake-doc-XXXXXX', TMPDIR => 1, CLEANUP => 1);
my %warehouse;
for my $name (@members)
{
	$warehouse{$name} = start_own_standin("$base/$name", '--lake', "$base/lake");
	append_to_file("$base/authorities.crt", slurp_file($warehouse{$name}{CA}));
}
# two sales per day
for my $day ((map { sprintf '2026-01-%02d', $_ } 1 .. 31), '2026-02-01')
{
	my $folder = "$base/lake/s3/bucket/sales/saledate=$day";
	system_or_bail('mkdir', '-p', $folder);
	append_to_file("$folder/part-0.parquet", "1,eu,10.00\n2,us,20.00\n");
}

# schedules run repeatedly during this test
my $primary = start_primary('primary', register => 0,
	conf => "rsfed.scheduler = off\nrsfed.ssl_root_cert = '$base/authorities.crt'\n");

# The endpoints and the password of the pages are replaced by those of the
# stand-ins.
sub localized
{
	my ($sql) = @_;
	$sql =~ s/'(\w+)\.[\w.-]+\.amazonaws\.com'(.*?)\b5439\b/quote_literal($warehouse{$1}{HOST}) . $2 . $warehouse{$1}{PORT}/ge;
	$sql =~ s/'My-Secret-1'/quote_literal($warehouse{big}{PASSWORD})/ge;
	# a DNS record needs names that appear in it
	if ($sql =~ /dns_records/)
	{
		my $set = sub { join '', map { "ALTER SERVER $_ OPTIONS (SET host '" . $_[0]->($_) . "');\n" } @members };
		$sql = $set->(sub { "$_[0].example.com" }) . $sql . $set->(sub { $warehouse{ $_[0] }{HOST} });
	}
	return $sql;
}

my $page = slurp_file("$ENV{RSFED_SOURCES}/doc/lake.md");
my @blocks = sql_blocks($page);
cmp_ok(scalar(@blocks), '>', 10, 'doc/lake.md has SQL');
my ($output) = check_page($primary, 'postgres', 'doc/lake.md', $page, \&localized);
my ($records) = map { $output->{ $_->[0] } } grep { $_->[1] =~ /dns_records/ } @blocks;
like($records, qr/"Weight": 3,.*"SetIdentifier": "big"/s, 'the record has the weights');

# every server in the page's commands has been registered there
my %named = map { $_ => 1 } $page =~ /(?:--cluster-identifier|--namespace-name) (\w+)/g;
is_deeply([ grep { !$warehouse{$_} } sort keys %named ], [], 'the commands for AWS name the page\'s warehouses');
# policies are JSON
my @policies = $page =~ /^```json\n(.*?)^```$/gms;
is($primary->safe_psql('postgres', 'SELECT ' . join(' + ', map { 'json_array_length(' . quote_literal($_) . "::json -> 'Statement')" } @policies)),
	'5', 'the policies are JSON, and have their statements');

# the page on groups, in a database of its own
$primary->safe_psql('postgres', 'CREATE DATABASE groups');
$primary->safe_psql('groups', 'SET client_min_messages = warning; CREATE EXTENSION rsfed CASCADE');
$primary->safe_psql('groups', "SELECT rsfed.register_server('$_', 'localhost', 'dev', 'awsuser', "
	  . quote_literal($warehouse{$_}{PASSWORD}) . ", $warehouse{$_}{PORT})") for @members;
check_page($primary, 'groups', 'doc/groups.md', slurp_file("$ENV{RSFED_SOURCES}/doc/groups.md"), \&localized);

$primary->stop;
done_testing();
