# The server's version, its settings and logins (redshift.md sections 1 and 3).
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use Standin;
use Test::More;

start();

for my $port (env('PORT'), env('DIRECT_PORT'))
{
	my $where = $port eq env('PORT') ? 'proxy' : 'direct';
	my $c = connect_to(port => $port);
	my $p = $c->{parameters};
	is($p->{server_version}, '8.0.2', "$where: server_version (section 1, GH pgcli#1136)");
	like($p->{padb_version}, qr/^1\.0\.\d+$/, "$where: padb_version is reported (section 1, ODBC)");
	is($p->{client_encoding}, 'UNICODE', "$where: client_encoding by its alias (section 1, GH psycopg#122)");
	is($p->{$_}, undef, "$where: $_ is not reported (section 1, inf; section 11)")
	  for qw(standard_conforming_strings IntervalStyle in_hot_standby default_transaction_read_only);
	is($p->{DateStyle}, 'ISO, MDY', "$where: DateStyle (section 1, DG:r_datestyle)");
	is($p->{TimeZone}, 'UTC', "$where: TimeZone (section 1, DG:r_timezone_config)");
	ok($c->{method} == 5 || $c->{method} == 3, "$where: md5 or cleartext password (section 3, JDBC)");
	like($c->value('SELECT version()'), qr/^PostgreSQL 8\.0\.2 on i686-pc-linux-gnu, .* Redshift 1\.0\.\d+$/,
		"$where: version() (section 1, DG:r_VERSION)");
	is($c->value('SHOW extra_float_digits'), '0', "$where: extra_float_digits starts at 0 (section 1)");
	is($c->error('SET extra_float_digits = 3'),
		'22023 3 is outside the valid range for parameter "extra_float_digits" (-15 .. 2)',
		"$where: 3 is an error (section 1, GH sqlx#801; measured in 11)");
	for my $name (qw(standard_conforming_strings IntervalStyle lock_timeout idle_in_transaction_session_timeout
		ssl_renegotiation_limit bytea_output server_version_num work_mem))
	{
		my $lower = lc $name;
		is($c->error("SET $name = '1'"), qq{42704 unrecognized configuration parameter "$lower"},
			"$where: SET $name (section 1, table of settings)");
	}
	is($c->error('SHOW standard_conforming_strings'),
		'42704 unrecognized configuration parameter "standard_conforming_strings"', "$where: nor SHOW (section 1)");
	like(refused(port => $port, parameters => { lock_timeout => 5 })->{M},
		qr/^unrecognized configuration parameter "lock_timeout"/, "$where: fatal in the start-up packet (section 1, Rule)");
	like(refused(port => $port, parameters => { options => '-c IntervalStyle=postgres' })->{M},
		qr/^unrecognized configuration parameter "intervalstyle"/i, "$where: fatal in options (section 1, GH LibPQ.jl#71)");
	like(refused(port => $port, parameters => { client_protocol_version => 2 })->{M},
		qr/^unrecognized configuration parameter/, "$where: client_protocol_version is nothing for libpq (section 3)");
	ok(ref connect_to(port => $port, parameters => { options => '-c statement_timeout=5000', client_encoding => 'UTF8',
				application_name => 'x', DateStyle => 'ISO', extra_float_digits => 2 }) eq 'Standin',
		"$where: settings that are known may be in the start-up packet (section 1)");
	my $bad = refused(port => $port, password => 'wrong');
	is("$bad->{S} $bad->{C} $bad->{M}", 'FATAL 28000 password authentication failed for user "awsuser"',
		"$where: a wrong password (section 11; 28P01 is younger than 8.0)");
}

my $c = connect_to();
for my $statement ("SET datestyle = ISO", "SET search_path = pg_catalog", "SET timezone = 'GMT'", 'SET extra_float_digits = 2',
	'SET statement_timeout = 5000', "SET query_group TO 'rsfed:1'", 'SET enable_result_cache_for_session TO off',
	'SET mv_enable_aqmv_for_session TO off', 'SET wlm_query_slot_count TO 2', "SET my.context = 'x'",
	"SET application_name = 'y'", 'SET readonly = 0', 'SET enable_case_sensitive_identifier TO off',
	'RESET query_group', 'SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY')
{
	is_deeply($c->query($statement)->{error}, undef, "$statement (section 1, table of settings)");
}
$c = connect_to();
is($c->error("SET statement_timeout = '1s'"), '22023 parameter "statement_timeout" requires an integer value',
	'statement_timeout takes an integer only (section 11)');
is($c->query('CREATE TABLE identity_t (i int)')->{error}, undef, 'a table');
for my $statement ('SET readonly=1', 'SET readonly TO 1')
{
	$c->query($statement);
	like($c->error('INSERT INTO identity_t VALUES (1)'), qr/read-only/, "$statement makes the session read-only (section 1, JDBC)");
}
$c->query('SET readonly=0');
is($c->query('INSERT INTO identity_t VALUES (1)')->{error}, undef, 'SET readonly=0 ends it');
$c->query('BEGIN');
$c->query('SET readonly=1');
like($c->error('INSERT INTO identity_t VALUES (1)'), qr/read-only/, 'in an open transaction too');
$c->query('ROLLBACK');
is($c->query("BEGIN TRANSACTION ISOLATION LEVEL $_ READ ONLY; COMMIT")->{error}, undef, "isolation level $_ is accepted (section 2, DG:r_BEGIN)")
  for 'SERIALIZABLE', 'REPEATABLE READ', 'READ COMMITTED', 'READ UNCOMMITTED';

my $reader = connect_to(user => env('READER'), password => env('READER_PASSWORD'));
is($reader->query('SELECT * FROM identity_t')->{error}, undef, 'the reader reads public tables');
like($reader->error('INSERT INTO identity_t VALUES (1)'), qr/permission denied/, 'and writes nothing');
like($reader->error('SELECT * FROM svv_table_info'), qr/permission denied/, 'SVV_TABLE_INFO is not for everybody (section 6, WEB)');
is($reader->query('SELECT usename, useconfig FROM pg_user')->{error}, undef, 'pg_user has useconfig (section 6)');

my $ca = env('CA');
my $other = env('OTHER_CA');
like(psql("host=localhost sslmode=verify-full sslrootcert=$ca", '-c', '\conninfo'), qr/SSL connection \(protocol: TLSv1\.[23]/,
	'TLS with verify-full (section 3, MG:connecting-ssl-support)');
like(psql("host=127.0.0.1 sslmode=verify-full sslrootcert=$ca", '-c', 'SELECT 1'), qr/does not match host name/, 'a wrong name');
is(psql("host=127.0.0.1 sslmode=verify-ca sslrootcert=$ca", '-c', 'SELECT 1'), '1', 'verify-ca behind an alias (section 3)');
like(psql("host=localhost sslmode=verify-ca sslrootcert=$other", '-c', 'SELECT 1'), qr/certificate verify failed/, 'a wrong CA');
is(psql('host=localhost sslmode=disable', '-c', 'SELECT 1'), '1', 'TLS is not required (section 3)');

is(refused(protocol => 196610)->{C}, '0A000', 'protocol 3.2 is refused, as in 8.0 (section 3: 3.0)');
done_testing();
