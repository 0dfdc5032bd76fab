# DocExamples.pm
#
# The examples in README and doc: fenced blocks of "sql", and of "text" with what
# they print.  In a text block, a line of just "..." stands for any lines, and
# whatever looks like a time or a duration may differ.

package DocExamples;

use strict;
use warnings;

use Exporter 'import';

our @EXPORT = qw(examples sql_blocks run_examples matches);

# Of each block of SQL that a block of text follows directly a list: line, SQL,
# expected, where that starts, its length.
sub examples
{
	my ($text) = @_;
	my @found;
	# no block runs on into the next one
	while ($text =~ /^```sql\n((?:(?!^```).)*)^```\n\s*^```text\n(.*?)^```$/gms)
	{
		my ($sql, $expected) = ($1, $2);
		my $line = 1 + (substr($text, 0, $-[0]) =~ tr/\n//);
		push @found, [ $line, $sql, $expected, $-[2], length $expected ];
	}
	return @found;
}

# What may differ from one run to the next, and how wide it made a column.
sub normalized
{
	my ($text) = @_;
	$text =~ s/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?([+-]\d\d(:?\d\d)?)?/<time>/g;
	$text =~ s/\b(\d+ days? )?\d\d:\d\d:\d\d(\.\d+)?/<duration>/g;
	$text =~ s/-{2,}/--/g;
	$text =~ s/[ \t]+/ /g;
	$text =~ s/ $//mg;
	$text =~ s/\A\s+|\s+\z//g;
	return $text;
}

# The expected text as a pattern: "..." lines stand for any lines.
sub matches
{
	my ($got, $expected) = @_;
	my $pattern = join("\n",
		map { /^\s*\.\.\.\s*$/ ? '(?:.*)' : quotemeta } split(/\n/, normalized($expected)));
	return normalized($got) =~ /\A$pattern\z/s;
}

# Of each block of SQL a list: line, SQL, and what is expected, if a block of text follows.
sub sql_blocks
{
	my ($text) = @_;
	my @found;
	my %expected = map { $_->[0] => $_->[2] } examples($text);
	while ($text =~ /^```sql\n(.*?)^```$/gms)
	{
		my $sql = $1;
		my $line = 1 + (substr($text, 0, $-[0]) =~ tr/\n//);
		push @found, [ $line, $sql, $expected{$line} ];
	}
	return @found;
}

# Runs lists of line and SQL in one psql session, as an example may build on those
# before it; goes on after an error.  Returns what each printed, by line, and
# what went to stderr.
sub run_examples
{
	my ($node, $database, @blocks) = @_;
	my ($script, $out, $err) = ('', '', '');
	my %output;

	# each is ended by a mark, so that its output can be told from the next one's
	$script .= "$_->[1]\n\\echo -- end of the example in line $_->[0]\n" for @blocks;
	$node->psql($database, $script, stdout => \$out, stderr => \$err, on_error_stop => 0,
		extra_params => [ '--pset=format=aligned', '--pset=tuples_only=off' ]);
	my @parts = split(/^-- end of the example in line (\d+)\n?/m, $out);
	for (my $i = 0; $i + 1 < @parts; $i += 2)
	{
		$output{ $parts[ $i + 1 ] } = $parts[$i];
	}
	return (\%output, $err);
}

1;
