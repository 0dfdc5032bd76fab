# doc/pushdown.md agrees with the library's decisions.

use strict;
use warnings;

use RsfedTest;
use Test::More;

my $node = start_primary('primary', register => 0);
my $document = PostgreSQL::Test::Utils::slurp_file("$ENV{RSFED_SOURCES}/doc/pushdown.md");
my $table = $node->safe_psql('postgres',
	q{SELECT '| ' || concat_ws(' | ', kind, '`' || replace(item, '|', '\|') || '`', shipped,
		coalesce('`' || replace(redshift_text, '|', '\|') || '`', ''), coalesce(note, '')) || ' |' FROM rsfed.pushdown});
my ($found) = $document =~ /^\|---\|---\|---\|---\|---\|\n(.*?)\n(?!\|)/ms;
is($found, $table, 'doc/pushdown.md has the rows of rsfed.pushdown');
# the document contains the statement that makes the table
my ($query) = $document =~ /```sql\n(.*?)```/s;
is($node->safe_psql('postgres', $query), $table, 'as the statement in it makes them');

$node->stop;
done_testing();
