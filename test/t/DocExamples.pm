# DocExamples.pm
#
# The examples in README and doc: fenced blocks of "sql", and of "text" with what
# they print.  In a text block, a line of just "..." stands for any lines, and
# whatever looks like a time or a duration may differ.

package DocExamples;

use strict;
use warnings;

use Exporter 'import';
use Test::More;

our @EXPORT = qw(examples sql_blocks run_examples matches check_page broken_links);

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

# Runs the SQL of a page, as $localize makes it fit here: tests what those blocks
# print that show it, and that none raises an error.  Returns what each printed,
# and the page as it would be with that.
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

# Links of a page in $folder to files, and to titles in them, that are not there.
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
