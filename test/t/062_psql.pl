# What psql shows of rsfed: what fits 120 columns, and what it keeps to itself.

use strict;
use warnings;

use IPC::Run;
use RsfedTest;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = start_primary('primary');
my $width = 120;
warehouse_sql('DROP TABLE IF EXISTS psql_sales; CREATE TABLE psql_sales (sellerid integer, saletime timestamp, pricepaid numeric(8,2))');
$node->safe_psql('postgres', $_) for
	"SELECT rsfed.define_rollup('sales_by_seller', 'warehouse', 'SELECT sellerid, count(*) AS sales, sum(pricepaid) AS revenue FROM psql_sales GROUP BY sellerid')",
	q{SELECT rsfed.define_rollup('sales_by_hour', 'warehouse', $$SELECT date_trunc('hour', saletime) AS hour, count(*) AS sales FROM psql_sales WHERE saletime >= {from} AND saletime < {to} GROUP BY 1$$,
		key => '{hour}', method => 'window', options => '{"window_column": "hour", "bucket": "1 hour", "start": "2026-01-01"}', populate => false)},
	'CREATE MATERIALIZED VIEW sales_total AS SELECT sum(sales) AS sales FROM sales_by_seller',
	'CREATE ROLE stranger';

# The output of psql's commands, as a new user gets it
sub shown
{
	my (@commands) = @_;
	my ($out, $err) = ('', '');
	IPC::Run::run([ 'psql', '-X', '-P', 'pager=off', '-d', $node->connstr('postgres'), map { ('-c', $_) } @commands ], '>', \$out, '2>', \$err)
	  or die "psql: $err";
	return $out;
}

# Is there output, and does it fit?
sub fits
{
	my ($name, @commands) = @_;
	my @lines = split /\n/, shown(@commands);
	cmp_ok(scalar @lines, '>', 3, "$name: shows something");
	is_deeply([ grep { length > $width } @lines ], [], "$name: fits $width columns");
	return;
}

fits('\d+ of a rollup', '\d+ sales_by_seller');
fits('\d of a window', '\d sales_by_hour');
fits('\d+ of a materialized view', '\d+ sales_total');
fits('\dv', '\dv rsfed.*');
fits('\dn+', '\dn+ rsfed*');
fits('\dx', '\dx rsfed');
fits('\df of procedures and functions, wrapped', "\\pset columns $width", '\pset format wrapped', '\df rsfed.*');
for my $view (split /\n/, $node->safe_psql('postgres', q{SELECT relname FROM pg_class WHERE relnamespace = 'rsfed'::regnamespace AND relkind = 'v' ORDER BY 1}))
{
	fits("\\d of $view", "\\d rsfed.$view");
}
like(shown('\dt+ sales_by_seller'), qr/Served by rsfed: .*"warehouse".*rsfed\.rollups/, '\dt+ says what a rollup is, where its content comes from, and where to look');
like(shown('\dT rsfed.*'), qr/\(0 rows\)/, 'there are no types of internal use among what a user calls');

# Passwords are shown to those who may see them, as PostgreSQL decides
like(shown('\deu+'), qr/password/, 'the owner of a user mapping sees it');
unlike(shown('SET ROLE stranger', '\deu+', '\des+', '\dew+'), qr/password|$ENV{WAREHOUSE_PASSWORD}/, 'others do not');

$node->stop;
warehouse_sql('DROP TABLE psql_sales');
done_testing();
