# rsfed.check_group() over three stand-ins that differ: the differences are found
# and stored, rollups do not use a member that differs, and a repair ends this.

use strict;
use warnings;

use RsfedTest;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = start_primary('primary', register => 0,
	conf => "rsfed.ssl_root_cert = '" . all_authorities() . "'\n");

sub sql { return $node->safe_psql('postgres', $_[0]); }
sub everywhere { my ($do) = @_; return map { at_warehouse($_, $do) } 1 .. 3; }
sub at { my ($n, $sql) = @_; return at_warehouse($n, sub { warehouse_sql($sql) }); }
# Through the proxy, which implements external objects.
sub execute { my ($n, $command) = @_; return sql("SELECT rsfed.execute('w$n', " . quote_literal($command) . ')'); }

# The items that are not ok, one on each line: server, item, detail.
sub found
{
	my ($arguments) = @_;
	return sql("SELECT server, item, replace(detail, E'\\n', ' / ') FROM rsfed.check_group('house'" . ($arguments // '')
		  . ") WHERE ok IS NOT TRUE ORDER BY server, item");
}

# An external schema over a database of the warehouse's own lake.
sub point_schema
{
	my ($n, $database) = @_;
	execute($n, "CREATE EXTERNAL SCHEMA check_lake FROM DATA CATALOG DATABASE '$database' IAM_ROLE 'arn:aws:iam::1:role/r$n' CREATE EXTERNAL DATABASE IF NOT EXISTS");
	return;
}

# The external table of the tests, with its partitions.
sub make_days
{
	my ($n, $type, @locations) = @_;
	execute($n, "CREATE EXTERNAL TABLE check_lake.days (id $type, tags array<string>) PARTITIONED BY (day date) STORED AS PARQUET LOCATION 's3://lake/days/'");
	execute($n, "ALTER TABLE check_lake.days ADD PARTITION (day='2026-01-0$_') LOCATION '$locations[$_ - 1]'") for 1 .. @locations;
	return;
}

everywhere(sub {
	standin_reset();
	warehouse_sql(q{
		DROP SCHEMA IF EXISTS check_lake CASCADE;
		DROP TABLE IF EXISTS check_sales, check_shops, check_under CASCADE;
		CREATE TABLE check_shops (shop integer, town varchar(30));
	});
});
for my $n (1 .. 3)
{
	at_warehouse($n, sub { register_warehouse($node, name => "w$n") });
	sql("ALTER SERVER w$n OPTIONS (SET sslmode 'disable')");
	# the same rows in another order
	at($n, q{CREATE TABLE check_sales (seller integer, price decimal(8,2), note varchar(20));
		INSERT INTO check_sales SELECT i % 10, i * 0.25, CASE WHEN i % 7 = 0 THEN NULL ELSE 'n' || i END
		FROM generate_series(1, 1000) AS i ORDER BY } . ('i', 'i DESC', 'i % 10, i')[ $n - 1 ]);
	at($n, 'CREATE VIEW check_view AS SELECT seller, sum(price) AS total FROM check_sales GROUP BY seller');
	point_schema($n, 'check_days');
	make_days($n, 'int', map { "s3://lake/days/$_/" } 1 .. 3);
}
sql(q{
	SELECT rsfed.define_group('house');
	SELECT rsfed.add_member('house', 'w1'), rsfed.add_member('house', 'w2'), rsfed.add_member('house', 'w3');
	-- in what other tests have left
	DELETE FROM rsfed_catalog.difference;
});
my $tables = q{, '{check_sales,check_view,check_lake.days}'};
my $sampled = "$tables, sample => true";

# No differences
is(found($sampled), '', 'what is alike is found alike, whatever the order of its rows');
is(sql("SELECT count(DISTINCT detail), min(detail) ~ '^1000 rows, checksum -?\\d+\$' FROM rsfed.check_group('house'$sampled) WHERE item = 'content of public.check_sales'"),
	'1|t', 'with one checksum');
like(sql("SELECT detail FROM rsfed.check_group('house'$sampled) WHERE item = 'content of check_lake.days' LIMIT 1"),
	qr/not compared, .*: tags$/, 'a type that cannot be hashed is told');
everywhere(\&standin_reset);
found($tables);
is(join(' ', everywhere(sub { standin('STATUS') =~ /^statements\|(\d+)$/m; $1 <= 20 ? 'few' : $1 })), 'few few few',
	'few statements go to each, those that pin the session among them');

# The settings that decide where a name without schema is found
sql("ALTER SERVER w2 OPTIONS (ADD search_path 'nowhere')");
is(found(", '{check_sales}'"), 'w2|schema public|search_path nowhere, at "w1" "$user", public', 'another search_path');
is(sql("SELECT state FROM rsfed.groups WHERE server = 'w2'"), 'differs', 'is remembered');
sql("ALTER SERVER w2 OPTIONS (DROP search_path)");
is(sql("SELECT state FROM rsfed.groups WHERE server = 'w2'"), 'healthy', '... as long as it is so');

# All possible differences
at(2, 'UPDATE check_sales SET price = price + 1 WHERE seller = 3');
is(found($sampled) =~ s/checksum -?\d+/checksum x/gr,
	qq{w2|content of public.check_sales|1000 rows, checksum x, at "w1" 1000 rows, checksum x\n}
	  . 'w2|content of public.check_view|10 rows, checksum x, at "w1" 10 rows, checksum x', 'other rows, as many');
is(found($tables), '', 'are not seen without sample');
is(sql("SELECT state FROM rsfed.groups WHERE server = 'w2'"), 'differs', '... which forgets nothing of them either');
at(2, 'UPDATE check_sales SET price = price - 1 WHERE seller = 3');
is(found($sampled), '', 'the rows are back');
is(sql("SELECT string_agg(DISTINCT state, ' ') FROM rsfed.groups"), 'healthy', 'and nobody differs');

at(2, 'DROP VIEW check_view; ALTER TABLE check_sales ALTER COLUMN note TYPE varchar(10)');
at(2, 'CREATE VIEW check_view AS SELECT seller, count(*)::decimal(12,2) AS total FROM check_sales GROUP BY seller');
at(3, 'DROP VIEW check_view; ALTER TABLE check_sales DROP COLUMN price');
execute(2, "ALTER TABLE check_lake.days DROP PARTITION (day='2026-01-02')");
execute(3, 'DROP SCHEMA check_lake CASCADE');
point_schema(3, 'check_sea');
make_days(3, 'bigint', qw(s3://lake/days/1/ s3://lake/days/2/ s3://elsewhere/));
my $expected = <<'END';
w2|columns of public.check_sales|column note is character varying(10), at "w1" character varying(20)
w2|columns of public.check_view|column total is numeric(12,2), at "w1" TYPE
w2|partitions of check_lake.days|no partition ["2026-01-02"], which "w1" has (s3://lake/days/2)
w2|relation public.check_view|its definition is not that of "w1"
w3|columns of check_lake.days|column id is bigint, at "w1" int
w3|columns of public.check_sales|no column price, which "w1" has (numeric(8,2))
w3|partitions of check_lake.days|partition ["2026-01-03"] is s3://elsewhere, at "w1" s3://lake/days/3
w3|relation public.check_view|it is not there, or its user may not see it; "w1" has it: view
w3|schema check_lake|data catalog, database "check_sea", at "w1" data catalog, database "check_days"
END
chomp $expected;
is(found($tables) =~ s/(column total is numeric\(12,2\), at "w1" ).*/$1TYPE/r, $expected, 'every difference, and where');
is(sql("SELECT string_agg(state, ' ' ORDER BY server) FROM rsfed.groups"), 'healthy differs differs', 'rsfed.groups knows');
is(sql('SELECT count(*) FROM rsfed_doctor.difference'), '9', 'and so does doctor()');

# A rollup uses only members that agree in the relations that it reads
my $by_note = 'SELECT note, count(*) AS n FROM check_sales s GROUP BY note';
my $by_seller = 'SELECT seller, count(*) AS n FROM public.check_sales GROUP BY seller';
my $by_price = 'SELECT price, count(*) AS n FROM check_shops CROSS JOIN check_sales GROUP BY price';
my $by_star = 'WITH c AS (SELECT * FROM check_sales) SELECT seller, count(*) AS n FROM c GROUP BY seller';
sub used_by
{
	my ($name, $query, $key) = @_;
	sql("SELECT rsfed.define_rollup('$name', 'house', " . quote_literal($query) . ", key => '{$key}', populate => false)");
	sql("CALL rsfed.refresh('$name')") for 1 .. 6;
	return sql("SELECT string_agg(DISTINCT server, ' ' ORDER BY server) FROM rsfed.runs WHERE relation = '$name'::regclass");
}
is(used_by('of_seller', $by_seller, 'seller'), 'w1 w2 w3', 'a rollup that reads what is alike uses all');
is(used_by('of_note', $by_note, 'note'), 'w1 w3', 'one that reads a column of another type does not use that member');
is(used_by('of_price', $by_price, 'price'), 'w1 w2', 'nor one that lacks it');
is(used_by('of_star', $by_star, 'seller'), 'w1', 'a star reads all columns');
is(used_by('of_lake', 'SELECT day, count(*) AS n FROM check_lake.days GROUP BY day', 'day'), 'w1', 'partitions, and where a schema points to');
sql(q{SELECT rsfed.define_set('several', '{of_note,of_price}');
	SELECT rsfed.alter_member('house', 'w1', drain => true)});
my ($ret, $out, $err) = $node->psql('postgres', q{CALL rsfed.refresh('of_star')});
like($err, qr/group "house" has no member that may be asked for this.*unlike the others.*: "w2", "w3"/s, 'there is nobody left for the star');
is(sql(q{CALL rsfed.refresh('of_note'); SELECT server FROM rsfed.runs ORDER BY run_id DESC LIMIT 1}) =~ s/.*\n//sr, 'w3', 'another rollup goes on');
($ret, $out, $err) = $node->psql('postgres', q{CALL rsfed.refresh_set('several')});
like($err, qr/unlike the others.*: "w[23]", "w[23]"/, 'all that a set reads must be alike');
sql(q{SELECT rsfed.alter_member('house', 'w1', drain => false)});
is(sql(q{SELECT string_agg(DISTINCT item, ', ' ORDER BY item) FROM rsfed.check_group('house') WHERE item ~ '^relation'}),
	'relation check_lake.days, relation public.check_sales, relation public.check_shops', 'without tables it is what the rollups read');

at_warehouse(2, \&standin_reset);
is(sql("SELECT " . join(' + ', ("(SELECT count(*) FROM rsfed.compare('of_note') WHERE kind = 'summary')") x 6)) . ', '
	  . at_warehouse(2, sub { standin('STATUS') =~ /^connections_made\|(\d+)$/m; $1 }), '6, 0', 'rsfed.compare does not use that member either');

# Another warehouse with the same server name: nothing is known about it
sql("ALTER SERVER w3 OPTIONS (ADD application_name 'other')");
is(sql("SELECT state FROM rsfed.groups WHERE server = 'w3'"), 'healthy', 'changed options of a server end what was found');
sql("ALTER SERVER w3 OPTIONS (DROP application_name)");
sql('ALTER SERVER w3 RENAME TO w33');
is(sql("SELECT state FROM rsfed.groups WHERE server = 'w33'"), 'differs', 'its new name does not');
sql('ALTER SERVER w33 RENAME TO w3');
like($node->safe_psql('postgres', 'SELECT 1') && do {
	my ($stdout) = run_command([ 'pg_dump', '-a', '-d', $node->connstr('postgres') ]); $stdout },
	qr/\A(?!.*COPY rsfed_catalog\.difference).*COPY rsfed_catalog\.member/s, 'a dump has members and no differences');

# Repairs, with the remedies of doctor() where it has one
my $remedies = sql(q{SELECT remedy FROM rsfed_doctor.difference WHERE problem ~ 'no column price'});
like($remedies, qr/^SELECT rsfed\.execute\('w3', 'ALTER TABLE "public"\."check_sales" ADD COLUMN "price" numeric\(8,2\)'\); SELECT \* FROM rsfed\.check_group\('house', .*\) WHERE NOT ok;$/,
	'doctor() has the statement');
like(sql($remedies), qr/^w2\|columns of public\.check_sales/m, 'which runs as pasted');
is(sql(q{SELECT count(*) FROM rsfed_doctor.difference WHERE problem ~ 'no column price'}), '0', 'and mends');
my $longer = sql(q{SELECT remedy FROM rsfed_doctor.difference WHERE problem ~ 'column note is'});
like($longer, qr/^SELECT rsfed\.execute\('w2', 'ALTER TABLE "public"\."check_sales" ALTER COLUMN "note" TYPE character varying\(20\)'\); SELECT \* FROM rsfed\.check_group\('house', .*\) WHERE NOT ok;$/,
	'the length of a varchar can be altered');
sql($longer);
is(sql(q{SELECT count(*) FROM rsfed_doctor.difference WHERE problem ~ 'column note is'}), '0', '... which mends it');
at(2, 'CREATE VIEW check_narrow AS SELECT 1 AS a');
at($_, 'CREATE VIEW check_narrow AS SELECT 1 AS a, 2 AS b') for 1, 3;
like(found(q{, '{check_narrow}'}), qr/^w2\|columns of public\.check_narrow\|no column b/, 'a view lacks a column');
is(sql(q{SELECT count(*) FROM rsfed_doctor.difference WHERE remedy ~ 'ALTER TABLE.*check_narrow'}), '0',
	'nobody is told to alter it as if it were a table');
at(2, 'CREATE OR REPLACE VIEW check_narrow AS SELECT 1 AS a, 2 AS b');
is(found(q{, '{check_narrow}'}), '', 'until it is made anew');
at($_, 'DROP VIEW check_narrow') for 1 .. 3;
at(2, 'DROP VIEW check_view; ALTER TABLE check_sales ALTER COLUMN note TYPE varchar(20)');
at($_, 'CREATE OR REPLACE VIEW check_view AS SELECT seller, sum(price) AS total FROM check_sales GROUP BY seller') for 2, 3;
execute(3, 'DROP SCHEMA check_lake DROP EXTERNAL DATABASE CASCADE');
point_schema(3, 'check_days');
execute(2, "ALTER TABLE check_lake.days ADD PARTITION (day='2026-01-02') LOCATION 's3://lake/days/2/'");
is(found($tables), '', 'all is alike again');
is(sql('SELECT count(*) FROM rsfed_catalog.difference'), '0', 'and nothing is remembered');

# Relations that views read, at any depth, also in views WITH NO SCHEMA BINDING
sub make_under
{
	my ($n, $type) = @_;
	at($n, "DROP TABLE IF EXISTS check_under CASCADE; CREATE TABLE check_under (seller integer, price $type)");
	at($n, $_) for 'CREATE VIEW check_mid AS SELECT seller, price FROM check_under', 'CREATE VIEW check_top AS SELECT seller, sum(price) AS total FROM check_mid GROUP BY seller';
	return;
}
for my $n (1 .. 3)
{
	make_under($n, 'decimal(8,2)');
	execute($n, q{CREATE EXTERNAL TABLE check_lake.behind (id int) PARTITIONED BY (day date) STORED AS PARQUET LOCATION 's3://lake/behind/'});
	execute($n, q{ALTER TABLE check_lake.behind ADD PARTITION (day='2026-01-01') LOCATION 's3://lake/behind/1/'});
	execute($n, 'CREATE VIEW public.check_late AS SELECT day, count(*) AS n FROM check_lake.behind GROUP BY day WITH NO SCHEMA BINDING');
}
my $by_top = 'SELECT seller, max(total) AS total FROM check_top GROUP BY seller';
is(used_by('of_top', $by_top, 'seller') . ', ' . used_by('of_late', 'SELECT day, max(n) AS n FROM public.check_late GROUP BY day', 'day'), 'w1 w2 w3, w1 w2 w3',
	'rollups over views use all members while these are alike');
is(found(''), '', 'without tables, what the views read is alike, too');
is(sql(q{SELECT string_agg(DISTINCT item, ', ' ORDER BY item) FROM rsfed.check_group('house') WHERE item ~ '^(relation|partitions).*(behind|under|mid)'}),
	'partitions of check_lake.behind, relation check_lake.behind, relation public.check_mid, relation public.check_under', '... since it is compared');
is(sql(q{SELECT count(*) FROM rsfed.check_group('house', sample => true) WHERE item ~ '^content.*(behind|under|mid)'}), '0', '... without counting its rows');
# the column that was added to check_sales on one of them is empty there
sql(q{DELETE FROM rsfed_catalog.difference WHERE kind = 'content'});
is(sql(q{SELECT string_agg(format('%s.%s %s', schema_name, relation_name, n), ', ' ORDER BY relation_name) FROM (SELECT schema_name, relation_name, count(*) AS n FROM rsfed_catalog.member_view WHERE relation_name <> 'check_view' GROUP BY 1, 2) v}),
	'public.check_late 3, public.check_mid 3, public.check_top 3', 'the texts of the views are remembered, by member');
execute(2, q{ALTER TABLE check_lake.behind DROP PARTITION (day='2026-01-01')});
make_under(3, 'decimal(10,2)');
at(1, 'ALTER TABLE check_under ADD COLUMN extra integer');
is(found(''), <<'END' =~ s/\n\z//r, 'what differs behind views is found');
w2|columns of public.check_under|no column extra, which "w1" has (integer)
w2|partitions of check_lake.behind|no partition ["2026-01-01"], which "w1" has (s3://lake/behind/1)
w3|columns of public.check_mid|column price is numeric(10,2), at "w1" numeric(8,2)
w3|columns of public.check_under|no column extra, which "w1" has (integer) / column price is numeric(10,2), at "w1" numeric(8,2)
END
sub used_now
{
	my ($name) = @_;
	sql("CALL rsfed.refresh('$name')") for 1 .. 6;
	return sql("SELECT string_agg(DISTINCT server, ' ' ORDER BY server) FROM (SELECT server FROM rsfed.runs WHERE relation = '$name'::regclass ORDER BY run_id DESC LIMIT 6) r");
}
is(used_now('of_top'), 'w1 w2', '... and keeps a member from what reads the view, but not for a column that the view does not read');
is(used_now('of_late'), 'w1 w3', '... nor from what reads another one');
sql(q{UPDATE rsfed_catalog.member_view SET definition = 'CREATE OR REPLACE VIEW public.check_late AS ' || rtrim(definition, ';') || ' WITH NO SCHEMA BINDING;' WHERE relation_name = 'check_late'});
is(used_now('of_late'), 'w1 w3', '... whose text is a whole CREATE VIEW in Redshift');
make_under(3, 'decimal(8,2)');
at(1, 'ALTER TABLE check_under DROP COLUMN extra');
found(q{, '{check_under,check_mid}'});
is(used_now('of_top'), 'w1 w2 w3', 'mended, and looked at by name: it is used again');
execute(2, q{ALTER TABLE check_lake.behind ADD PARTITION (day='2026-01-01') LOCATION 's3://lake/behind/1/'});
is(found(''), '', 'all is alike again');
is(used_now('of_late'), 'w1 w2 w3', '... and used');

# Privileges of the logins that refresh rollups
sql(q{CREATE ROLE keeper; GRANT USAGE ON FOREIGN SERVER house TO keeper; GRANT CREATE ON SCHEMA public TO keeper;
	ALTER TABLE of_seller OWNER TO keeper;} . join(';', map {
	"SELECT rsfed.set_credentials('w$_', 'reader', " . quote_literal($ENV{WAREHOUSE_READER_PASSWORD}) . ", for_role => 'keeper', verify => false)" } 1 .. 3));
at(2, 'REVOKE SELECT ON check_sales FROM reader');
is(found($tables) =~ s/^w2\|grants on (?!public\.check_sales).*\n?//mgr, 'w2|grants on public.check_sales|the log-in of role "keeper" may not read it, at "w1" it may',
	'a grant that is missing');
sql("CALL rsfed.refresh('$_')") for ('of_seller', 'of_note') x 6;
is(sql(q{SELECT relation, string_agg(DISTINCT server, ' ' ORDER BY server) FROM (SELECT * FROM rsfed.runs ORDER BY run_id DESC LIMIT 12) r GROUP BY 1 ORDER BY relation::text}),
	"of_note|w1 w2 w3\nof_seller|w1 w3", 'keeps the member from the rollups of that owner only');
like(sql(q{SELECT remedy FROM rsfed_doctor.difference WHERE problem ~ 'check_sales'}), qr/GRANT SELECT ON "public"\."check_sales" TO "reader"/, 'doctor() has the GRANT');
at(2, 'GRANT SELECT ON check_top TO reader; REVOKE SELECT ON check_under FROM reader');
unlike(found(''), qr/check_under/, 'nobody needs a grant on what a view of his reads');
sql(sql(q{SELECT remedy FROM rsfed_doctor.difference WHERE problem ~ 'check_sales'}));
is(found($tables), '', 'which mends it');

# One member is unreachable, one is slow
at_warehouse(2, sub { standin('FAULT too_many_connections') });
like(found($tables), qr/\Aw2\|connection\|.*connection limit [^\n]*\z/i, 'a member that cannot be asked is a row, the others go on');
at_warehouse(2, \&standin_reset);
is(found($tables), '', 'it is back');
at_warehouse(3, sub { standin('FAULT slow 60000') });
my $begun = time;
($ret, $out, $err) = $node->psql('postgres', "SET statement_timeout = '2s'; SELECT * FROM rsfed.check_group('house'$tables)");
like($err, qr/canceling statement due to statement timeout/, 'a check can be cancelled');
cmp_ok(time - $begun, '<', 20, 'at once');
at_warehouse(3, \&standin_reset);

# A new member is checked
sql(q{SELECT rsfed.remove_member('house', 'w3')});
at(3, 'DROP TABLE check_shops');
($ret, $out, $err) = $node->psql('postgres', q{SELECT rsfed.add_member('house', 'w3')});
like($err, qr/WARNING:  the members of group "house" are not alike.*Server "w3", relation public\.check_shops: it is not there/s, 'with a WARNING');
is(sql("SELECT server, state FROM rsfed.groups WHERE server = 'w3'"), 'w3|differs', 'and is in the group');
sql(q{SELECT rsfed.remove_member('house', 'w3')});
is(sql(q{SELECT (SELECT count(*) FROM rsfed_catalog.difference) + (SELECT count(*) FROM rsfed_catalog.member_view WHERE server = 'w3')}), '0', 'what was found goes with the member');

execute($_, 'DROP SCHEMA check_lake DROP EXTERNAL DATABASE CASCADE') for 1 .. 3;
everywhere(sub { warehouse_sql('DROP TABLE IF EXISTS check_sales, check_shops, check_under CASCADE') });
$node->stop;
done_testing();
