# doc/reference.md has exactly one entry for each function, procedure and view,
# which agrees with the catalog.
#
# The page with the correct entries is written as reference.md beside the server's
# log, to be copied.  Headings, their order and the text before the first entry of a
# topic are written by hand.

use strict;
use warnings;

use RsfedTest;
use PostgreSQL::Test::Utils;
use Test::More;
use Text::Wrap qw(wrap);

$Text::Wrap::columns = 118;
$Text::Wrap::huge = 'overflow';
$Text::Wrap::unexpand = 0;

my $node = start_primary('primary', register => 0);
my %entry;

# Line breaks only between arguments
sub signature
{
	my ($indent, $text) = @_;
	$text =~ s/(?<!,) /\x01/g;
	return wrap("    $indent", '        ', $text) =~ tr/\x01/ /r . "\n";
}

# Functions: the arguments that a caller passes, and the result
my $functions = $node->safe_psql('postgres', q{
	SELECT p.proname,
		format('%srsfed.%s(%s)', CASE p.prokind WHEN 'p' THEN 'CALL ' ELSE '' END, p.proname, string_agg(concat_ws(' ', a.name, format_type(a.type, NULL),
			'DEFAULT ' || regexp_replace(pg_get_function_arg_default(p.oid, a.n::int), '::[a-z ]+(\[\])?$', '')), ', ' ORDER BY a.n) FILTER (WHERE a.mode = 'i' OR p.proargmodes IS NULL)),
		CASE WHEN bool_or(a.mode IN ('o', 't', 'b')) THEN
				'returns ' || CASE WHEN p.proretset THEN 'rows of ' ELSE '' END || format('(%s)', string_agg(format('%s %s', a.name, format_type(a.type, NULL)), ', ' ORDER BY a.n) FILTER (WHERE a.mode IN ('o', 't', 'b')))
			WHEN p.prokind = 'f' THEN 'returns ' || pg_get_function_result(p.oid) END,
		obj_description(p.oid, 'pg_proc'), has_function_privilege('public', p.oid, 'EXECUTE')
	FROM pg_proc p
	LEFT JOIN LATERAL unnest(coalesce(p.proallargtypes, p.proargtypes::oid[]), p.proargnames, p.proargmodes::text[]) WITH ORDINALITY a (type, name, mode, n) ON true
	WHERE p.pronamespace = 'rsfed'::regnamespace
	GROUP BY p.oid ORDER BY p.proname, p.pronargs});
for (split /\n/, $functions)
{
	my ($name, $call, $result, $comment, $public) = split /\|/;
	$entry{$name} .= "\n" . signature('', $call) . ($result ? signature('    ', $result) : '') . "\n"
	  . "$comment." . ($public eq 't' ? '' : ' PUBLIC may not execute it.') . "\n";
}

# Views and their columns
my $views = $node->safe_psql('postgres', q{
	SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), col_description(c.oid, a.attnum), obj_description(c.oid, 'pg_class'),
		has_table_privilege('public', c.oid, 'SELECT')
	FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
	WHERE c.relnamespace = 'rsfed'::regnamespace AND c.relkind = 'v' ORDER BY c.relname, a.attnum});
for (split /\n/, $views)
{
	my ($name, $column, $type, $meaning, $comment, $public) = split /\|/;
	$entry{$name} //= "\nView. $comment." . ($public eq 't' ? '' : ' PUBLIC may not read it.') . "\n\n| column | type | meaning |\n|---|---|---|\n";
	$entry{$name} .= "| `$column` | $type | $meaning |\n";
}

my $page = slurp_file("$ENV{RSFED_SOURCES}/doc/reference.md");
my $new = '';
my %seen;
for my $part (split /^(?=##)/m, $page)
{
	my ($name) = $part =~ /^### rsfed\.(\w+)$/m;
	$new .= $part, next unless defined $name;
	$seen{$name}++;
	ok(defined $entry{$name}, "rsfed.$name is there") or next;
	my $right = "### rsfed.$name\n$entry{$name}\n";
	is($part =~ s/\n+\z/\n/r, $right =~ s/\n+\z/\n/r, "doc/reference.md: rsfed.$name");
	$new .= $right;
}
is(join(' ', grep { !$seen{$_} } sort keys %entry), '', 'doc/reference.md lacks nothing');
is(join(' ', grep { $seen{$_} > 1 } sort keys %seen), '', 'and has nothing twice');
$new .= "### rsfed.$_\n$entry{$_}\n" for grep { !$seen{$_} } sort keys %entry;
append_to_file("$PostgreSQL::Test::Utils::log_path/reference.md", $new =~ s/\n+\z/\n/r);

done_testing();
