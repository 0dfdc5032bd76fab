# The examples of the README and of the pages that continue it, run in this order in
# one database: no fenced block of "sql" may raise an error, and a block of "text"
# directly after one contains its output.
#
# In a text block, a line with only "..." matches any lines, and times and durations
# may differ.  The README's cluster, password and port are replaced by those of the
# stand-in; its data is the demo's.
#
# Each page with the actual output is written beside the server's log, to be copied
# after a check.

use strict;
use warnings;

use DocExamples;
use RsfedTest;
use PostgreSQL::Test::Utils;
use Test::More;

my $sources = $ENV{RSFED_SOURCES};

# The statements for the servers of this test.
sub localized
{
	my ($sql) = @_;
	$sql =~ s/'[\w.-]+\.amazonaws\.com'/quote_literal($ENV{WAREHOUSE_HOST})/ge;
	$sql =~ s/'My-Secret-1'/quote_literal($ENV{WAREHOUSE_PASSWORD})/ge;
	$sql =~ s/\b5439\b/$ENV{WAREHOUSE_PORT}/g;
	return $sql;
}

# schedules of the pages run repeatedly during this test
my $primary = start_primary('primary', register => 0, conf => "rsfed.scheduler = off\n");
for my $name ('README.md', map { "doc/$_.md" } qw(servers rollups schedules windows live))
{
	my $page = slurp_file("$sources/$name");
	ok(sql_blocks($page) > 0, "$name has examples");
	my (undef, $new) = check_page($primary, 'postgres', $name, $page, \&localized);
	append_to_file("$PostgreSQL::Test::Utils::log_path/" . ($name =~ s/.*\///r), $new);
}

# The table of options agrees with the view
my $options = slurp_file("$sources/doc/options.md");
my $table = $primary->safe_psql('postgres', q{
	SELECT format('| %s | `%s` | %s | %s | %s |', scope, name, concat_ws(' ', type, '(' || unit || ')'),
		default_value, description) FROM rsfed.options});
is(join("\n", $options =~ /^(\| \w+ \| `.*)$/mg), $table, 'the table of doc/options.md is the view rsfed.options');

# No page has a broken link, and the pages that a DBA sees first are short
for my $file (glob("$sources/README.md $sources/doc/*.md"))
{
	my ($folder, $name) = $file =~ /(.*)\/(.*)/;
	is(join(' ', broken_links($folder, slurp_file($file))), '', "$name: each link leads somewhere");
}
cmp_ok(scalar(split /\n/, slurp_file("$sources/README.md")), '<=', 200, 'the README has at most 200 lines');

done_testing();
