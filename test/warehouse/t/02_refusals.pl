# Statements that Redshift refuses: SQLSTATE, message and position (redshift.md
# sections 2 and 4).
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use Standin;
use Test::More;

start();
my $c = connect_to();
$c->query('DROP TABLE IF EXISTS refusals');
$c->query('CREATE TABLE refusals (i int, b bigint, v varchar(20), d date)');

# refuses TEXT: the position of the error is the word between the marks
sub refuses
{
	my ($text, $message, $fact, $sqlstate) = @_;
	my $position = index($text, '^') + 1;
	$text =~ s/\^//;
	$sqlstate //= '42601';
	is($c->error($text), join(' ', $sqlstate, $message, $position || ()), $fact);
	return;
}
sub near { return qq{syntax error at or near "$_[0]"} }

refuses('SELECT sum(i) ^FILTER (WHERE i > 1) FROM refusals', near('FILTER'), 'FILTER (section 2, DG:c_unsupported)');
refuses("SELECT i FROM refusals WHERE v = ^E'a'", 'type "e" does not exist', "E'' (sections 2 and 11)", '42704');
refuses('SELECT * FROM refusals AS a, ^LATERAL (SELECT a.i) AS b', near('LATERAL'), 'LATERAL (section 4)');
refuses('SELECT ARRAY^[1, 2]', near('['), 'array constructor (section 4)');
like($c->error('SELECT v[1] FROM refusals'), qr/^42883 /, 'subscript of what is no SUPER (section 4)');
refuses("SELECT '{1}'::integer^[]", 'type "integer[]" is not supported', 'array type (section 4)', '0A000');
refuses('SELECT 1 WHERE 1 IS ^DISTINCT FROM 2', near('DISTINCT'), 'IS DISTINCT FROM (section 2)');
refuses('SELECT 1 WHERE 1 IS NOT ^DISTINCT FROM 2', near('DISTINCT'), 'IS NOT DISTINCT FROM (section 2)');
refuses('SELECT 1::^decimal(39,0)', 'DECIMAL precision 39 must be between 1 and 38', 'decimals have 38 digits (section 5)', '22023');
refuses('CREATE TABLE too_small (d ^decimal(38,38))', 'DECIMAL scale 38 must be between 0 and 37', 'and 37 after the point (section 5)', '22023');
refuses('INSERT INTO refusals (i) VALUES (1) ^RETURNING i', near('RETURNING'), 'RETURNING (section 2)');
refuses('INSERT INTO refusals (i) VALUES (1) ON ^CONFLICT DO NOTHING', near('CONFLICT'), 'ON CONFLICT (section 2)');
refuses('SELECT * FROM refusals ^TABLESAMPLE SYSTEM (10)', near('TABLESAMPLE'), 'TABLESAMPLE (section 4)');
refuses('SELECT * FROM (^VALUES (1), (2)) AS v (i)', near('VALUES'), 'VALUES as a table (section 4)');
refuses('^VALUES (1)', near('VALUES'), 'VALUES as a statement (section 4)');
refuses('SELECT ROW^(1, 2)', near('('), 'row constructor (section 4)');
refuses('SELECT DISTINCT ^ON (i) i FROM refusals', near('ON'), 'DISTINCT ON (section 4, mem)');
refuses('SELECT v ^COLLATE "C" FROM refusals', near('COLLATE'), 'COLLATE clause (section 2)');
refuses('SELECT max(i ^ORDER BY b) FROM refusals', near('ORDER'), 'ORDER BY in an aggregate (section 11)');
refuses('SELECT i FROM refusals ^FETCH FIRST 1 ROWS ONLY', near('FETCH'), 'FETCH FIRST (section 11)');
refuses('SELECT i FROM refusals LIMIT 1^::bigint', 'not implemented', 'LIMIT takes a bare integer (section 2, GH sqlx#801)', '0A000');
refuses('SELECT i FROM refusals WHERE (i, b) ^> (1, 2)', 'row comparison is not supported', 'row comparison (sections 4 and 11)', '0A000');
refuses('SELECT 1 WHERE 1 BETWEEN ^SYMMETRIC 2 AND 0', near('SYMMETRIC'), 'BETWEEN SYMMETRIC (section 11)');
refuses('WITH a AS ^MATERIALIZED (SELECT 1) SELECT * FROM a', near('MATERIALIZED'), 'AS MATERIALIZED (section 4)');
refuses("SELECT count(*) FROM refusals WHERE i ^-> 1", 'operator does not exist: ->', 'no JSON operators (section 4)', '42883');
refuses('^DISCARD ALL', near('DISCARD'), 'DISCARD ALL (section 2, GH npgsql#1433)');
refuses('DEALLOCATE ^ALL', near('ALL'), 'DEALLOCATE ALL (section 2, DG:r_DEALLOCATE)');
refuses('CLOSE ^ALL', near('ALL'), 'CLOSE ALL (section 11)');
refuses('COPY refusals TO ^STDOUT', near('STDOUT'), 'COPY TO STDOUT (section 3, GH pgcli#705)');
refuses('COPY refusals FROM ^STDIN', near('STDIN'), 'COPY FROM STDIN (section 3)');
refuses('^DO $$BEGIN END$$', near('DO'), 'DO (section 4)');

