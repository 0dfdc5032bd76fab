# Runs the *.pl files beside it, two at a time, for `prove test/warehouse/t`, which
# looks only for *.t.
use strict;
use warnings;
use FindBin;
use TAP::Harness;
use Test::More;

open my $output, '>', \my $text;
my $harness = TAP::Harness->new({ jobs => $ENV{WAREHOUSE_PORT} ? 1 : 2, verbosity => 0, merge => 1, stdout => $output });
my $result = $harness->runtests(glob "$FindBin::Bin/*.pl");
for my $parser ($result->parsers)
{
	my ($file) = grep { ($result->parsers($_))[0] == $parser } $result->descriptions;
	ok(!$parser->has_problems && $parser->tests_run, "$file: " . $parser->tests_run . ' tests');
}
diag($text) if $result->has_problems;
done_testing();
