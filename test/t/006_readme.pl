# The README's examples, run and compared.  A fenced block of "sql" that is
# followed directly by a block of "text" is run, in the order of the README and
# in one session, and must print what the text block shows.  A "sql" block
# without a "text" block is not run.
#
# In a text block, a line of just "..." stands for any lines, and whatever looks
# like a time or a duration may differ.  The README's cluster, password and port
# stand for the stand-in's; its data is the demo's.
#
# The README with the output that was seen is left as README.md beside the
# server's log, to be copied where it is right.

use strict;
use warnings;

use DocExamples;
use RsfedTest;
use PostgreSQL::Test::Utils;
use Test::More;

my $readme = "$ENV{RSFED_SOURCES}/README.md";
plan skip_all => 'there is no README.md yet' unless -f $readme;

my @examples = examples(PostgreSQL::Test::Utils::slurp_file($readme));
ok(@examples > 0, 'the README has examples with their output');

# The statements for the servers of this test.
sub localized
{
	my ($sql) = @_;
	$sql =~ s/'[\w.-]+\.amazonaws\.com'/quote_literal($ENV{WAREHOUSE_HOST})/ge;
	$sql =~ s/'My-Secret-1'/quote_literal($ENV{WAREHOUSE_PASSWORD})/ge;
	$sql =~ s/\b5439\b/$ENV{WAREHOUSE_PORT}/g;
	return $sql;
}

# a schedule of the README comes round while this runs, every now and then
my $primary = start_primary('primary', register => 0, conf => "rsfed.scheduler = off\n");
my ($output, $err) = run_examples($primary, 'postgres', map { [ $_->[0], localized($_->[1]) ] } @examples);
for my $example (@examples)
{
	my ($line, $sql, $expected) = @$example;
	my $got = $output->{$line} // '';
	ok(matches($got, $expected), "README line $line")
	  or diag("expected:\n$expected\ngot:\n$got");
}

# The table of options is the view
my $table = $primary->safe_psql('postgres', q{
	SELECT format('| %s | `%s` | %s | %s | %s |', scope, name, concat_ws(' ', type, '(' || unit || ')'),
		default_value, description) FROM rsfed.options});
for my $row (split /\n/, $table)
{
	my ($name) = $row =~ /`(.*?)`/;
	ok(index(PostgreSQL::Test::Utils::slurp_file($readme), "$row\n") >= 0, "README has option $name")
	  or diag("missing: $row");
}

# The README as it would be with this output
my $new = PostgreSQL::Test::Utils::slurp_file($readme);
for my $example (reverse @examples)
{
	my ($line, undef, undef, $start, $length) = @$example;
	my $got = $output->{$line} // '';
	$got =~ s/[ \t]+$//mg;
	$got =~ s/\n*\z/\n/;
	substr($new, $start, $length) = $got;
}
PostgreSQL::Test::Utils::append_to_file("$PostgreSQL::Test::Utils::log_path/README.md", $new);

diag($err) unless Test::More->builder->is_passing;

done_testing();
