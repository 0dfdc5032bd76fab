# Method window, and parts: random content, late rows, options that change, a clock
# that advances (and is set back), batches, failures.  A separate model determines
# for each row whether it must be the current row of the warehouse, the previous
# row, or removed; and the expected watermark.
#
# RSFED_ROUNDS: the number of refreshes (60).  RSFED_SEED: repeats a run.

use strict;
use warnings;
use utf8;

use Encode qw(decode_utf8 encode_utf8);
use List::Util qw(max min shuffle);
use POSIX qw(floor mktime strftime tzset);
use PostgreSQL::Test::Cluster;
use RsfedTest;
use Test::More;

my $rounds = $ENV{RSFED_ROUNDS} // 60;
my $seed = $ENV{RSFED_SEED} // int(rand(2**31));

alarm max(1200, 8 * $rounds);
srand($seed);
diag("RSFED_SEED=$seed RSFED_ROUNDS=$rounds");

sub one_of { return $_[ int(rand(@_)) ]; }
sub chance { return rand() < $_[0]; }

use constant { HOUR => 3600, DAY => 86400, FOREVER => 2**53 };

# --- time in seconds, in UTC or of a wall clock ------------------------------

sub in_zone
{
	my ($zone, $code) = @_;
	local $ENV{TZ} = $zone;
	tzset();
	my @result = $code->();
	$ENV{TZ} = 'UTC';
	tzset();
	return wantarray ? @result : $result[0];
}

# The wall clock of a zone at an instant, and the instant of a wall clock.
sub wall { my ($at, $zone) = @_; return in_zone($zone, sub { my @t = localtime($at); seconds(@t) }); }
sub instant { my ($wall, $zone) = @_; my @t = gmtime($wall); return in_zone($zone, sub { mktime(@t[ 0 .. 5 ], 0, 0, -1) }); }
# Seconds of the broken-down time of a clock without changes.
sub seconds { my (@t) = @_; return in_zone('UTC', sub { mktime(@t[ 0 .. 5 ], 0, 0, 0) }); }

sub month_floor { my ($value) = @_; my @t = gmtime($value); return seconds(0, 0, 0, 1, $t[4], $t[5]); }

# As PostgreSQL: six months before October 31 is April 30.
sub month_moved
{
	my ($value, $months) = @_;
	my @t = gmtime($value);
	my $last = (gmtime(seconds(0, 0, 0, 1, $t[4] + $months + 1, $t[5]) - 1))[3];
	return seconds(@t[ 0 .. 2 ], min($t[3], $last), $t[4] + $months, $t[5]);
}

# The values of a shape's column: "instant" (timestamptz), "wall" (date, timestamp)
# or "number"; its buckets are "month", "day", or a number of seconds.
sub bucket_floor
{
	my ($shape, $value) = @_;
	my ($values, $bucket) = @$shape{qw(values bucket)};

	return month_floor($value) if $bucket eq 'month';
	return $value - $value % $bucket if $bucket ne 'day';
	return $value - $value % DAY if $values ne 'instant';
	my $wall = wall($value, $shape->{zone});
	return instant($wall - $wall % DAY, $shape->{zone});
}

