# Types and results of aggregates (redshift.md section 5), dialect (section 4).
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use Standin;
use Test::More;

start();
my $c = connect_to();
for my $statement (
	'DROP TABLE IF EXISTS results, texts, shapes',
	'CREATE TABLE results (s smallint, i int, b bigint, d decimal(10,2), n numeric, r real, f double precision, t timestamp, g int) DISTSTYLE EVEN SORTKEY (i)',
	"INSERT INTO results VALUES (1, 1, 1, 1.25, 1.7, 0.1, 0.1, '2026-01-02 03:04:05.6', 1),
		(2, 2, 9223372036854775807, 2.50, 2.5, 0.2, 0.2, '2026-03-01', 1), (2, 2, NULL, 0.01, NULL, NULL, NULL, NULL, 2)",
	'CREATE TABLE texts (v varchar(10), c char(5), x text)',
	"INSERT INTO texts VALUES ('a', 'a', 'x'), ('a ', 'a', 'x'), ('a  ', 'b', ''), ('b', 'c', NULL), ('B', 'c', 'y')",
	'CREATE TABLE shapes (u super, vb varbyte(100), h hllsketch, g geometry, gg geography, ym interval year to month, ds interval day to second)',
	"INSERT INTO shapes VALUES ('{\"a\": [1, \"b c\"]}', 'abc', 'x', '0101', '0102', interval '1 year 2 months', interval '1 day 2 hours')")
{
	is($c->query($statement)->{error}, undef, substr $statement, 0, 40);
}

