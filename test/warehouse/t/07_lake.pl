# The lake: external DDL, catalogue, partitions, scanned data (redshift.md section 7).
use strict;
use warnings;
use File::Basename qw(dirname);
use File::Path qw(make_path);
use File::Temp qw(tempdir);
use FindBin;
use lib $FindBin::Bin;
use Standin;
use Test::More;

start();
my $lake = env('LAKE');
my $c = connect_to();
my $role = 'arn:aws:iam::123456789012:role/lake';

# put URL, CONTENT: an object in S3, written by another program
sub put
{
	my ($url, $content) = @_;
	(my $path = $url) =~ s{^s3://}{$lake/s3/} or die $url;
	make_path(dirname($path));
	open my $file, '>', $path or die "$path: $!";
	print $file $content;
	close $file or die $!;
	return;
}

sub ok_tag
{
	my ($text, $tag, $name) = @_;
	my $answer = $c->query($text);
	is($answer->{error} ? "$answer->{error}{C} $answer->{error}{M}" : $answer->{tags}[0], $tag, $name // $tag);
	return;
}

# scanned: the data that the last query read, in both views; checks that they agree
sub scanned
{
	my ($session) = @_;
	my $id = $session->value('SELECT pg_last_query_id()');
	my $new = $session->query("SELECT sum(total_partitions), sum(qualified_partitions), sum(scanned_files), sum(returned_bytes), sum(returned_rows) FROM sys_external_query_detail WHERE query_id = $id")->{rows}[0];
	my $old = $session->query("SELECT sum(files), sum(s3_scanned_bytes), sum(s3_scanned_rows) FROM svl_s3query_summary WHERE query = $id")->{rows}[0];
	is_deeply($old, [ @$new[ 2 .. 4 ] ], 'SVL_S3QUERY_SUMMARY says the same') if defined $new->[0];
	return { id => $id, partitions => $new->[0], qualified => $new->[1], files => $new->[2], bytes => $new->[3], rows => $new->[4] };
}

$c->query("DROP SCHEMA IF EXISTS $_ DROP EXTERNAL DATABASE CASCADE") for qw(lake lake_two);
$c->query('DROP SCHEMA IF EXISTS hive CASCADE');

# external schemas
my $schema = "CREATE EXTERNAL SCHEMA IF NOT EXISTS lake FROM DATA CATALOG DATABASE 'db' REGION 'eu-west-1' IAM_ROLE '$role,arn:aws:iam::1:role/b' CREATE EXTERNAL DATABASE IF NOT EXISTS";
ok_tag($schema, 'CREATE EXTERNAL SCHEMA');
is($c->query($schema)->{notices}[0]{S}, 'INFO', 'IF NOT EXISTS says that it is there already');
like($c->error("CREATE EXTERNAL SCHEMA lake FROM DATA CATALOG DATABASE 'db' IAM_ROLE '$role'"), qr/^42P06 /, 'without it fails');
ok_tag("CREATE EXTERNAL SCHEMA lake_two FROM DATABASE 'db2' IAM_ROLE default CATALOG_ROLE '$role' CREATE EXTERNAL DATABASE IF NOT EXISTS", 'CREATE EXTERNAL SCHEMA', 'DATA CATALOG is the default');
ok_tag("CREATE EXTERNAL SCHEMA hive FROM HIVE METASTORE DATABASE 'h' URI '10.0.0.1' PORT 99 IAM_ROLE '$role'", 'CREATE EXTERNAL SCHEMA', 'HIVE METASTORE');
is_deeply($c->query("SELECT eskind, schemaname, databasename, esoptions FROM svv_external_schemas WHERE schemaname IN ('lake', 'lake_two', 'hive') ORDER BY 2")->{rows},
	[ [ 2, 'hive', 'h', qq[{"URI":"10.0.0.1","PORT":"99","IAM_ROLE":"$role"}] ],
		[ 1, 'lake', 'db', qq[{"REGION":"eu-west-1","IAM_ROLE":"$role,arn:aws:iam::1:role/b"}] ],
		[ 1, 'lake_two', 'db2', qq[{"IAM_ROLE":"default","CATALOG_ROLE":"$role"}] ] ], 'SVV_EXTERNAL_SCHEMAS');
is($c->value("SELECT count(*) FROM svv_external_databases WHERE databasename = 'db'"), 1, 'SVV_EXTERNAL_DATABASES');
my %bad = (
	"FROM DATA CATALOG DATABASE 'd' IAM_ROLE '$role, $role'" => qr/without blanks/,
	"FROM DATA CATALOG DATABASE 'd' IAM_ROLE 'lake'" => qr/Invalid IAM_ROLE/,
	"FROM DATA CATALOG DATABASE 'd'" => qr/^42601 IAM_ROLE is missing/,
	"FROM DATA CATALOG DATABASE 'd' IAM_ROLE '$role' URI 'x'" => qr/^42601 .*URI/,
	"FROM DATA CATALOG DATABASE 'd' IAM_ROLE '$role' CATALOG_ID '1'" => qr/SESSION/,
	"FROM HIVE METASTORE DATABASE 'd' IAM_ROLE '$role'" => qr/^42601 URI is missing/,
	"FROM HIVE METASTORE DATABASE 'd' URI 'x' IAM_ROLE '$role' CREATE EXTERNAL DATABASE IF NOT EXISTS" => qr/^0A000 /,
	"FROM REDSHIFT DATABASE 'd' SCHEMA 's' IAM_ROLE '$role'" => qr/^42601 /,
	"FROM REDSHIFT DATABASE 'd'" => qr/^42601 SCHEMA is missing/,
	"FROM ATHENA DATABASE 'd' IAM_ROLE '$role'" => qr/^42601 /);
like($c->error("CREATE EXTERNAL SCHEMA bad $_"), $bad{$_}, "refused: $_") for sort keys %bad;

# external tables
my $columns = "(id int, name string, amount decimal(8,2), tags array<string>) PARTITIONED BY (day date)";
my $table = "CREATE EXTERNAL TABLE lake.sales $columns ROW FORMAT SERDE 'x.y' WITH SERDEPROPERTIES ('a'='b') STORED AS PARQUET LOCATION 's3://bucket/sales/' TABLE PROPERTIES ('numRows'='100')";
ok_tag($table, 'CREATE EXTERNAL TABLE');
like($c->error($table), qr/already exists/, 'a second one of the name');
is_deeply($c->query("SELECT columnname, external_type, columnnum, part_key FROM svv_external_columns WHERE tablename = 'sales' ORDER BY columnnum")->{rows},
	[ [ 'id', 'int', 1, 0 ], [ 'name', 'string', 2, 0 ], [ 'amount', 'decimal(8,2)', 3, 0 ], [ 'tags', 'array<string>', 4, 0 ], [ 'day', 'date', 5, 1 ] ], 'SVV_EXTERNAL_COLUMNS keeps the spelling');
is_deeply($c->query("SELECT schemaname, location, serialization_lib, serde_parameters, tabletype FROM svv_external_tables WHERE tablename = 'sales'")->{rows},
	[ [ 'lake', 's3://bucket/sales', 'x.y', '{"a":"b"}', 'TABLE' ] ], 'SVV_EXTERNAL_TABLES, the location without its slash');
like($c->value("SELECT parameters FROM svv_external_tables WHERE tablename = 'sales'"), qr/^\{"numRows":"100","transient_lastDdlTime":"\d+"\}$/, 'its parameters');
is($c->value("SELECT table_type FROM svv_tables WHERE table_schema = 'lake' AND table_name = 'sales'"), 'EXTERNAL TABLE', 'SVV_TABLES');
is($c->value("SELECT count(*) FROM svv_redshift_columns WHERE schema_name = 'lake' AND table_name = 'sales'"), 0, 'not in SVV_REDSHIFT_COLUMNS');
like($c->error('CREATE EXTERNAL TABLE lake.x (i int) STORED AS PARQUET'), qr/^42601 /, 'LOCATION is needed');
like($c->error("CREATE EXTERNAL TABLE lake.x (i int) STORED AS PARQUET LOCATION 'http://x/'"), qr/no path in Amazon S3/, '... in S3');
like($c->error("CREATE EXTERNAL TABLE x (i int) STORED AS PARQUET LOCATION 's3://x/'"), qr/^42601 /, 'its schema is needed');
like($c->error("CREATE EXTERNAL TABLE public.x (i int) STORED AS PARQUET LOCATION 's3://x/'"), qr/not an external schema/, '... an external one');
like($c->error("CREATE EXTERNAL TABLE lake.x (i int) PARTITIONED BY (i int) STORED AS PARQUET LOCATION 's3://x/'"), qr/specified more than once/, 'a key is no column of the files');
like($c->error("CREATE EXTERNAL TABLE lake.x (i int) PARTITIONED BY (j super) STORED AS PARQUET LOCATION 's3://x/'"), qr/^0A000 /, 'types of keys');

# partitions
my $partition = "ALTER TABLE lake.sales ADD IF NOT EXISTS PARTITION (day='2026-01-01') LOCATION 's3://bucket/sales/day=2026-01-01/' PARTITION (day='2026-01-02') LOCATION 's3://bucket/sales/day=2026-01-02/'";
put('s3://bucket/sales/day=2026-01-01/part-0', qq{1,a,1.50,[]\n2,b,2.50,[]\n});
put('s3://bucket/sales/day=2026-01-01/more/part-1', qq{3,a,4.00,[]\n});
put('s3://bucket/sales/day=2026-01-01/' . $_, qq{9,x,9.00,[]\n}) for '_SUCCESS', '.hidden', '#x', 'old~';
put('s3://bucket/sales/day=2026-01-02/part-0', qq{4,b,8.00,[]\n});
put('s3://bucket/sales/day=2026-01-03/part-0', qq{5,c,16.00,[]\n});
is($c->value('SELECT count(*) FROM lake.sales'), 0, 'a partition that nobody has registered gives no row');
ok_tag($partition, 'ALTER TABLE', 'ADD PARTITION');
ok_tag($partition, 'ALTER TABLE', 'ADD IF NOT EXISTS PARTITION again');
like($c->error("ALTER TABLE lake.sales ADD PARTITION (day='2026-01-01') LOCATION 's3://x/'"), qr/already exists/, 'without IF NOT EXISTS it fails');
is_deeply($c->query("SELECT day, sum(amount), count(*) FROM lake.sales GROUP BY day ORDER BY day")->{rows}, [ [ '2026-01-01', '8.00', 3 ], [ '2026-01-02', '8.00', 1 ] ], 'sub-folders are read, hidden files are not');
my $size = -s "$lake/s3/bucket/sales/day=2026-01-01/part-0";
$size += -s "$lake/s3/bucket/sales/day=2026-01-01/more/part-1";
my $second = -s "$lake/s3/bucket/sales/day=2026-01-02/part-0";
my $all = scanned($c);
is("@$all{qw(partitions qualified files bytes rows)}", '2 2 3 ' . ($size + $second) . ' 4', 'SYS_EXTERNAL_QUERY_DETAIL has what was scanned');
for my $case ([ "day = '2026-01-02'", 1, $second ], [ "day > '2026-01-01' AND id > 0", 1, $second ], [ "day IN ('2026-01-01', '2026-01-02')", 2, $size + $second ], [ 'day IS NULL', 0, 0 ],
	[ "date_trunc('month', day) = '2026-01-01'", 2, $size + $second ], [ "day = '2026-01-02' OR id = 1", 2, $size + $second ], [ 'id = 1', 2, $size + $second ])
{
	my ($where, $partitions, $bytes) = @$case;
	is($c->query("SELECT count(*) FROM lake.sales WHERE $where")->{error}, undef, $where);
	my $seen = scanned($c);
	is("$seen->{qualified} $seen->{bytes}", "$partitions $bytes", "... scans $partitions partitions");
}
my $history = $c->query("SELECT trim(status), returned_rows, execution_time > 0, queue_time < 1000000, trim(query_text) FROM sys_query_history WHERE query_id = $all->{id}")->{rows};
is_deeply($history, [ [ 'success', 2, 't', 't', 'SELECT day, sum(amount), count(*) FROM lake.sales GROUP BY day ORDER BY day' ] ], 'SYS_QUERY_HISTORY by pg_last_query_id()') or diag explain $history;

# pseudo-columns
my $pseudo = $c->query(q{SELECT DISTINCT "$path", s."$size" FROM lake.sales AS s WHERE day = '2026-01-02'});
is_deeply([ (map { $_->{name} } @{ $pseudo->{columns} }), @{ $pseudo->{rows}[0] } ], [ '$path', '$size', 's3://bucket/sales/day=2026-01-02/part-0', $second ], 'pseudo-columns have their names');
is_deeply($c->query(q{SELECT "$path", "$size", count(*) FROM lake.sales GROUP BY "$path", "$size" ORDER BY 1})->{rows}, [
	[ 's3://bucket/sales/day=2026-01-01/more/part-1', -s "$lake/s3/bucket/sales/day=2026-01-01/more/part-1", 1 ],
	[ 's3://bucket/sales/day=2026-01-01/part-0', -s "$lake/s3/bucket/sales/day=2026-01-01/part-0", 2 ],
	[ 's3://bucket/sales/day=2026-01-02/part-0', $second, 1 ] ], '"$path" and "$size"');
is($c->query(q{SELECT "$path", "$size" FROM lake.sales})->{columns}[0]{name}, '$path', 'the name of the column');
$c->query('SET json_serialization_enable TO true');
is(scalar(@{ $c->query('SELECT * FROM lake.sales')->{columns} }), 5, 'SELECT * is without them');
is(scanned($c)->{bytes}, $size + $second, '... and they cost a scan');
$c->query('RESET json_serialization_enable');
$c->query('SET spectrum_enable_pseudo_columns = false');
like($c->error(q{SELECT "$path" FROM lake.sales}), qr/^42703 column "\$path" does not exist/, 'off');
$c->query('RESET spectrum_enable_pseudo_columns');

# arrays, structs and maps
ok_tag("CREATE EXTERNAL TABLE lake.nested (id int, name struct<given:varchar(100),family:string>, tags array<string>, counts map<int,int>) STORED AS PARQUET LOCATION 's3://bucket/nested/'", 'CREATE EXTERNAL TABLE');
put('s3://bucket/nested/part-0', qq{1,"{""given"": ""{\\""a\\"": 1}"", ""family"": ""M\xc3\xbcller""}","[""x"", ""y""]","{""1"": 12345678901234567890.5}"\n2,,[],{}\n3,null,"[""} . 'x' x 65535 . qq{""]",{}\n});
like($c->error('SELECT name FROM lake.nested'), qr/^42703 column "name" does not exist in nested/, 'a nested column cannot be selected');
like($c->error('SELECT id FROM lake.nested AS n WHERE n.tags IS NOT NULL'), qr/^42703 column "tags" does not exist in nested/, '... nor looked at');
like($c->error('SELECT * FROM lake.nested'), qr/^0A000 Nested tables do not support '\*' in the SELECT clause/, '... nor be one of all');
is($c->value('SELECT n.name.family FROM lake.nested AS n WHERE n.id = 1'), '"Müller"', '... but be gone into');
is($c->value('SELECT count(*) FROM lake.nested AS n, n.tags AS t'), 3, '... and unnested');
$c->query('SET json_serialization_enable TO true');
my $nested = $c->query('SELECT * FROM lake.nested WHERE id < 3 ORDER BY id');
is_deeply($nested->{rows}, [ [ 1, '{"given":"{\\"a\\": 1}","family":"Müller"}', '["x","y"]', '{"1":12345678901234567890.5}' ], [ 2, undef, '[]', '{}' ] ], 'it is JSON with json_serialization_enable') or diag explain $nested;
is($nested->{columns}[1]{oid}, 1043, '... as a varchar');
is_deeply($c->query('SELECT name, tags FROM lake.nested WHERE id = 3')->{rows}, [ [ undef, undef ] ], 'a null at the top is NULL, and so is what is too long');
is($c->value('SELECT count(*) FROM (SELECT id AS i, name AS n FROM lake.nested) q WHERE q.n IS NULL'), 2, 'NULL is told there');
like($c->error('SELECT n.name.family FROM lake.nested AS n'), qr/^42703 /, 'there are no paths into it then');
$c->query('SET json_serialization_parse_nested_strings TO true');
is($c->value('SELECT name FROM lake.nested WHERE id = 1'), '{"given": {"a": 1}, "family": "Müller"}', 'strings that are JSON may come as it');
$c->query("RESET $_") for qw(json_serialization_enable json_serialization_parse_nested_strings);

# other changes of partitions and tables
ok_tag("ALTER TABLE lake.sales PARTITION (day='2026-01-02') SET LOCATION 's3://bucket/sales/day=2026-01-03/'", 'ALTER TABLE', 'SET LOCATION of a partition');
is($c->value("SELECT sum(amount) FROM lake.sales WHERE day = '2026-01-02'"), '16.00', '... is where it reads from then');
ok_tag("ALTER TABLE lake.sales SET TABLE PROPERTIES ('numRows'='7')", 'ALTER TABLE', 'SET TABLE PROPERTIES');
like($c->value("SELECT parameters FROM svv_external_tables WHERE tablename = 'sales'"), qr/"numRows":"7"/, '... are there');
ok_tag("ALTER TABLE lake.sales SET LOCATION 's3://bucket/other/'", 'ALTER TABLE', 'SET LOCATION of a table');
ok_tag("ALTER TABLE lake.sales SET LOCATION 's3://bucket/sales/'", 'ALTER TABLE', '... and back');
ok_tag("ALTER TABLE lake.sales DROP PARTITION (day='2026-01-01')", 'ALTER TABLE', 'DROP PARTITION');
like($c->error("ALTER TABLE lake.sales DROP PARTITION (day='2026-01-01')"), qr/Cannot find partition/, '... of one that is not there');
is_deeply($c->query(q{SELECT "values", location FROM svv_external_partitions WHERE tablename = 'sales'})->{rows}, [ [ '["2026-01-02"]', 's3://bucket/sales/day=2026-01-03' ] ], 'SVV_EXTERNAL_PARTITIONS');
my $long = 's3://bucket/' . 'x' x 150;
$c->query("ALTER TABLE lake.sales ADD PARTITION (day='2026-02-01') LOCATION '$long'");
is(length $c->value(q{SELECT location FROM svv_external_partitions WHERE "values" LIKE '%2026-02-01%'}), 128, 'its location is cut at 128 characters');
my @many = map { "PARTITION (day='20$_-01-01') LOCATION 's3://bucket/y/'" } 10 .. 99;
is($c->query("ALTER TABLE lake.sales ADD @many PARTITION (day='3000-01-01') LOCATION 's3://bucket/y/'")->{error}, undef, '91 partitions in a statement');
like($c->error("ALTER TABLE lake.sales ADD IF NOT EXISTS @many[0 .. 49] @many[0 .. 49] PARTITION (day='3000-01-02') LOCATION 's3://bucket/y/'"), qr/limit of 100/, 'not 101');
like($c->error("ALTER TABLE lake.sales ADD PARTITION (month='1') LOCATION 's3://bucket/y/'"), qr/^42703 /, 'a key that it has not');
like($c->error("ALTER TABLE lake.sales ADD PARTITION (day='3000-01-03', month='1') LOCATION 's3://bucket/y/'"), qr/^22023 /, '... beside one that it has');
like($c->error("ALTER TABLE lake.nothing ADD PARTITION (day='1') LOCATION 's3://bucket/y/'"), qr/^42P01 /, 'a table that is not there');
like($c->error($_), qr/^0A000 /, $_) for 'GRANT SELECT ON lake.sales TO reader', 'ALTER TABLE lake.sales RENAME TO x', 'ALTER TABLE lake.sales ADD COLUMN x int', 'CREATE VIEW public.bound AS SELECT id FROM lake.sales';
is($c->query('CREATE VIEW public.late AS SELECT id, day FROM lake.sales WITH NO SCHEMA BINDING')->{error}, undef, 'a late-binding view');
is($c->value("SELECT count(*) FROM public.late WHERE day = '2026-01-02'"), 1, '... can be read');
is(scanned($c)->{qualified}, 1, '... and its partitions are pruned');
is($c->query('DROP VIEW public.late')->{error}, undef, '... and dropped');

# not in a transaction block
for my $statement ("CREATE EXTERNAL SCHEMA other FROM DATABASE 'db' IAM_ROLE '$role'", "CREATE EXTERNAL TABLE lake.other (i int) STORED AS PARQUET LOCATION 's3://x/'", $partition,
	"ALTER TABLE lake.sales DROP PARTITION (day='2026-01-02')", "ALTER TABLE lake.sales PARTITION (day='2026-01-02') SET LOCATION 's3://x/'", "ALTER TABLE lake.sales SET TABLE PROPERTIES ('a'='b')",
	'DROP TABLE lake.sales', 'DROP SCHEMA lake DROP EXTERNAL DATABASE CASCADE')
{
	$c->query('BEGIN');
	like($c->error($statement), qr/^25001 .* cannot run inside a transaction block/, substr($statement, 0, 40) . ' not in a transaction block');
	$c->query('ROLLBACK');
	like($c->query("$statement; SELECT 1")->{error}{C}, qr/^25001/, '... nor with others in one text');
}

# privileges
my $reader = connect_to(user => env('READER'), password => env('READER_PASSWORD'));
like($reader->error('SELECT * FROM lake.sales'), qr/^42501 permission denied for schema lake/, 'USAGE on the schema is needed');
is($reader->value("SELECT count(*) FROM svv_external_tables WHERE schemaname = 'lake'"), 0, '... to see its tables');
$c->query('GRANT USAGE ON SCHEMA lake TO reader');
is($reader->value("SELECT count(*) FROM lake.sales WHERE day = '2026-01-02'"), 1, '... and does for reading');
my $direct = connect_to(port => env('DIRECT_PORT'), parameters => { options => '-c standin.loading=on' });
$direct->query('REVOKE TEMP ON DATABASE dev FROM PUBLIC');
like($reader->error('SELECT count(*) FROM lake.sales'), qr/^42501 .*temporary/, 'with TEMP on the database');
$direct->query('GRANT TEMP ON DATABASE dev TO PUBLIC');
like($reader->error($_), qr/^42501 /, "not a reader's: " . substr($_, 0, 30)) for "ALTER TABLE lake.sales ADD PARTITION (day='2027-01-01') LOCATION 's3://x/'", "CREATE EXTERNAL TABLE lake.r (i int) STORED AS PARQUET LOCATION 's3://x/'", 'DROP TABLE lake.sales';
my $his = $reader->value('SELECT pg_last_query_id()');
is($reader->value("SELECT count(*) FROM sys_query_history WHERE user_id <> (SELECT usesysid FROM pg_user WHERE usename = 'reader')"), 0, "he sees nobody else's queries");
$c->query('REVOKE USAGE ON SCHEMA lake FROM reader');

# values with special characters, and four levels
ok_tag("CREATE EXTERNAL TABLE lake.odd (n int) PARTITIONED BY (a varchar(40), b int, c varchar(40), d date) ROW FORMAT DELIMITED FIELDS TERMINATED BY '|' STORED AS TEXTFILE LOCATION 's3://bucket/odd/'", 'CREATE EXTERNAL TABLE', 'four levels');
my @odd = ([ 'a/b', 1, '50%', '2026-01-01' ], [ ' lead', 2, q{it's}, '2026-01-02' ], [ 'back\\slash', 3, qq{tab\there}, '2026-01-03' ], [ "Z\x{c3}\x{bc}rich", 4, 'x=y&z', '2026-01-04' ]);
for my $i (0 .. $#odd)
{
	my @literal = map { my $v = $_; $v =~ s/([\\'])/$1$1/g; "'$v'" } @{ $odd[$i] };
	put("s3://bucket/odd/$i/x", "$i\n");
	ok_tag("ALTER TABLE lake.odd ADD PARTITION (a=$literal[0], b=$literal[1], c=$literal[2], d=$literal[3]) LOCATION 's3://bucket/odd/$i/'", 'ALTER TABLE', "partition @{$odd[$i]}");
	is_deeply($c->query("SELECT n, a, b, c, d FROM lake.odd WHERE a = $literal[0] AND c = $literal[2]")->{rows}, [ [ $i, @{ $odd[$i] } ] ], '... is read');
	is(scanned($c)->{files}, 1, '... alone');
}
put('s3://bucket/odd/null/x', "99\n");
ok_tag("ALTER TABLE lake.odd ADD PARTITION (a='__HIVE_DEFAULT_PARTITION__', b='__HIVE_DEFAULT_PARTITION__', c='x', d='__HIVE_DEFAULT_PARTITION__') LOCATION 's3://bucket/odd/null/'", 'ALTER TABLE', 'NULL as Hive writes it');
is_deeply($c->query('SELECT n, a, b, c, d FROM lake.odd WHERE a IS NULL AND b IS NULL')->{rows}, [ [ 99, undef, undef, 'x', undef ] ], '... is NULL');
is(scanned($c)->{files}, 1, '... and pruned by');
my @values = map { $_->[0] } @{ $c->query(q{SELECT "values" FROM svv_external_partitions WHERE tablename = 'odd' ORDER BY location})->{rows} };
is_deeply([ @values[ 0, 1 ] ], [ '["a/b","1","50%","2026-01-01"]', q{[" lead","2","it's","2026-01-02"]} ], 'SVV_EXTERNAL_PARTITIONS has JSON');
is($values[2], '["back\\\\slash","3","tab\\there","2026-01-03"]', '... with its escapes');
is($values[4], '["__HIVE_DEFAULT_PARTITION__","__HIVE_DEFAULT_PARTITION__","x","__HIVE_DEFAULT_PARTITION__"]', '... and NULL as Hive has it');

# a crawler
put('s3://bucket/odd/a=p%2Fq/b=7/c=__HIVE_DEFAULT_PARTITION__/d=2026-03-01/x', "7\n");
is($direct->query("CALL standin.crawl('lake', 'odd')")->{error}, undef, 'a crawler comes by');
is_deeply($c->query('SELECT a, b, c, d, n FROM lake.odd WHERE b = 7')->{rows}, [ [ 'p/q', 7, undef, '2026-03-01', 7 ] ], '... and registers what it finds');
like($c->value(q{SELECT parameters FROM svv_external_partitions WHERE "values" LIKE '%p/q%'}), qr/"objectCount":"1","sizeKey":"2"/, '... with its size');

# manifests
put('s3://bucket/m1/manifest.json', '{"entries": [{"url":"s3://bucket/odd/0/x", "meta": {"content_length": 2}}, {"url":"s3://bucket/odd/1/x", "mandatory":true}, {"url":"s3://bucket/gone"}]}');
ok_tag("CREATE EXTERNAL TABLE lake.listed (n int) STORED AS TEXTFILE LOCATION 's3://bucket/m1/manifest.json'", 'CREATE EXTERNAL TABLE', 'a manifest');
is($c->value('SELECT sum(n) FROM lake.listed'), 1, '... lists the files');
is(scanned($c)->{files}, 2, '... that are read');
put('s3://bucket/m1/manifest.json', '{"entries": [{"url":"s3://bucket/gone", "mandatory":true}]}');
like($c->error('SELECT sum(n) FROM lake.listed'), qr/^XX000 Spectrum Scan Error/, '... and must be there if it is mandatory');
put('s3://bucket/m2/_symlink/day=1/manifest', "s3://bucket/odd/2/x\ns3://bucket/odd/3/x\n");
ok_tag("CREATE EXTERNAL TABLE lake.linked (n int) PARTITIONED BY (day int) ROW FORMAT SERDE 'x' STORED AS INPUTFORMAT 'org.apache.hadoop.hive.ql.io.SymlinkTextInputFormat' OUTPUTFORMAT 'o' LOCATION 's3://bucket/m2/_symlink/'", 'CREATE EXTERNAL TABLE', 'SymlinkTextInputFormat');
$c->query("ALTER TABLE lake.linked ADD PARTITION (day=1) LOCATION 's3://bucket/m2/_symlink/day=1/'");
is($c->value('SELECT sum(n) FROM lake.linked'), 5, '... is read');

# several warehouses over one lake, of different speeds
my $dir = tempdir('standin-XXXXXX', TMPDIR => 1, CLEANUP => 1);
chmod 0755, $dir;
system('bash', warehouse_script(), 'start', $dir, '--lake', $lake, '--slots', '1') == 0 or die 'the second warehouse does not start';
my %second;
open my $file, '<', "$dir/env" or die $!;
while (<$file>) { $second{$1} = $2 if /^export WAREHOUSE_(\w+)='?(.*?)'?$/ }
close $file;
my $d = connect_to(port => $second{PORT}, password => $second{PASSWORD});
is($d->value("SELECT count(*) FROM svv_external_schemas"), 0, 'another warehouse has its own external schemas');
is($d->query("CREATE EXTERNAL SCHEMA spectrum FROM DATA CATALOG DATABASE 'db' IAM_ROLE '$role'")->{error}, undef, 'which may point to the same database');
is($d->value("SELECT sum(amount) FROM spectrum.sales WHERE day = '2026-01-02'"), '16.00', '... and has its tables');
is(scanned($d)->{qualified}, 1, '... counted where it was scanned');
put('s3://bucket/sales/new/x', "6,d,32.00,[]\n");
$d->query("ALTER TABLE spectrum.sales ADD PARTITION (day='2026-05-01') LOCATION 's3://bucket/sales/new/'");
is($c->value("SELECT sum(amount) FROM lake.sales WHERE day = '2026-05-01'"), '32.00', 'a partition that one adds is there for all');
$d->query("CREATE EXTERNAL TABLE spectrum.fresh (n int) STORED AS PARQUET LOCATION 's3://bucket/odd/0/'");
is($c->value('SELECT count(*) FROM lake.fresh'), 1, '... and so is a table');
$c->query('DROP TABLE lake.fresh');
like($d->error('SELECT count(*) FROM spectrum.fresh'), qr/^42P01 /, '... until one drops it');
$d->query("CREATE EXTERNAL TABLE spectrum.fresh (n varchar(10)) STORED AS PARQUET LOCATION 's3://bucket/odd/0/'");
is($c->query('SELECT * FROM lake.fresh')->{columns}[0]{oid}, 1043, '... and makes it with another type');

# one slot: the second query waits, and the views show it
my $e = connect_to(port => $second{PORT}, password => $second{PASSWORD});
my $watch = connect_to(port => $second{PORT}, password => $second{PASSWORD});
connect_to(port => $second{CONTROL_PORT})->query('STANDIN FAULT slow 1500 TIMES 1');
$_->query('SET query_group = lake_test') for $d, $e;
$d->send('Q', "SELECT count(*) FROM spectrum.sales\0");
my $running = '';
for (1 .. 200)
{
	$running = $watch->value("SELECT count(*) FROM stv_wlm_query_state WHERE state = 'Running' AND query IN (SELECT query_id FROM sys_query_history WHERE query_label = 'lake_test')");
	last if $running;
	select undef, undef, undef, 0.02;
}
$e->send('Q', "SELECT count(*) FROM spectrum.sales\0");
my $queued = '';
for (1 .. 100)
{
	$queued = $watch->value("SELECT count(*) FROM sys_query_history WHERE status = 'queued' AND query_label = 'lake_test'");
	last if $queued;
	select undef, undef, undef, 0.02;
}
is("$running $queued", '1 1', 'with one slot one query runs and one is queued');
$d->answer;
$e->answer;
is($e->value('SELECT queue_time > 300000 AND execution_time < 1000000 FROM sys_query_history WHERE query_id = ' . $e->value('SELECT pg_last_query_id()')), 't', '... for the time that the history has as queue_time');
$d->query('SET statement_timeout = 300');
connect_to(port => $second{CONTROL_PORT})->query('STANDIN FAULT slow 1500 TIMES 1');
like($d->error('SELECT count(*) FROM spectrum.sales'), qr/^57014 /, 'one that is cancelled');
my $ended = $watch->query("SELECT trim(status), trim(error_message) FROM sys_query_history WHERE query_label = 'lake_test' ORDER BY query_id DESC, start_time DESC")->{rows};
ok((grep { $_->[0] eq 'canceled' && $_->[1] =~ /cancelled/ } @$ended), '... is in the history as canceled');
is($e->value('SELECT count(*) > 0 FROM spectrum.sales'), 't', '... and its slot is free');
$d = $e = $watch = undef;
system('bash', warehouse_script(), 'stop', $dir);

# dropping everything
like($c->error('DROP SCHEMA lake'), qr/^2BP01 /, 'DROP SCHEMA with tables');
like($c->error('DROP SCHEMA lake DROP EXTERNAL DATABASE'), qr/^2BP01 /, '... and the external database');
ok_tag('DROP SCHEMA lake CASCADE', 'DROP SCHEMA', 'the schema goes');
ok_tag($schema, 'CREATE EXTERNAL SCHEMA', '... the tables stay in the catalogue');
is($c->value("SELECT count(*) FROM lake.sales WHERE day = '2026-01-02'"), 1, '... and are there with the schema');
ok_tag('DROP SCHEMA lake DROP EXTERNAL DATABASE CASCADE', 'DROP SCHEMA', 'with the external database');
$c->query($schema);
is($c->value("SELECT count(*) FROM svv_external_tables WHERE schemaname = 'lake'"), 0, '... all is gone');
like($c->error('DROP SCHEMA hive DROP EXTERNAL DATABASE'), qr/^0A000 /, 'not of a Hive metastore');
# Iceberg, as another engine creates and writes it, in a bucket that the stand-in
# itself writes to
$c->query("SELECT standin.put('s3://iceberg/ice/data/1', '1\n2\n')");
$c->query("SELECT standin.put('s3://iceberg/ice/data/2', '3\n')");
ok_tag("CALL standin.create_iceberg_table('lake', 'ice', '{n,int,int,0}', 's3://iceberg/ice/')", 'CALL', 'an Iceberg table');
is($c->value('SELECT count(*) FROM lake.ice'), 0, '... is empty');
ok_tag("CALL standin.commit_iceberg('lake', 'ice', '{s3://iceberg/ice/data/1}')", 'CALL', 'a commit');
my $metadata = "SELECT parameters FROM svv_external_tables WHERE schemaname = 'lake' AND tablename = 'ice'";
my $parameters = $c->value($metadata);
like($parameters, qr{"table_type":"ICEBERG".*"metadata_location":"s3://iceberg/ice/metadata/00001-\w+\.metadata\.json"}, '... moves metadata_location');
is($c->value('SELECT sum(n) FROM lake.ice'), 3, '... and has its files, not all of the folder');
is(scanned($c)->{files}, 1, '... which are counted');
$c->query("CALL standin.commit_iceberg('lake', 'ice', '{s3://iceberg/ice/data/1,s3://iceberg/ice/data/2}')");
isnt($c->value($metadata), $parameters, 'the next commit moves it again');
is($c->value('SELECT sum(n) FROM lake.ice'), 6, '... to its files');
$c->query("CREATE EXTERNAL TABLE lake.other (n int) STORED AS PARQUET LOCATION 's3://bucket/other/'");
like($c->error("CALL standin.commit_iceberg('lake', 'other', '{}')"), qr/^42809 /, 'others have no commits');

# another database of Redshift, through an external schema over it
$c->query('DROP TABLE IF EXISTS public.shared_here');
$c->query('CREATE TABLE public.shared_here (n int)');
$c->query('INSERT INTO public.shared_here VALUES (7)');
ok_tag("CREATE EXTERNAL SCHEMA shared FROM REDSHIFT DATABASE 'dev' SCHEMA 'public'", 'CREATE EXTERNAL SCHEMA', 'FROM REDSHIFT');
is($c->value('SELECT n FROM shared.shared_here'), 7, '... has the tables of that schema');
$c->query('DROP SCHEMA shared CASCADE');
$c->query('DROP TABLE public.shared_here');

$c->query("DROP SCHEMA IF EXISTS $_ DROP EXTERNAL DATABASE CASCADE") for qw(lake lake_two);
$c->query('DROP SCHEMA hive');
done_testing();
