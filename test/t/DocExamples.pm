# DocExamples.pm
#
# The examples in README and doc: fenced blocks of "sql", and of "text" with their
# output.  In a text block, a line with only "..." matches any lines, and times and
# durations may differ.

package DocExamples;

use strict;
use warnings;

use Exporter 'import';
use Test::More;

our @EXPORT = qw(examples sql_blocks run_examples matches check_page broken_links);

# For each block of SQL that is directly followed by a block of text a list: line,
# SQL, expected output, where that starts, its length.
sub examples
{
	my ($text) = @_;
	my @found;
	# no block extends into the next one
	while ($text =~ /^```sql\n((?:(?!^```).)*)^```\n\s*^```text\n(.*?)^```$/gms)
	{
		my ($sql, $expected) = ($1, $2);
		my $line = 1 + (substr($text, 0, $-[0]) =~ tr/\n//);
		push @found, [ $line, $sql, $expected, $-[2], length $expected ];
	}
	return @found;
}

# Replaces text that may differ between runs, and column widths that depend on it.
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

# The expected text as a pattern: "..." lines match any lines.
sub matches
{
	my ($got, $expected) = @_;
	my $pattern = join("\n",
		map { /^\s*\.\.\.\s*$/ ? '(?:.*)' : quotemeta } split(/\n/, normalized($expected)));
	return normalized($got) =~ /\A$pattern\z/s;
}

# For each block of SQL a list: line, SQL, and the expected output, if a block of
# text follows.
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

# Runs lists of line and SQL in one psql session, because an example may depend on
# those before it; continues after an error.  Returns the output of each, by line,
# and the output on stderr.
sub run_examples
{
	my ($node, $database, @blocks) = @_;
	my ($script, $out, $err) = ('', '', '');
	my %output;

	# each is followed by a mark, which separates its output from that of the next
	# one
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

# Runs the SQL of a page, adapted by $localize: tests the output of the blocks that
# show it, and that none raises an error.  Returns the output of each, and the page
# with that output.
sub check_page
{
	my ($node, $database, $name, $page, $localize) = @_;
	my ($output, $err) = run_examples($node, $database, map { [ $_->[0], $localize->($_->[1]) ] } sql_blocks($page));
	my $new = $page;

	for my $example (reverse examples($page))
	{
		my ($line, undef, $expected, $start, $length) = @$example;
		my $got = $output->{$line} // '';
		ok(matches($got, $expected), "$name line $line") or diag("expected:\n$expected\ngot:\n$got");
		$got =~ s/[ \t]+$//mg;
		$got =~ s/\n*\z/\n/;
		substr($new, $start, $length) = $got;
	}
	is(join("\n", grep { /ERROR:|FATAL:/ } split /\n/, $err), '', "$name: no statement raises an error") or diag($err);
	return ($output, $new);
}

# Links of a page in $folder to files, and to titles in them, that do not exist.
sub broken_links
{
	my ($folder, $page) = @_;
	my @broken;
	for my $link ($page =~ /\]\(([^)\s]+)\)/g)
	{
		next if $link =~ /^\w+:/;
		my ($file, $title) = $link =~ /^([^#]*)(?:#(.*))?$/;
		my $text = $page;
		if ($file ne '')
		{
			push(@broken, $link), next unless -e "$folder/$file";
			next unless defined $title;
			$text = PostgreSQL::Test::Utils::slurp_file("$folder/$file");
		}
		my %titles = map { my $t = lc; $t =~ s/[^\w -]//g; $t =~ tr/ /-/; ($t => 1) } $text =~ /^#+ (.*)$/mg;
		push @broken, $link unless $titles{$title};
	}
	return @broken;
}

1;