# Moved back by an interval: months, days by the calendar, the rest by the clock.
sub moved_back
{
	my ($shape, $value, $span, $values) = @_;
	$values //= $shape->{values};
	$value = month_moved($value, -$span->{months}) if $span->{months};
	if ($span->{days})
	{
		$value = $values eq 'instant'
		  ? instant(wall($value, $shape->{zone}) - $span->{days} * DAY, $shape->{zone})
		  : $value - $span->{days} * DAY;
	}
	return $value - ($span->{units} // 0);
}

sub next_bucket
{
	my ($shape, $value) = @_;
	my $floor = bucket_floor($shape, $value);
	return month_moved($floor, 1) if $shape->{bucket} eq 'month';
	return $floor + $shape->{bucket} if $shape->{bucket} ne 'day';
	# days of 23 and 25 hours
	return bucket_floor($shape, $floor + 26 * HOUR) if $shape->{values} eq 'instant';
	return $floor + DAY;
}

# The present time as a value of the column.
sub present
{
	my ($shape, $at) = @_;
	return $shape->{values} eq 'wall' ? wall($at // $shape->{now}, $shape->{zone}) : $at // $shape->{now};
}

sub value_text
{
	my ($shape, $value) = @_;
	return $value if $shape->{values} eq 'number';
	return strftime($shape->{values} eq 'instant' ? '%Y-%m-%d %H:%M:%S+00' : '%Y-%m-%d %H:%M:%S', gmtime($value));
}

# Intervals, as in options.
sub span
{
	my ($text) = @_;
	return undef unless defined $text;
	return { months => $1 } if $text =~ /^(\d+) months?$/;
	return { days => $1 } if $text =~ /^(\d+) days?$/;
	return { units => $1 * HOUR } if $text =~ /^(\d+) hours?$/;
	return { units => $1 * 60 } if $text =~ /^(\d+) min$/;
	return { units => $text };
}

# --- the rollups -------------------------------------------------------------

# options: the possible values of each.  since: the first value of the data.
my $spring = seconds(0, 0, 0, 28, 2, 124);    # 2024-03-28
my $autumn = seconds(0, 0, 0, 25, 9, 124);
my @shapes = (
	{
		name => 'daily', values => 'wall', bucket => 'day', type => 'date', zone => 'Europe/Berlin', begin => $spring, step => DAY,
		query => 'SELECT at::date AS b, k, sum(v) AS total, count(*) AS n FROM ranges_daily WHERE at >= {from} AND at < {to} GROUP BY 1, 2',
		bucket_option => '1 day', lookbacks => [ undef, '1 day', '3 days', '30 hours' ], settles => [ undef, '2 hours', '1 day' ],
		retains => [ undef, '6 days', '10 days' ], batches => [ undef, '1 day', '2 days', '5 days' ]
	},
	{
		name => 'hourly', values => 'instant', bucket => HOUR, type => 'timestamptz', zone => 'Europe/Berlin', begin => $spring + 2 * DAY, step => HOUR,
		query => "SELECT date_trunc('hour', at) AS b, k, sum(v) AS total, count(*) AS n FROM ranges_hourly WHERE at >= {from} AND at < {to} GROUP BY 1, 2",
		bucket_option => '1 hour', lookbacks => [ undef, '1 hour', '5 hours', '1 day' ], settles => [ undef, '2 hours' ],
		retains => [ undef, '1 day', '30 hours' ], batches => [ undef, '1 hour', '5 hours', '1 day' ]
	},
	{
		name => 'local_days', values => 'instant', bucket => 'day', type => 'timestamptz', zone => 'America/New_York', begin => $autumn + 6 * DAY + 4 * HOUR, step => DAY,
		query => "SELECT date_trunc('day', at) AS b, k, sum(v) AS total, count(*) AS n FROM ranges_local_days WHERE at >= {from} AND at < {to} GROUP BY 1, 2",
		bucket_option => '1 day', lookbacks => [ undef, '1 day', '4 days' ], settles => [ undef, '5 hours', '1 day' ],
		retains => [ undef, '7 days' ], batches => [ undef, '1 day', '3 days' ]
	},
	{
		name => 'quarters', values => 'wall', bucket => 900, type => 'timestamp', zone => 'America/New_York', begin => $autumn, step => 900,
		query => 'SELECT at AS b, k, sum(v) AS total, count(*) AS n FROM ranges_quarters WHERE at >= {from} AND at < {to} GROUP BY 1, 2',
		bucket_option => '15 min', lookbacks => [ undef, '15 min', '2 hours' ], settles => [ undef, '15 min' ],
		retains => [ undef, '5 hours' ], batches => [ undef, '15 min', '2 hours' ]
	},
	{
		name => 'monthly', values => 'wall', bucket => 'month', type => 'date', zone => 'UTC', begin => seconds(0, 0, 0, 1, 9, 123), step => 31 * DAY,
		query => "SELECT date_trunc('month', at)::date AS b, k, sum(v) AS total, count(*) AS n FROM ranges_monthly WHERE at >= {from} AND at < {to} GROUP BY 1, 2",
		bucket_option => '1 month', lookbacks => [ undef, '1 month', '3 months' ], settles => [ undef, '1 day' ],
		retains => [ undef, '6 months' ], batches => [ undef, '1 month', '2 months' ]
	},
	{
		name => 'numbers', values => 'number', bucket => 10, type => 'integer', zone => 'UTC', begin => 0, step => 10,
		query => 'SELECT at AS b, k, sum(v) AS total, count(*) AS n FROM ranges_numbers WHERE at >= {from} AND at < {to} GROUP BY 1, 2',
		bucket_option => '10', lookbacks => [ undef, '7', '10', '40' ], settles => [ undef, '5' ], retains => [undef], batches => [undef]
	},
	# no window: keys of a text with trailing blanks, a number and a date
	{
		name => 'parts', values => 'none',
		query => 'SELECT t, k, d, v FROM ranges_parts'
	});
my @texts = ('', 'a', 'a ', 'a  ', 'A', "it's", 'back\\slash', 'Grüße', ' a', '{from}', 'null');
my @keys = (1 .. 6);

my $primary = start_primary('primary', conf => "rsfed.max_workers = 2\n");
my $owner = "host=$ENV{WAREHOUSE_HOST} port=$ENV{WAREHOUSE_DIRECT_PORT} dbname=$ENV{WAREHOUSE_DBNAME} user=rdsdb password=$ENV{WAREHOUSE_PASSWORD}";
my $control = "host=$ENV{WAREHOUSE_HOST} port=$ENV{WAREHOUSE_CONTROL_PORT} dbname=$ENV{WAREHOUSE_DBNAME} user=$ENV{WAREHOUSE_USER} password=$ENV{WAREHOUSE_PASSWORD}";

# Sets Redshift's clock to an instant.
sub clock_at
{
	my ($at) = @_;
	my $text = defined $at ? "'" . strftime('%Y-%m-%d %H:%M:%S+00', gmtime($at)) . "'::timestamptz" : "date_trunc('second', \"absent.statement_timestamp\"())";
	return "SELECT dblink_exec(" . quote_literal($owner) . ", "
	  . quote_literal("CREATE OR REPLACE FUNCTION pg_catalog.getdate() RETURNS timestamp LANGUAGE sql STABLE RETURN $text\::timestamp") . ") \\g /dev/null\n";
}

# The options of a window as JSON; "null" resets those that alter_rollup does not
# get.
sub options_json
{
	my ($shape) = @_;
	my $option = $shape->{option};
	return '{' . join(', ', map { my $value = $option->{$_}; "\"$_\": " . (defined $value ? "\"$value\"" : 'null') } sort keys %$option) . '}';
}

sub choose_options
{
	my ($shape) = @_;
	my $number = $shape->{values} eq 'number';
	my $option = $shape->{option} //= { bucket => $shape->{bucket_option}, $number ? (window_column => 'b') : (tail => one_of('closed', 'open')) };

	$option->{lookback} = one_of(@{ $shape->{lookbacks} });
	$option->{settle} = one_of(@{ $shape->{settles} });
	$shape->{low} = bucket_floor($shape, $shape->{begin} + int(rand(4)) * $shape->{step});
	$option->{start} = value_text($shape, $shape->{low});
	return if $number;
	$option->{retain} = one_of(@{ $shape->{retains} });
	$option->{batch} = one_of(@{ $shape->{batches} });
	$option->{batch_order} = one_of(undef, 'newest', 'oldest');
	$option->{batch_pause} = one_of(undef, '1');
}

# --- content -------------------------------------------------------------------

# Rows as psql prints them: {value|k => rest}, by key "value|k" or "t|k|d".
sub rows_of
{
	my ($shape, $lines) = @_;
	my %rows;
	for my $line (split /\n/, $lines)
	{
		my @cells = split /\|/, $line, -1;
		my $rest = $shape->{values} eq 'none' ? pop @cells : join('|', splice(@cells, 2));
		$rows{ join('|', @cells) } = $rest;
	}
	return \%rows;
}

# The answer of the warehouse to the query without a range.
sub remote_sql
{
	my ($shape) = @_;
	return "SELECT t, k, d, v FROM ranges_parts" if $shape->{values} eq 'none';
	my $query = $shape->{query} =~ s/WHERE .* GROUP/GROUP/r;
	my $value = $shape->{values} eq 'number' ? 'b' : 'extract(epoch FROM b)::bigint';
	return "SET timezone = '$shape->{zone}'; SELECT $value, coalesce(k::text, '-'), total, n FROM ($query) x";
}

sub local_sql
{
	my ($shape) = @_;
	return "SELECT t, k, d, v FROM parts" if $shape->{values} eq 'none';
	my $value = $shape->{values} eq 'number' ? 'b' : 'extract(epoch FROM b)::bigint';
	return "SELECT $value, coalesce(k::text, '-'), total, n FROM $shape->{name}";
}

sub random_value
{
	my ($shape) = @_;
	my $span = 14 * $shape->{step};
	my $value = $shape->{begin} + int(rand($span));
	# mostly recent values, some in the future
	$value = ($shape->{values} eq 'number' ? $shape->{now} : present($shape)) + int((rand() - 0.7) * 4 * $shape->{step}) if chance(0.5);
	$value = max($value, $shape->{begin});
	$value = $shape->{begin} - int(rand(3)) * $shape->{step} - 1 if chance(0.03);
	$value -= $value % 900 if $shape->{name} eq 'quarters';
	return $value;
}

sub remote_change
{
	my ($shape) = @_;
	my $table = "ranges_$shape->{name}";
	my $some = sprintf('rid %% %d = %d', one_of(2, 3, 7), one_of(0 .. 6));

	return "DELETE FROM $table WHERE $some;\n" if chance(0.2);
	return "UPDATE $table SET v = v + 1 WHERE $some;\n" if chance(0.3);
	return "DELETE FROM $table;\n" if chance(0.02);
	if ($shape->{values} eq 'none')
	{
		my $sql = '';
		for (1 .. one_of(1, 5, 20))
		{
			my ($t, $k, $d) = (one_of(@texts), one_of(@keys), '2024-01-0' . one_of(1 .. 4));
			next if $shape->{known}{"$t|$k|$d"}++;
			my $text = $t =~ s/\\/\\\\/gr =~ s/'/''/gr;
			$sql .= "INSERT INTO $table VALUES (" . $shape->{rid}++ . ", '$text', $k, '$d', " . int(rand(5)) . ");\n";
		}
		return $sql;
	}
	return join('', map {
		my $at = value_text($shape, random_value($shape));
		my $k = chance(0.1) ? 'NULL' : one_of(@keys);
		"INSERT INTO $table VALUES (" . $shape->{rid}++ . ", '$at', $k, " . int(rand(5)) . ");\n" } 1 .. one_of(1, 3, 10, 30));
}

# --- the model -------------------------------------------------------------------

# The boundaries of a refresh at the shape's present time: low, complete_to, end.
sub bounds
{
	my ($shape) = @_;
	my ($from, $to) = @$shape{qw(from to)};
	my $filled = defined $from && $from < $to;
	my $option = $shape->{option};

	if ($shape->{values} eq 'number')
	{
		return { low => $shape->{low}, complete => $filled ? $to : $shape->{low}, end => FOREVER, filled => $filled };
	}
	my $low = $shape->{low};
	my $now = present($shape);
	$low = max($low, bucket_floor($shape, moved_back($shape, $now, span($option->{retain})))) if $option->{retain};
	my $settled = moved_back($shape, $shape->{now}, span($option->{settle} // '0'), 'instant');
	my $complete = max(bucket_floor($shape, present($shape, $settled)), $low);
	my $end = $option->{tail} eq 'open' ? max(next_bucket($shape, $now), $low) : $complete;
	($complete, $end) = (max($complete, $to), max($end, $to)) if $filled;
	return { low => $low, complete => $complete, end => $end, filled => $filled };
}

# The expected result of a refresh: a sub of key => 'remote', 'local' or 'gone', and
# the watermark after it.  undef: it must be refused.
sub expect
{
	my ($shape, $request, $remote) = @_;
	my $part = $request->{part};
	my $in_part = sub {
		my ($key) = @_;
		return 1 unless $part;
		my @cells = split /\|/, $key, -1;
		my %cell = $shape->{values} eq 'none' ? (t => $cells[0], k => $cells[1], d => $cells[2]) : (k => $cells[1]);
		for my $column (keys %$part)
		{
			my @wanted = map { defined $_ ? s/ +$//r : '-' } @{ $part->{$column} };
			my $value = $cell{$column} =~ s/ +$//r;
			return 0 unless grep { $_ eq $value } @wanted;
		}
		return 1;
	};
	return { row => sub { $in_part->($_[0]) ? 'remote' : 'local' } } if $shape->{values} eq 'none';

	my $bounds = bounds($shape);
	my ($low, $end, $filled) = @$bounds{qw(low end filled)};
	my ($from, $to) = @$shape{qw(from to)};
	my $greatest = sub {    # of the requested buckets
		my ($begin) = @_;
		return () unless $shape->{values} eq 'number';
		return map { bucket_floor($shape, $_ - ($shape->{option}{settle} // 0)) } grep { $_ >= $begin->[0] && $_ < $begin->[1] } map { (split /\|/)[0] } keys %$remote;
	};

	if ($request->{method})    # everything
	{
		my $complete = max($bounds->{complete}, $greatest->([ $low, $end ]));
		my $new_to = max(min($end, $complete), $low);
		$new_to = max($new_to, min($to, $end)) if $filled;
		return {
			row => sub { my ($v) = split /\|/, $_[0]; $v >= $low && $v < $end ? 'remote' : 'gone' },
			from => $low, to => $new_to };
	}
	if ($request->{since} || $request->{until} || $part)
	{
		my $begin = defined $request->{since} ? bucket_floor($shape, $request->{since}) : $low;
		return undef if $begin < $low;
		my $stop = $end;
		if (defined $request->{until})
		{
			my $floor = bucket_floor($shape, $request->{until});
			$stop = min($end, $floor == $request->{until} ? $floor : next_bucket($shape, $request->{until}));
		}
		return undef if $begin >= $stop && (defined $request->{since} || defined $request->{until});
		my ($new_from, $new_to) = ($from, $to);
		if (!$part)
		{
			my $complete = max($bounds->{complete}, $greatest->([ $begin, $stop ]));
			my $reached = max(min($stop, $complete), $begin);
			($new_from, $new_to) = ($begin, $reached) unless $filled;
			($new_from, $new_to) = (min($from, $begin), max($to, $reached)) if $filled && $begin <= $to && $stop >= $from;
			$new_from = max($new_from, $low);
			$new_to = max($new_to, $new_from);
		}
		return {
			row => sub { my ($v) = split /\|/, $_[0]; $v >= $begin && $v < $stop && $in_part->($_[0]) ? 'remote' : 'local' },
			from => $new_from, to => $new_to };
	}

	# the due ranges: the tail, and those that were never filled
	my $tail = $filled ? max(bucket_floor($shape, moved_back($shape, $to, span($shape->{option}{lookback} // '0'))), $from, $low) : $low;
	# if nothing is due, the last bucket is requested, so that old ones can be
	# removed
	$tail = bucket_floor($shape, $end - 1) if $filled && $from < $low && $tail >= $end && $end > $low;
	my $complete = max($bounds->{complete}, $greatest->([ $tail, $end ]));
	return {
		row => sub {
			my ($v) = split /\|/, $_[0];
			return $filled && $from < $low ? 'gone' : 'local' if $v < $low;
			return 'local' if $v >= $end || $filled && $v >= $from && $v < $tail;
			return 'remote';
		},
		from => $low, to => max(min($end, $complete), $low, $filled ? $to : $low), due => 1 };
}

# The error in the content; '' if there is none.
sub misplaced
{
	my ($expected, $before, $remote, $after) = @_;
	my %keys = (%$before, %$remote, %$after);
	for my $key (sort keys %keys)
	{
		my $what = $expected->{row}->($key);
		my $want = $what eq 'remote' ? $remote->{$key} : $what eq 'local' ? $before->{$key} : undef;
		my $got = $after->{$key};
		next if !defined $want && !defined $got || defined $want && defined $got && $want eq $got;
		return sprintf('row %s must be %s (%s), is %s; before %s', $key, $what, map { $_ // 'none' } $want, $got, $before->{$key});
	}
	return '';
}

# After a failure: each bucket is entirely old or entirely new, and the range that
# the watermark reports as filled is new.
sub half_done
{
	my ($shape, $bounds, $before, $remote, $after, $from, $to) = @_;
	my (%old, %new, %now);
	for ([ $before, \%old ], [ $remote, \%new ], [ $after, \%now ])
	{
		my ($rows, $buckets) = @$_;
		for my $key (sort keys %$rows)
		{
			my ($v) = split /\|/, $key;
			$buckets->{ bucket_floor($shape, $v) } .= "$key=$rows->{$key};";
		}
	}
	for my $bucket (keys %{ { %old, %new, %now } })
	{
		my ($is, $was, $will) = map { $_->{$bucket} // '' } \%now, \%old, \%new;
		next if $is eq $will && $bucket >= $bounds->{low} && $bucket < $bounds->{end};
		next if $is eq '' && $bucket < $bounds->{low};
		my $filled_now = defined $from && $bucket >= $from && $bucket < $to;
		my $filled_then = defined $shape->{from} && $bucket >= $shape->{from} && $bucket < $shape->{to};
		next if $is eq $was && (!$filled_now || $filled_then);
		return "bucket " . value_text($shape, $bucket) . " is [$is], was [$was], would be [$will]; the watermark is at " . ($from // '-') . ' to ' . ($to // '-');
	}
	return '';
}

# --- a round -------------------------------------------------------------------

sub random_request
{
	my ($shape) = @_;
	my %request;
	if ($shape->{values} eq 'none')
	{
		$request{part}{t} = [ map { one_of(@texts) } 1 .. one_of(1, 1, 3) ] if chance(0.5);
		$request{part}{d} = [ map { '2024-01-0' . one_of(1 .. 5) } 1 .. one_of(1, 2) ] if chance(0.3);
		$request{part}{k} = [ map { one_of(@keys, 99) } 1 .. one_of(1, 1, 2, 4) ] if chance(0.5) || !$request{part};
		return \%request;
	}
	return \%request if chance(0.5);
	if (chance(0.3))
	{
		$request{method} = one_of('merge', 'merge', 'merge', 'replace');
		return \%request;
	}
	my @range = sort { $a <=> $b } map { random_value($shape) } 1, 2;
	$request{since} = $range[0] if chance(0.7);
	$request{until} = $range[1] if chance(0.7);
	$request{part}{k} = [ map { one_of(@keys, 99, undef) } 1 .. one_of(1, 1, 2, 4) ] if chance(0.4);
	return \%request;
}

# The arguments after the relation, for refresh, request_refresh and compare.
sub arguments
{
	my ($shape, $request) = @_;
	my $arguments = '';
	$arguments .= ", $_ => '" . value_text($shape, $request->{$_}) . "'" for grep { defined $request->{$_} } qw(since until);
	if (my $part = $request->{part})
	{
		my $json = '{' . join(', ', map {
			"\"$_\": [" . join(', ', map { !defined $_ ? 'null' : /^\d+$/ ? $_ : '"' . s/\\/\\\\/gr . '"' } @{ $part->{$_} }) . ']' } sort keys %$part) . '}';
		$arguments .= ', part => ' . quote_literal($json);
	}
	return $arguments;
}

my %ways = (
	call => sub { "CALL rsfed.refresh($_[0]) \\g /dev/null\n\\echo refreshed :SQLSTATE\n" },
	block => sub { "BEGIN;\nCALL rsfed.refresh($_[0]) \\g /dev/null\n\\echo refreshed :SQLSTATE\nCOMMIT;\n" },
	rolled_back => sub { "BEGIN;\nCALL rsfed.refresh($_[0]) \\g /dev/null\n\\echo refreshed :SQLSTATE\nROLLBACK;\n" },
	worker => sub { "SELECT rsfed.request_refresh($_[0]) AS run \\gset\n\\if :{?run}\nSELECT rsfed.wait(:run, '5 min') AS status \\gset\n"
		  . "SELECT 'refreshed ' || CASE WHEN :'status' IN ('published', 'unchanged') THEN '00000' ELSE coalesce(sqlstate, :'status') END"
		  . " FROM rsfed.runs WHERE run_id = :run;\n\\else\n\\echo refreshed 22023\n\\endif\n" });
my @faults = (
	sub { 'cut_after_rows ' . int(rand(10)) }, sub { 'cut_after_bytes ' . int(rand(500)) }, sub { 'error_1023 ' . int(rand(10)) },
	sub { 'wlm_abort ' . int(rand(10)) }, sub { 'refuse_connections TIMES 1' });

# The watermark in the catalog, as values of the model.
sub watermark_sql
{
	my ($shape) = @_;
	return '' if $shape->{values} eq 'none';
	my ($from, $to) = map { $shape->{values} eq 'number' ? $_ : "extract(epoch FROM $_\::timestamptz)::bigint" } qw(filled_from filled_to);
	return "SELECT 'watermark ' || $from || ' ' || $to || ' ' || backfilling FROM rsfed_catalog.watermark JOIN rsfed_catalog.relation USING (relation_id) WHERE relation_name = '$shape->{name}';\n";
}

sub play_round
{
	my ($shape) = @_;
	my ($name, $windowed) = ($shape->{name}, $shape->{values} ne 'none');
	my $alter = '';

	if ($windowed && $shape->{values} ne 'number')
	{
		my $ahead = int(rand(one_of(0.1, 1, 3)) * $shape->{step});
		$shape->{now} += chance(0.05) ? -$ahead : $ahead;
		# another test covers wall clock times that occur twice or never
		$shape->{now} += 3 * HOUR if present($shape) % DAY < 4 * HOUR;
	}
	if ($windowed && chance(0.08))
	{
		choose_options($shape);
		$alter = "SELECT action FROM rsfed.alter_rollup('$name', options => '" . options_json($shape) . "', populate => false) \\g /dev/null\n\\echo altered :SQLSTATE\n";
	}
	my $before = rows_of($shape, decode_utf8($primary->safe_psql('postgres', local_sql($shape))));
	my $change = join('', map { remote_change($shape) } 1 .. one_of(0, 1, 1, 2));
	my $remote = rows_of($shape, decode_utf8(warehouse_sql(encode_utf8($change . remote_sql($shape)))));
	$shape->{known} = { map { $_ => 1 } keys %$remote };

	my $request = random_request($shape);
	my $fault = chance(0.12) ? one_of(@faults)->() : undef;
	my $way = one_of(('call') x 6, ('block') x 2, 'rolled_back', 'worker');
	my $arguments = arguments($shape, $request);
	my $compared = !$request->{method} && $arguments eq '' && $windowed ? undef : ($request->{method} // '') eq 'replace' ? undef : 1;
	my $script = "\\set VERBOSITY verbose\nSET client_min_messages = error;\nSET timezone = 'UTC';\n" . ($windowed ? clock_at($shape->{now}) : '') . $alter
	  . ($compared ? "SELECT 'compared ' || (key->>'missing') || ' ' || (key->>'different') || ' ' || (key->>'extra') FROM rsfed.compare('$name'$arguments, max_rows => 0);\n" : '')
	  . ($fault ? "SELECT dblink_exec('$control', 'STANDIN FAULT $fault') \\g /dev/null\n" : '')
	  . $ways{$way}->("'$name'" . ($request->{method} ? ", '$request->{method}'" : '') . $arguments)
	  . ($fault ? "SELECT dblink_exec('$control', 'STANDIN RESET') \\g /dev/null\n" : '')
	  . "SELECT 'counted ' || rows_inserted || ' ' || rows_updated || ' ' || rows_deleted FROM rsfed.runs WHERE relation_name = 'public.$name' ORDER BY run_id DESC LIMIT 1;\n"
	  . watermark_sql($shape) . "\\echo rows\n" . local_sql($shape) . ";\n";
	my ($out, $err) = ('', '');
	$primary->psql('postgres', encode_utf8($script), on_error_stop => 0, stdout => \$out, stderr => \$err);
	my ($said, $lines) = split /^rows\n?/m, decode_utf8($out), 2;
	my %said = map { split / /, $_, 2 } grep { / / } split /\n/, $said;
	my $after = rows_of($shape, $lines // '');
	my $wrong = judge($shape, $request, $way, $fault, \%said, $before, $remote, $after);
	return ('', ($said{refreshed} // '') eq '00000') if $wrong eq '';
	my $state = join(', ', map { "$_ " . ($shape->{$_} // '-') } grep { exists $shape->{$_} } qw(now from to low));
	return ("$wrong\nshape $name ($state), options " . ($windowed ? options_json($shape) : '') . ", way $way, fault " . ($fault // 'none')
		  . "\narguments: " . ($request->{method} // '') . "$arguments\nchange: $change\noutput: $said\nerrors: $err", 0);
}

# The error of a round.
sub judge
{
	my ($shape, $request, $way, $fault, $said, $before, $remote, $after) = @_;
	my $refreshed = $said->{refreshed} // '';
	my $expected = expect($shape, $request, $remote);
	my $bounds = $shape->{values} eq 'none' ? undef : bounds($shape);
	my ($from, $to, $backfilling) = split / /, $said->{watermark} // '';
	my $unchanged = { row => sub { 'local' } };

	return 'the round did not get to its end' if $refreshed eq '';
	return "the options were not changed: $said->{altered}" if ($said->{altered} // '00000') ne '00000';
	if ($refreshed eq '00000' && $way ne 'rolled_back')
	{
		return 'was not refused' unless $expected;
		my $wrong = misplaced($expected, $before, $remote, $after);
		return $wrong if $wrong ne '';
		return "compare did not say what the refresh did: " . $said->{compared} . ' and ' . ($said->{counted} // '')
		  if defined $said->{compared} && $said->{compared} ne ($said->{counted} // '');
		return '' unless $bounds;
		my $same = ($from // 'none') eq ($expected->{from} // 'none') && ($to // 'none') eq ($expected->{to} // 'none');
		return sprintf('the watermark must be %s to %s, and is %s to %s', map { $_ // '-' } $expected->{from}, $expected->{to}, $from, $to) unless $same;
		return 'the backfill is not at its end' if $expected->{due} && $backfilling eq 'true';
		@$shape{qw(from to)} = ($from, $to);
		return '';
	}
	return "ended with $refreshed without a reason" if $refreshed ne '00000' && $expected && !$fault;
	return "was refused with $refreshed" if !$expected && $refreshed ne '22023' && !$fault;
	if (!$bounds || !$expected || !$expected->{due} || $way =~ /block|rolled_back/)
	{
		my $wrong = misplaced($unchanged, $before, $remote, $after);
		return "what failed or was rolled back has left something: $wrong" if $wrong ne '';
		return "what failed or was rolled back has moved the watermark to $from, $to"
		  if $bounds && (($from // 'none') ne ($shape->{from} // 'none') || ($to // 'none') ne ($shape->{to} // 'none'));
		return '';
	}
	my $wrong = half_done($shape, $bounds, $before, $remote, $after, $from, $to);
	@$shape{qw(from to)} = ($from, $to);
	return $wrong eq '' ? '' : "after a failure: $wrong";
}

# --- definition --------------------------------------------------------------------

# Defines (or redefines) the rollup of a shape; returns the error.
sub define_shape
{
	my ($shape) = @_;
	my ($name, $windowed) = ($shape->{name}, $shape->{values} ne 'none');
	my $populate = chance(0.7);
	my $number = $shape->{values} eq 'number';

	warehouse_sql("DROP TABLE IF EXISTS ranges_$name; CREATE TABLE ranges_$name ("
		  . ($windowed ? 'rid integer, at ' . ($number ? 'integer' : $shape->{type} eq 'date' ? 'timestamp' : $shape->{type}) . ', k integer, v integer)' : 'rid integer, t varchar(40), k integer, d date, v integer)'));
	$shape->{rid} = 0;
	$shape->{known} = {};
	delete @$shape{qw(from to option)};
	$shape->{now} = $number ? 60 : $windowed ? $shape->{begin} + int((3 + rand(5)) * $shape->{step}) : 0;
	$shape->{now} += 4 * HOUR if $windowed && !$number && present($shape) % DAY < 4 * HOUR;
	choose_options($shape) if $windowed;
	delete $shape->{option}{$_} for grep { !defined $shape->{option}{$_} } keys %{ $shape->{option} // {} };
	my $remote = rows_of($shape, decode_utf8(warehouse_sql(encode_utf8(join('', map { remote_change($shape) } 1 .. 6) . remote_sql($shape)))));
	my $script = "\\set ON_ERROR_STOP on\nSET client_min_messages = error;\nSET timezone = 'UTC';\nSELECT rsfed.drop_rollup(oid) FROM pg_class WHERE relname = '$name' \\g /dev/null\n"
	  . ($windowed ? clock_at($shape->{now}) : '')
	  . "SELECT rsfed.define_rollup('$name', 'warehouse', " . quote_literal($shape->{query})
	  . ($windowed ? ", method => 'window', timezone => '$shape->{zone}', options => '" . options_json($shape) . "'" : ", key => '{t, k, d}'")
	  . ', populate => ' . ($populate ? 'true' : 'false') . ") \\g /dev/null\n"
	  # a worker continues after the first batch
	  . "SELECT rsfed.wait(run_id) FROM rsfed.runs WHERE status IN ('queued', 'running') \\g /dev/null\n" . watermark_sql($shape) . "\\echo rows\n" . local_sql($shape) . ";\n";
	my ($said, $lines) = split /^rows\n?/m, decode_utf8($primary->safe_psql('postgres', encode_utf8($script))), 2;
	my $after = rows_of($shape, $lines);
	if (!$windowed)
	{
		return misplaced({ row => sub { $populate ? 'remote' : 'gone' } }, {}, $remote, $after);
	}
	my ($from, $to) = $said =~ /^watermark (\S+) (\S+)/m;
	my $wrong = half_done($shape, bounds($shape), {}, $remote, $after, $from, $to);
	@$shape{qw(from to)} = ($from, $to);
	return $wrong;
}

standin_reset();
my ($wrong, $played, $refreshed, %refreshed) = ('', 0, 0);
while ($played < $rounds && $wrong eq '')
{
	my $done;
	my $shape = one_of(@shapes);
	if (!exists $shape->{rid} || chance(0.03))
	{
		$wrong = define_shape($shape);
		$wrong = "define_rollup of $shape->{name}: $wrong" if $wrong ne '';
		last if $wrong ne '';
	}
	($wrong, $done) = play_round($shape);
	$played++;
	$refreshed++ if $done;
	$refreshed{ $shape->{name} }++ if $done;
	diag("$played rounds") if $played % 500 == 0;
}
is($wrong, '', "$rounds rounds, seed $seed");
diag('refreshed: ' . join(', ', map { "$_ $refreshed{$_}" } sort keys %refreshed));
cmp_ok($refreshed, '>', $played / 2, "most of them refreshed ($refreshed)");

standin_reset();
$primary->safe_psql('postgres', clock_at(undef) =~ s/ \\g.*//sr);
warehouse_sql("DROP TABLE IF EXISTS ranges_$_->{name}") for @shapes;
$primary->stop;
done_testing();
