# Constructs and functions of the developer guide that PostgreSQL does not have,
# with the guide's own examples and results if it shows them.
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use Standin;
use Test::More;

start();
my $c = connect_to();

# rows TEXT: its rows, with values separated by |, rows by ;
sub rows
{
	my ($text) = @_;
	my $answer = $c->query($text);
	return "ERROR: $answer->{error}{C} $answer->{error}{M}" if $answer->{error};
	return join ';', map { join '|', map { $_ // 'null' } @$_ } @{ $answer->{rows} };
}
sub gives { my ($text, $rows, $fact) = @_; is(rows($text), $rows, "$text: $fact"); return }
sub names { return join ',', map { $_->{name} } @{ $c->query($_[0])->{columns} } }

for my $statement (
	'DROP TABLE IF EXISTS part, count_by_color, winsales, employee, bar, foo, people',
	'CREATE TABLE part (partname varchar, manufacturer varchar, quality int, price decimal(12, 2))',
	"INSERT INTO part VALUES ('prop', 'local parts co', 2, 10.00), ('prop', 'big parts co', NULL, 9.00), ('prop', 'small parts co', 1, 12.00),
		('rudder', 'local parts co', 1, 2.50), ('rudder', 'big parts co', 2, 3.75), ('rudder', 'small parts co', NULL, 1.90)",
	'CREATE TABLE count_by_color (quality varchar, red int, green int, blue int)',
	"INSERT INTO count_by_color VALUES ('high', 15, 20, 7), ('normal', 35, NULL, 40), ('low', 10, 23, NULL)",
	'CREATE TABLE winsales (salesid int, dateid date, sellerid int, buyerid char(1), qty int)',
	"INSERT INTO winsales VALUES (30001, '2003-08-02', 3, 'b', 10), (10001, '2003-12-24', 1, 'c', 10), (10005, '2003-12-24', 1, 'a', 30),
		(40001, '2004-01-09', 4, 'a', 40), (10006, '2004-01-18', 1, 'c', 10), (20001, '2004-02-12', 2, 'b', 20), (40005, '2004-02-12', 4, 'a', 10),
		(20002, '2004-02-16', 2, 'c', 20), (30003, '2004-04-18', 3, 'b', 15), (30004, '2004-04-18', 3, 'b', 20), (30007, '2004-09-07', 3, 'c', 30)",
	'CREATE TABLE employee (id int, name varchar(20), manager_id int)',
	"INSERT INTO employee VALUES (100, 'Carlos', NULL), (101, 'John', 100), (102, 'Jorge', 101), (106, 'Mateo', 102), (107, 'Ana', 106)",
	'CREATE TABLE bar (data super)',
	'INSERT INTO bar SELECT json_parse(\'{"scalar_array": [1, 2.3, 45000000], "status": "P", "order": {"x": 5}}\')',
	'CREATE TABLE foo (multi_level_array super)',
	"INSERT INTO foo SELECT json_parse('[[1.1, 1.2], [2.1, 2.2]]')",
	'CREATE TABLE people (id int, v varchar(20), ok boolean, d date, n decimal(8,2))',
	"INSERT INTO people VALUES (1, 'john', true, '2008-01-05', 109.20), (2, 'JOHN', false, '2008-02-06', 11.40), (3, 'x', NULL, NULL, NULL)")
{
	is($c->query($statement)->{error}{M}, undef, substr $statement, 0, 40);
}

# FROM
gives('SELECT sum(n) FROM (SELECT 1 AS n FROM part)', 6, 'a subquery needs no alias (r_FROM_clause30)');
gives('SELECT count(*) FROM (SELECT 1 FROM part), (SELECT 2) JOIN (SELECT 3) ON true', 6, 'nor do several');
gives("SELECT * FROM (SELECT quality, manufacturer FROM part) PIVOT (count(*) FOR quality IN (1, 2, NULL)) ORDER BY 1",
	'big parts co|0|1|1;local parts co|1|1|0;small parts co|1|0|1', 'PIVOT with an implicit column');
is(names('SELECT * FROM (SELECT quality, manufacturer FROM part) PIVOT (count(*) AS count FOR quality IN (1 AS high, 2 AS low, NULL AS na))'),
	'manufacturer,high_count,low_count,na_count', 'PIVOT with aliases');
gives("SELECT * FROM (SELECT partname, price FROM part) PIVOT (AVG(price) FOR partname IN ('prop', 'rudder'))", '10.33|2.71', 'PIVOT, and an average is cut, not rounded');
is(names("SELECT * FROM (SELECT partname, price FROM part) PIVOT (AVG(price) FOR partname IN ('prop', 'rudder')) AS p"), 'prop,rudder', 'PIVOT names columns after values');
gives('SELECT * FROM (SELECT red, green, blue FROM count_by_color) UNPIVOT (cnt FOR color IN (red, green, blue)) ORDER BY 1, 2',
	'blue|7;blue|40;green|20;green|23;red|10;red|15;red|35', 'UNPIVOT');
gives('SELECT * FROM (SELECT quality, red, green FROM count_by_color) UNPIVOT INCLUDE NULLS (cnt FOR color IN (red r, green AS g)) ORDER BY 1, 2',
	'high|g|20;high|r|15;low|g|23;low|r|10;normal|g|null;normal|r|35', 'UNPIVOT INCLUDE NULLS, with aliases');
gives("SELECT id FROM employee WHERE level < 4 START WITH name = 'John' CONNECT BY PRIOR id = manager_id ORDER BY 1", '101;102;106', 'CONNECT BY');
gives("SELECT COUNT(*) FROM Employee \"start\" CONNECT BY PRIOR id = manager_id START WITH name = 'John'", 4, 'START WITH behind it, and the alias');
gives("SELECT max(level) FROM employee AS start CONNECT BY PRIOR start.id = start.manager_id", 5, 'without START WITH every row is a root');

# the clauses of SELECT
gives('SELECT partname, sum(quality) AS s FROM part GROUP BY ALL ORDER BY 1', 'prop|3;rudder|3', 'GROUP BY ALL (r_GROUP_BY_clause)');
gives('SELECT count(*) FROM part GROUP BY ALL', 6, 'of no column');
gives('SELECT partname, price FROM part p WHERE price > 2 QUALIFY row_number() OVER (PARTITION BY partname ORDER BY price DESC) = 1 ORDER BY 1',
	'prop|12.00;rudder|3.75', 'QUALIFY (r_QUALIFY_clause)');
gives('SELECT * FROM count_by_color AS c QUALIFY rank() OVER (ORDER BY red DESC) = 1', 'normal|35|null|40', 'of a star');
gives('SELECT partname, sum(price) AS s FROM part GROUP BY partname HAVING count(*) > 0 QUALIFY rank() OVER (ORDER BY s) = 1', 'rudder|8.15', 'behind HAVING, with an alias');
like($c->error('SELECT * FROM part QUALIFY rank() OVER (ORDER BY price) = 1'), qr/^42601 syntax error at or near "rank" 28$/, '... the relation before it needs an alias');
is(names('SELECT * EXCLUDE (partname, quality) FROM part'), 'manufacturer,price', 'EXCLUDE (r_EXCLUDE_list)');
is(names('SELECT * EXCLUDE partname, quality FROM part ORDER BY partname'), 'manufacturer,price', 'without brackets');
is($c->error('SELECT * EXCLUDE nosuch FROM part'), '42703 column "nosuch" does not exist', '... of columns that exist');
like($c->error('SELECT * EXCLUDE (upper(partname)) FROM part'), qr/^42601 /, '... not of expressions');
is(names('SELECT quality exclude, red AS exclude FROM count_by_color'), 'exclude,exclude', 'the word is a name elsewhere');

# expressions
gives('SELECT CONVERT(char(4), 2008), CONVERT(integer, n) FROM people WHERE id = 1', '2008|109', 'CONVERT(type, x) (r_CONVERT_function)');
gives("SELECT CONVERT(datetime, '2008-02-18 02:36:48') AS t", '2008-02-18 02:36:48', 'datetime');
like($c->error('SELECT CONVERT(smallint, 12345678)'), qr/^22003 /, 'an overflow is an error');
gives("SELECT decode(id, 1, 'one', 2, 'two', 'many'), decode(ok, NULL, 'unknown') FROM people ORDER BY id", 'one|null;two|null;many|unknown', 'DECODE (r_DECODE_expression)');
gives("SELECT id FROM people WHERE collate(v, 'case_insensitive') = 'John' ORDER BY 1", '1;2', 'COLLATE() (r_COLLATE)');
gives("SELECT count(*) FROM people GROUP BY collate(v, 'case_insensitive') ORDER BY 1", '1;2', '... groups');
like($c->error("SELECT collate(v, 'german') FROM people"), qr/^22023 /, '... knows two collations');
gives('SELECT window, fetch FROM (SELECT 1 AS window, 2 AS fetch)', '1|2', 'names that only PostgreSQL reserves');
like($c->error("SELECT * FROM part, LATERAL (SELECT 1) x"), qr/^42601 syntax error at or near "LATERAL" 21$/, '... LATERAL is no keyword');
is($c->query('CREATE TABLE #t (i int); INSERT INTO #t VALUES (1); INSERT INTO #t SELECT i + 1 FROM #t')->{error}{M}, undef, '#temp names');
gives('SELECT #t.i FROM #t JOIN part ON #t.i = part.quality WHERE price > 11', 1, '... qualified');
is($c->query('SELECT i INTO #u FROM #t')->{error}{M}, undef, '... INTO');
gives('SELECT 6 # 3, 6#3', '5|5', '... # is an operator elsewhere');

# casts without CAST
gives("SELECT id || v, 'n' || n || d, len(id), left(d, 4), ok || '' FROM people WHERE id = 1", '1john|n109.202008-01-05|1|2008|true', 'numbers, dates and booleans become text');
gives("SELECT id FROM people WHERE d LIKE '2008-01%' AND id = '1'", 1, '... in conditions');
gives('SELECT id FROM people WHERE ok = 1', 1, '1 is true');
gives('SELECT count(*) FROM people WHERE id AND CASE WHEN 0 THEN false ELSE true END', 3, '... wherever a boolean stands');
like($c->error('SELECT v + 1 FROM people'), qr/^(22P02|42883) /, 'text does not become a number');
like($c->error("SELECT d + ok FROM people"), qr/^42883 /, 'nor a boolean a number of days');

# SUPER
gives('SELECT b.data.scalar_array[1], data[0], b.data.nosuch.x FROM bar b', '2.3|null|null', 'navigation is lax (query-super)');
gives('SELECT index, element FROM bar AS b, b.data.scalar_array AS element AT index', '0|1;1|2.3;2|45000000', 'unnesting with AT');
gives('SELECT array, element FROM foo AS f, f.multi_level_array AS array, array AS element', '[1.1,1.2]|1.1;[1.1,1.2]|1.2;[2.1,2.2]|2.1;[2.1,2.2]|2.2', 'of several levels');
gives("SELECT count(*) FROM bar b WHERE b.data.status = 'P' AND b.data.order.x < 6 AND NOT b.data.status = 5", 1, 'dynamic types compare');
gives('SELECT b.data.status::integer, b.data.order.x::integer + 1, b.data.status::varchar FROM bar b', 'null|6|P', 'a cast to the wrong type is NULL');
gives('SELECT json_typeof(b.data.order), count(*) FROM bar b GROUP BY b.data.order', 'object|1', 'GROUP BY');
like($c->error('SELECT v[0] FROM people'), qr/^42883 /, 'no path into other types');

# aggregates
gives('SELECT any_value(partname) FROM part WHERE quality = 2 AND price > 5', 'prop', 'ANY_VALUE (r_ANY_VALUE)');
gives('SELECT listagg(sellerid) WITHIN GROUP (ORDER BY dateid, salesid) FROM winsales', '31141242333', 'LISTAGG of numbers (r_LISTAGG)');
gives("SELECT listagg(DISTINCT sellerid, ', ') WITHIN GROUP (ORDER BY sellerid DESC) FROM winsales", '4, 3, 2, 1', '... DISTINCT, in their order');
gives("SELECT listagg(dateid, '|') WITHIN GROUP (ORDER BY sellerid DESC, salesid ASC) FROM winsales WHERE buyerid = 'b'", '2003-08-02|2004-04-18|2004-04-18|2004-02-12', '... of dates');
gives('SELECT DISTINCT sellerid, percentile_cont(0.5) WITHIN GROUP (ORDER BY qty) OVER (PARTITION BY sellerid) FROM winsales ORDER BY 1', '1|10;2|20;3|17.5;4|25', 'PERCENTILE_CONT OVER (r_WF_PERCENTILE_CONT)');
gives('SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY qty), percentile_disc(0.6) WITHIN GROUP (ORDER BY qty DESC) FROM winsales', '20|15', '... and without');
like($c->error('SELECT percentile_cont(0.5) FROM winsales'), qr/^42601 /, '... needs WITHIN GROUP');
gives('SELECT hll_cardinality(hll_create_sketch(sellerid)) FROM winsales', 4, 'HLL_* (hyperloglog-functions)');
gives('SELECT hll_cardinality(hll_combine(s)) FROM (SELECT hll_create_sketch(qty) AS s FROM winsales GROUP BY sellerid)', 5, '... combined');
is($c->query('SELECT hll_create_sketch(qty) FROM winsales')->{columns}[0]{oid}, 2935, '... of their own type');

# functions
gives("SELECT split_to_array('12|345|6789', '|'), split_to_array('a,b')", '["12","345","6789"]|["a","b"]', 'SPLIT_TO_ARRAY');
gives("SELECT json_extract_array_element_text('[111,112,113]', 2), json_array_length('[11,12,13]')", '113|3', 'JSON_*');
gives(q~SELECT json_extract_array_element_text('["a",["b",1,["c",2,3,null,]]]', 1, true), json_extract_path_text('{"a"', 'a', true)~, 'null|null', '... NULL for what is not valid');
like($c->error(q~SELECT json_extract_array_element_text('["a",["b",1,["c",2,3,null,]]]', 1)~), qr/^22P02 /, '... or an error');
gives(q~SELECT is_valid_json_array('["a",["b",1,["c",2,3,null]]]'), is_valid_json_array('[1,2,]'), is_valid_json('{"a":1}')~, 't|f|t', 'IS_VALID_JSON_ARRAY');
gives("SELECT months_between('1969-01-18', '1969-03-18'), months_between('8/31/2014', '9/30/2014')", '-2|-1', 'MONTHS_BETWEEN');
gives("SELECT next_day('2014-08-20', 'Tuesday'), next_day('2014-08-20', 'W')", '2014-08-26|2014-08-27', 'NEXT_DAY');
gives("SELECT strtol('0xf', 16), strtol('abcd1234', 16), strtol('1234567', 8), strtol('110101', 2)", '15|2882343476|342391|53', 'STRTOL');
gives("SELECT crc32('Amazon Redshift'), func_sha1('abc'), sha1('abc') = sha('abc')", 'f2726906|a9993e364706816aba3e25717850c26c9cd0d89d|t', 'CRC32, SHA1');
gives("SELECT soundex('Amazon'), soundex('AWS Amazon'), soundex('+-*/%')", 'A525|A252|', 'SOUNDEX');
gives('SELECT checksum(n) FROM people WHERE id < 3 ORDER BY id', '10920;1140', 'CHECKSUM (r_CHECKSUM)');
gives("SELECT regexp_replace('the fox', 'FOX', 'quick brown fox', 1, 'i')", 'the quick brown fox', 'REGEXP_REPLACE');
gives("SELECT regexp_replace('passwd7 plain A1234 a1234', '(?=[^ ]*[a-z])(?=[^ ]*[0-9])[^ ]+', '[hidden]', 1, 'ip')", '[hidden] plain [hidden] [hidden]', '... with PCRE');
gives("SELECT regexp_replace('aXbXc', 'X'), regexp_replace('aXbXc', 'X', '-', 3)", 'abc|aXb-c', '... every match, from a position on');

# positions refer to the client's text, also after a construct
is($c->error('SELECT quality, nosuch FROM (SELECT quality FROM part)'), '42703 column "nosuch" does not exist 17', 'positions are mapped back');
is($c->error('SELECT x.quality FROM (SELECT quality FROM part) x WHERE convert(integer, x.quality) = nosuch'), '42703 column "nosuch" does not exist 88', '... past what was moved');
is_deeply([ map { $_->{oid} } @{ $c->extended('SELECT * EXCLUDE (partname) FROM part p WHERE price > 2 LIMIT 1')->{columns} } ], [ 1043, 23, 1700 ], 'in the extended protocol too');
done_testing();
