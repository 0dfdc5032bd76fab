# TLS: verify-full by default, and an error that says whether CA or name did not
# match and which argument to change.

use strict;
use warnings;

use RsfedTest;
use Test::More;

my $node = start_primary('primary', register => 0);

# Registers a server without verification, and returns the result of a query over
# it.
sub attempt
{
	my ($name, %options) = @_;
	my $arguments = "'$name', " . quote_literal($options{host} // $ENV{WAREHOUSE_HOST})
	  . ", '$ENV{WAREHOUSE_DBNAME}', '$ENV{WAREHOUSE_USER}', "
	  . 'password => ' . quote_literal($ENV{WAREHOUSE_PASSWORD}) . ", port => $ENV{WAREHOUSE_PORT}, verify => false";
	$arguments .= ", sslmode => '$options{sslmode}'" if $options{sslmode};
	$arguments .= ", options => '$options{options}'" if $options{options};
	$node->safe_psql('postgres', "SELECT rsfed.register_server($arguments)");

	my ($out, $err) = ('', '');
	my $code = $node->psql('postgres', "SELECT a FROM rsfed.query('$name', 'SELECT 1 AS a') AS t (a integer)",
		stdout => \$out, stderr => \$err, extra_params => [ '-v', 'VERBOSITY=verbose' ]);
	return $code == 0 ? $out : $err;
}

# The result of check_server for one item.
sub check_item
{
	my ($server, $item) = @_;
	return $node->safe_psql('postgres',
		"SELECT ok FROM rsfed.check_server('$server') WHERE item ILIKE '%$item%'");
}

is(attempt('good'), '1', 'verify-full with the right CA and name');
is(check_item('good', 'tls'), 't', 'check_server says that TLS is fine');
is($node->safe_psql('postgres',
		"SELECT array_to_string(srvoptions, ' ') ~ 'sslmode=verify-full' FROM pg_foreign_server WHERE srvname = 'good'"),
	't', 'verify-full is the default');

# The certificate is for localhost; the address is another name
my $message = attempt('wrong_name', host => '127.0.0.1');
like($message, qr/ERROR:  08\w\w\w: /, 'a certificate of another name is refused');
like($message, qr/localhost/, 'the error says which name is in the certificate');
like($message, qr/HINT: /, 'and what to change');
is(attempt('name_unchecked', host => '127.0.0.1', sslmode => 'verify-ca'), '1', 'verify-ca does not look at the name');

# Another CA
$message = attempt('wrong_ca', options => qq({"sslrootcert": "$ENV{WAREHOUSE_OTHER_CA}"}));
like($message, qr/ERROR:  08\w\w\w: /, 'a certificate of an unknown CA is refused');
like($message, qr/certificate verify failed|authority|CA/, 'the error says that it is the CA');
like($message, qr/HINT: /, 'and what to change');
is(attempt('ca_unchecked', sslmode => 'require'), '1', 'require encrypts without looking at the CA');
is(check_item('wrong_ca', 'tls'), 'f', 'check_server says that TLS is not fine');

# The setting is the default of the option
$node->append_conf('postgresql.conf', "rsfed.ssl_root_cert = '$ENV{WAREHOUSE_OTHER_CA}'");
$node->reload;
like(attempt('other_default'), qr/ERROR:  08\w\w\w: /, 'rsfed.ssl_root_cert is what servers are checked against');
is(attempt('own_ca', options => qq({"sslrootcert": "$ENV{WAREHOUSE_CA}"})), '1', 'the option overrides the setting');

# A missing file
$message = attempt('no_file', options => '{"sslrootcert": "/nonexistent/ca.crt"}');
like($message, qr/ERROR: .*\/nonexistent\/ca\.crt/s, 'a missing CA file is named');

# The environment of the server process has no effect
is($node->safe_psql('postgres',
		"SELECT count(*) FROM pg_foreign_server WHERE array_to_string(srvoptions, ' ') ~ 'sslmode=(disable|allow|prefer)'"),
	'0', 'no server falls back to plain text');

$node->stop;
done_testing();