# gives EXPRESSION, VALUE, OID, TYPMOD, FACT
sub typmod { return ($_[0] << 16 | $_[1]) + 4 }
sub gives
{
	my ($expression, $value, $oid, $typmod, $fact) = @_;
	my $text = $expression =~ /\bFROM\b/ ? "SELECT $expression" : "SELECT $expression FROM results";
	my $answer = $c->query($text);
	is($answer->{error}{M}, undef, "$expression") if $answer->{error};
	my $column = $answer->{columns}[0] // {};
	is(join('|', map { $_ // 'null' } $answer->{rows}[0][0], $column->{oid}, $column->{typmod}),
		join('|', map { $_ // 'null' } $value, $oid, $typmod), "$expression: $fact");
	return;
}

gives('avg(i)', 1, 20, -1, 'avg of integers drops the fraction (DG:r_AVG)');
gives('avg(s)', 1, 20, -1, 'avg(smallint)');
gives('avg(b)', '4611686018427387904', 20, -1, 'avg(bigint)');
gives('avg(d)', '1.25', 1700, typmod(38, 2), 'avg(decimal(p,s)) keeps s digits');
gives('sum(d)', '3.76', 1700, typmod(38, 2), 'sum(decimal(p,s)) is decimal(38,s) (DG:r_SUM)');
gives('sum(i)', 5, 20, -1, 'sum(integer) is a bigint');
like($c->error('SELECT sum(b) FROM results'), qr/^22003 .*out of range/, 'sum(bigint) overflows (DG:r_SUM)');
gives('sum(b::decimal(38,0))', '9223372036854775808', 1700, typmod(38, 0), 'sum(decimal(38,0)) does not');
gives('count(*)', 3, 20, -1, 'count is a bigint (DG:r_COUNT)');
like($c->value('SELECT sum(r) FROM results'), qr/^0\.3000000/, 'sum(real) is computed');
is($c->query('SELECT sum(r), avg(r) FROM results')->{columns}[$_]{oid}, 701, '... as double precision') for 0, 1;
is($c->query("SELECT $_(i), $_(d), $_(b) FROM results")->{columns}[1]{oid}, 701, "$_ is double precision (DG:r_STDDEV_functions)")
  for qw(stddev stddev_samp stddev_pop variance var_samp var_pop);
is($c->query('SELECT stddev(i), stddev(d) FROM results')->{rows}[0][0], '0.577350269189626', 'stddev of integers');
gives('median(i)', 2, 1700, -1, 'MEDIAN (DG:r_MEDIAN)');
gives('median(f)', '0.15', 701, -1, 'MEDIAN of doubles');
gives('bool_and(i)', 't', 16, -1, 'bool_and takes integers (DG:r_BOOL_AND)');
gives('n', 2, 1700, typmod(18, 0), 'numeric is numeric(18,0) (section 5, DG:r_Numeric_types201)');
gives('d::numeric', 1, 1700, typmod(18, 0), '... in casts too (section 2)');
gives('CAST(d AS decimal)', 1, 1700, typmod(18, 0), '... and in CAST');
gives('d / 3', '0.4166666666666', 1700, typmod(21, 13), 'scale of a quotient, cut (section 5, DG:r_numeric_computations201)');
gives('d / 3.0', '0.4166', 1700, typmod(13, 4), 'at least four digits');
gives('d * d', '1.5625', 1700, typmod(21, 4), 'scale of a product');
gives('a FROM (SELECT avg(d) AS a FROM results) AS q', '1.25', 1700, typmod(38, 2), 'the scale goes through subqueries');
gives('i / 2', 0, 23, -1, 'int / int truncates');
like($c->error('SELECT i / 0 FROM results'), qr/^22012 /, 'division by zero is an error');
gives('EXTRACT(year FROM t) FROM results', 2026, 23, -1, 'EXTRACT is an integer (section 4, DG:r_EXTRACT_function)');
gives('EXTRACT(epoch FROM t) FROM results', 1767323045, 23, -1, '... and loses fractions');
gives('DATE_PART(epoch, t)', '1767323045.6', 701, -1, 'DATE_PART is a double');
gives("DATE_TRUNC('month', t::date)", '2026-01-01 00:00:00', 1114, -1, 'date_trunc of a date is a timestamp (section 4)');
gives('f', '0.1', 701, -1, 'floats print with 15 digits (section 5)');
$c->query('SET extra_float_digits = 2');
gives('f', '0.10000000000000001', 701, -1, '... with 17 under extra_float_digits 2, as before 12');
$c->query('SET extra_float_digits = 0');

# text
is_deeply($c->query('SELECT count(*) FROM texts GROUP BY v ORDER BY 1')->{rows}, [ [1], [1], [3] ], 'GROUP BY ignores trailing blanks of varchar (section 5)');
gives('count(DISTINCT v) FROM texts', 3, 20, -1, 'so does DISTINCT');
gives("count(*) FROM texts WHERE v = 'a'", 3, 20, -1, 'and = (DG:r_Character_types)');
gives('count(*) FROM texts a JOIN texts b ON a.v = b.v', 11, 20, -1, 'and a join');
gives("count(*) FROM texts WHERE v IN ('a   ', 'q')", 3, 20, -1, 'and IN');
gives("count(*) FROM texts WHERE upper(v) = 'A'", 3, 20, -1, 'and results of functions');
is_deeply([ map { $_->[0] } @{ $c->query("SELECT DISTINCT v FROM texts WHERE v IN ('b', 'B') ORDER BY v")->{rows} } ], [ 'B', 'b' ], 'order is by bytes (section 4, DG:r_ORDER_BY_clause)');
gives("LEN(v) FROM texts WHERE LEN(v) = 2", 2, 23, -1, 'LEN of varchar counts blanks (section 5)');
gives("LEN(c) FROM texts", 1, 23, -1, 'LEN of char does not');
gives("x FROM texts", 'x', 1043, 260, 'TEXT is varchar(256) (section 5)');
gives("v::text FROM texts", 'a', 1043, 260, '... in casts');
like($c->error("INSERT INTO texts (v) VALUES ('\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9')"), qr/^22001 /, 'varchar(n) counts bytes (section 5)');
gives("LISTAGG(x, ',') WITHIN GROUP (ORDER BY c, x) FROM texts", 'x,x,y', 1043, -1, 'LISTAGG skips NULL and empty strings (section 4, DG:r_LISTAGG)');
like($c->error("SELECT LISTAGG(REPEAT('x', 60000), ',') WITHIN GROUP (ORDER BY v) FROM texts"), qr/^XX000 Result size exceeds LISTAGG limit/, '... and fails above 65535 bytes');
gives("CONCAT(v, NULL) FROM texts", undef, 25, -1, 'CONCAT of NULL is NULL (section 4, DG:r_CONCAT)');
like($c->error("SELECT CONCAT('a', 'b', 'c')"), qr/^42883 /, '... and takes two');

# types
my %oid = (u => 4000, vb => 6551, h => 2935, g => 3000, gg => 3001, ym => 1188, ds => 1190);
gives("$_ FROM shapes", $c->value("SELECT $_ FROM shapes"), $oid{$_}, ($_ eq 'vb' ? 104 : -1), "type $oid{$_} (section 5, JDBC)") for sort keys %oid;
is($c->value('SELECT vb FROM shapes'), '616263', 'VARBYTE prints bare hexadecimal digits (section 5)');
is($c->value('SELECT u FROM shapes'), '{"a":[1,"b c"]}', 'SUPER prints JSON');
like($c->error("SELECT '{'::super"), qr/^22P02 /, 'and takes only that');
my $answer = $c->query("SELECT 'lit', NULL AS n, 'x'::varchar(3), 'y' AS z FROM results");
is_deeply([ map { $_->{oid} } @{ $answer->{columns} } ], [ 705, 705, 1043, 705 ], 'untyped literals have the type unknown (section 5)');
is_deeply($answer->{rows}[0], [ 'lit', undef, 'x', 'y' ], '... and their values');
is_deeply([ map { $_->{oid} } @{ $c->extended("SELECT 'a', i FROM results")->{columns} } ], [ 705, 23 ], '... in the extended protocol too');

# dialect
gives("DATEADD(day, 30, '2026-01-31'::date)", '2026-03-02 00:00:00', 1114, -1, 'DATEADD (section 4)');
gives("DATEADD('month', 1, DATE '2026-01-31')", '2026-02-28 00:00:00', 1114, -1, 'DATEADD with a quoted part');
gives("DATEDIFF(year, '2025-12-31', '2026-01-01')", 1, 20, -1, 'DATEDIFF counts boundaries (section 4)');
gives("DATEDIFF(qtr, '2025-12-31', '2026-01-01')", 1, 20, -1, 'of quarters');
gives("DATEDIFF(hour, '2026-01-01 00:59:59', '2026-01-01 01:00:00')", 1, 20, -1, 'of hours');
gives("DATEDIFF(week, '2026-11-21', '2026-11-22')", 1, 20, -1, 'of weeks, which begin on Sunday');
is($c->query('SELECT GETDATE(), SYSDATE')->{columns}[$_]{oid}, 1114, 'GETDATE() and SYSDATE have no time zone (section 4)') for 0, 1;
gives('NVL(b, 7) FROM results WHERE b IS NULL', 7, 20, -1, 'NVL');
is_deeply($c->query('SELECT TOP 1 i FROM results ORDER BY i DESC')->{rows}, [ [2] ], 'TOP n (section 4)');
is_deeply($c->query('SELECT i FROM results MINUS SELECT 1')->{rows}, [ [2] ], 'MINUS (section 4)');
gives('APPROXIMATE COUNT(DISTINCT i)', 2, 20, -1, 'APPROXIMATE COUNT(DISTINCT) (section 4)');
gives("i FROM results WHERE (i, g) IN ((1, 1))", 1, 23, -1, '(a, b) IN ((1, 2)) is documented (section 4)');
is($c->query('SELECT g, sum(i) FROM results GROUP BY ROLLUP (g) ORDER BY g NULLS FIRST')->{error}, undef, 'ROLLUP, NULLS FIRST (section 4)');
is($c->query('SELECT i, sum(d) OVER (PARTITION BY g ORDER BY i ROWS UNBOUNDED PRECEDING) FROM results')->{columns}[1]{typmod}, typmod(38, 2), 'a window');
is($c->query('WITH q AS (SELECT g, avg(d) AS a FROM results GROUP BY g HAVING avg(d) > 0) SELECT g, a FROM q ORDER BY g')->{columns}[1]{oid}, 1700, 'WITH, HAVING');
is($c->query('CREATE TABLE ddl (i int IDENTITY(1,1) DISTKEY, v varchar(9) ENCODE zstd SORTKEY) DISTSTYLE KEY COMPOUND SORTKEY (v); DROP TABLE ddl')->{error}, undef, 'attributes of tables');
# FNV_HASH (DG:r_FNV_HASH)
is($c->value("SELECT fnv_hash($_->[0])"), $_->[1], "FNV_HASH($_->[0])") for
	[ '1', '-5968735742475085980' ], [ '1::smallint', '589727492704079044' ], [ '1::bigint', '-8517097267634966620' ],
	[ "'Amazon Redshift'", '7783490368944507294' ], [ "'Amazon Redshift', fnv_hash(1)", '-2202602717770968555' ], [ "'cd', fnv_hash('ab')", '-281581062704388899' ];
is($c->value('SELECT SUM(CAST(FNV_HASH(i) AS DECIMAL(38,0))) FROM results'), $c->value('SELECT 2 * CAST(FNV_HASH(2) AS DECIMAL(38,0)) + FNV_HASH(1)'), 'hashes are summed as decimals');

done_testing();