for my $word (qw(tag open system delta snapshot percent new old raw parallel wallet enable))
{
	refuses("SELECT ^$word FROM refusals", near($word), "$word is reserved (section 4, DG:r_pg_keywords)");
	refuses("SELECT i AS ^$word FROM refusals", near($word), "$word is reserved as an alias");
	is($c->query(qq{SELECT i AS "$word" FROM refusals})->{error}, undef, "... not when it is quoted");
}
refuses('SELECT i AS ^interval FROM refusals', near('interval'), 'interval is reserved as an alias (section 4)');
refuses('SELECT i AS ^minus FROM refusals', near('minus'), 'minus too');
is($c->query("SELECT INTERVAL '1 day', d + INTERVAL '1 hour' FROM refusals")->{error}, undef, 'INTERVAL literals are fine');

for my $call ("string_agg(v, ',')", 'array_agg(i)', 'every(i > 1)', 'corr(i, b)', 'regr_slope(i, b)', 'covar_pop(i, b)',
	'div(i, 2)', 'width_bucket(i, 1, 2, 3)', 'clock_timestamp()', 'transaction_timestamp()', 'justify_days(null)', 'pg_sleep(1)',
	'bit_length(v)', "encode(v, 'hex')", "format('%s', v)", 'quote_nullable(v)', "regexp_matches(v, 'a')", "regexp_split_to_table(v, 'a')",
	'setseed(0.1)', "pg_relation_size('refusals')", 'pg_advisory_lock(1)', "to_json(v)", 'gen_random_uuid()', 'unnest(null)', "set_config('a', 'b', false)")
{
	my ($name) = $call =~ /^(\w+)/;
	my $error = $c->error("SELECT $call FROM refusals");
	if ($name eq 'encode') { is($error, '42601 ' . near('encode') . ' 8', "$name is a reserved word (section 4)"); next }
	like($error, qr/^42883 function $name\(.*\) does not exist 8$/, "no $name() (section 4, DG:c_unsupported-postgresql-functions)");
}
for my $type (qw(json jsonb uuid bytea money inet cidr xml tsvector int4range point))
{
	like($c->error("SELECT null::$type"), qr/^42704 type "$type" does not exist/, "no type $type (section 4, DG:c_unsupported-postgresql-datatypes)");
}
like($c->error('CREATE TABLE arrays (a int[])'), qr/^0A000 /, 'no array columns (section 4)');
like($c->error($_), qr/^0A000 SQL command ".*" not supported\./, "$_ (section 4)")
  for 'CREATE INDEX i ON refusals (i)', 'CREATE SEQUENCE s', 'CREATE EXTENSION dblink', 'UNLISTEN *';
for my $statement ('SAVEPOINT s', 'ROLLBACK TO SAVEPOINT s', 'RELEASE SAVEPOINT s')
{
	$c->query('BEGIN');
	like($c->error($statement), qr/^0A000 /, "$statement (section 2, DG:c_unsupported-postgresql-functions)");
	is($c->query('SELECT 1')->{status}, 'E', '... and the transaction is aborted');
	$c->query('ROLLBACK');
}

# the extended protocol refuses at Parse, with the same message
my $answer = $c->extended('SELECT 1 WHERE 1 IS DISTINCT FROM 2');
is("$answer->{error}{C} $answer->{error}{P} $answer->{status}", '42601 21 I', 'a refusal of Parse');
is($answer->{error}{V}, undef, 'errors have no V field (section 11)');
# in a transaction block it aborts the transaction
$c->query('BEGIN');
is($c->query('SELECT ARRAY[1]')->{status}, 'E', 'a refusal aborts the transaction');
like($c->error('SELECT 1'), qr/^25P02 /, 'as any error does');
$c->query('ROLLBACK');
# positions refer to the text that the client sent, also after a rewrite
is($c->error('SELECT i::numeric, NVL(i, 1), "V", nosuch FROM refusals'), '42703 column "nosuch" does not exist 36',
	'positions are mapped back through rewriting');
