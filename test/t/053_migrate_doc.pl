# The commands of doc/migrate.md, in their order: SQL and shell, and their output if
# the page shows it.  The page's cluster, user and password are replaced by those of
# the stand-in.
#
# The page with the actual output is written as migrate.md beside the server's log.

use strict;
use warnings;

use DocExamples;
use IPC::Run;
use RsfedTest;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = start_primary('primary', register => 0, conf => "rsfed.scheduler = off\n");
$node->safe_psql('postgres', q{
	CREATE SCHEMA cron;
	CREATE TABLE cron.job (jobid bigint PRIMARY KEY, schedule text NOT NULL, command text NOT NULL, database text NOT NULL DEFAULT current_database(),
		active boolean NOT NULL DEFAULT true);
	CREATE FUNCTION cron.unschedule(job_id bigint) RETURNS boolean LANGUAGE plpgsql AS 'BEGIN DELETE FROM cron.job WHERE jobid = job_id; RETURN FOUND; END';
	INSERT INTO cron.job VALUES (1, '*/15 * * * *', 'REFRESH MATERIALIZED VIEW CONCURRENTLY sales_by_seller');
});

my $long = 'examplecluster.abc123.eu-west-1.redshift.amazonaws.com';
my %there = ($long => $ENV{WAREHOUSE_HOST}, examplecluster => $ENV{WAREHOUSE_HOST} =~ s/\..*//r, 5439 => $ENV{WAREHOUSE_PORT},
	'My-Secret-1' => $ENV{WAREHOUSE_PASSWORD}, awsuser => $ENV{WAREHOUSE_USER}, q{'postgres'} => q{'} . $node->safe_psql('postgres', 'SELECT current_user') . q{'});

sub localized { my ($text) = @_; $text =~ s/\Q$_\E/$there{$_}/g for ($long, grep { $_ ne $long } keys %there); return $text }

# The actual output, with the page's names; the host and its first label are one
# word here
sub published
{
	my ($text) = @_;
	$text =~ s/register_server\('\Q$there{examplecluster}\E', '\Q$there{$long}\E'/register_server('examplecluster', '$long'/g;
	$text =~ s/(?<!\w)\Q$there{$_}\E(?!\w)/$_/g for grep { $_ ne $long } keys %there;
	return $text;
}

my $dir = PostgreSQL::Test::Utils::tempdir;
my $name = "$ENV{RSFED_SOURCES}/doc/migrate.md";
my $page = slurp_file($name);
my $new = '';
my ($blocks, $last) = (0, 0);
while ($page =~ /^```(sql|sh)\n(.*?)^```\n(?:```text\n(.*?)^```\n)?/gms)
{
	my ($language, $text, $expected, $from, $to) = ($1, $2, $3, $-[3], $+[3]);
	my $line = 1 + (substr($page, 0, $-[0]) =~ tr/\n//);
	my ($out, $err) = ('', '');
	my @command = $language eq 'sh' ? ('bash', '-ec', "cd '$dir'\n" . localized($text))
	  : ('psql', '-X', '-v', 'ON_ERROR_STOP=1', '-c', 'SET client_min_messages = warning', '-f', '-');
	my $in = $language eq 'sh' ? '' : localized($text);
	local %ENV = (%ENV, PGHOST => $node->host, PGPORT => $node->port, PGDATABASE => 'postgres');
	IPC::Run::run(\@command, '<', \$in, '>', \$out, '2>', \$err);
	is($?, 0, "line $line runs") or diag($err);
	$out =~ s/^SET\n// if $language eq 'sql';
	$blocks++;
	next unless defined $expected;
	ok(matches($out, localized($expected)), "line $line prints what the page says") or diag("expected:\n" . localized($expected) . "got:\n$out");
	$new .= substr($page, $last, $from - $last) . (published($out) =~ s/[ \t]+$//gmr =~ s/\n+\z/\n/r);
	$last = $to;
}
$new .= substr($page, $last);
append_to_file("$PostgreSQL::Test::Utils::log_path/migrate.md", $new);
cmp_ok($blocks, '>', 6, "$blocks blocks");
is($node->safe_psql('postgres', q{SELECT count(*) FROM cron.job}), '0', 'the job has ended');
is($node->safe_psql('postgres', q{CALL rsfed.refresh('sales_by_seller'); SELECT has_table_privilege('dashboard', 'sales_by_seller', 'SELECT')}) =~ s/.*\n//sr, 't', 'and the rollup works');

$node->stop;
done_testing();