is($c->error("SELECT '\xc3\xa9', nosuch FROM refusals"), '42703 column "nosuch" does not exist 13', 'positions count characters');
my $skipped = "/* FILTER ( E'' */ SELECT 'ARRAY[1] \\' FILTER (', \$\$E''\$\$ -- LATERAL\n, nosuch FROM refusals";
is($c->error($skipped), '42703 column "nosuch" does not exist ' . (index($skipped, 'nosuch') + 1),
	'comments, strings and dollar quotes are skipped');
like($c->error('SELECT 1 -- ' . 'x' x (16 * 1024 * 1024)), qr/^54000 Statement is too large/, 'a statement has at most 16 MB (section 3, DG:r_SELECT_synopsis)');
is($c->value("SELECT length('" . 'x' x (16 * 1024 * 1024 - 100) . "')"), 16 * 1024 * 1024 - 100, '... and nearly 16 MB work');

# DG:r_correlated_subqueries; all with the message of GH spark-redshift#337
for my $pattern (
	['SELECT i FROM refusals e WHERE NOT EXISTS (SELECT * FROM refusals l WHERE NOT EXISTS (SELECT * FROM refusals s WHERE e.i = s.i))', 'a level is skipped'],
	['SELECT count(*) FROM refusals c LEFT JOIN refusals e ON c.i = e.i AND e.b = (SELECT max(s.b) FROM refusals s WHERE s.i = e.i)', 'ON of an outer join'],
	['SELECT i FROM refusals s WHERE i NOT IN (SELECT sum(l.i) OVER () FROM refusals l WHERE s.i = l.i)', 'a window function'],
	['SELECT i, (SELECT count(s.i) FROM refusals s WHERE s.i = r.i) AS n FROM refusals r GROUP BY n, r.i', 'GROUP BY'],
	['SELECT i FROM refusals WHERE i IN (SELECT sum(i) FROM refusals GROUP BY b)', 'IN and a sum with GROUP BY'],
	['SELECT i FROM refusals r WHERE EXISTS (SELECT 1 FROM refusals s WHERE s.i > r.i)', 'no equality'],
	['SELECT i FROM refusals r WHERE i IN (SELECT s.i FROM refusals s WHERE s.b = r.b LIMIT 1)', 'LIMIT'],
	['SELECT i FROM refusals r WHERE i = 1 OR EXISTS (SELECT 1 FROM refusals s WHERE s.b = r.b)', 'below OR'],
	['SELECT i FROM refusals r WHERE NOT (i = 1 AND r.i = (SELECT max(s.i) FROM refusals s WHERE s.b = r.b))', 'below NOT and AND'],
	['SELECT i FROM refusals r WHERE CASE WHEN i = 1 THEN true ELSE EXISTS (SELECT 1 FROM refusals s WHERE s.b = r.b) END', 'below CASE'])
{
	like($c->error($pattern->[0]), qr/^XX000 This type of correlated subquery pattern is not supported due to internal error/, "correlated subquery: $pattern->[1]");
}
for my $pattern ('i = (SELECT max(s.i) FROM refusals s WHERE s.b = r.b)', 'EXISTS (SELECT 1 FROM refusals s WHERE s.b = r.b AND s.i <> r.i)',
	'i = 1 OR i IN (SELECT s.i FROM refusals s) OR NOT EXISTS (SELECT 1 FROM refusals s WHERE s.i > 7)', 'i IN (SELECT max(i) FROM refusals GROUP BY b)', 'i NOT IN (SELECT i FROM refusals GROUP BY i HAVING sum(b) > 1)')
{
	is($c->query("SELECT i FROM refusals r WHERE $pattern")->{error}, undef, "a subquery that works: $pattern");
}
# DG:r_scalar_subqueries: in place of an expression, with variables of the parent query
is($c->query('SELECT i, (SELECT max(s.i) FROM refusals s WHERE s.b = r.b) FROM refusals r')->{error}, undef, 'a column may be a correlated subquery');
like($c->error('SELECT i, (SELECT max(s.i) FROM refusals s WHERE s.i > r.i) FROM refusals r'), qr/^XX000 This type of correlated subquery/, '... but not without an equality');
like($c->error('SELECT b, count(*) FROM refusals GROUP BY b HAVING count(*) > (SELECT min(i) FROM refusals)'), qr/^0A000 scalar subqueries .* HAVING/, '... nor in HAVING');
like($c->error('SELECT (SELECT min(i) FROM refusals) AS n, count(*) FROM refusals GROUP BY n'), qr/^0A000 scalar subqueries .* GROUP BY/, '... nor in GROUP BY');
is($c->query('SELECT b FROM (SELECT b, count(*) AS n FROM refusals GROUP BY b) x WHERE n > (SELECT min(i) FROM refusals)')->{error}, undef, '... but in WHERE around it');

done_testing();
