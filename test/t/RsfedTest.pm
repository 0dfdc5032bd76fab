# RsfedTest.pm
#
# Functions shared by the TAP tests of rsfed: a primary and a replica with the
# extension, the Redshift stand-in, and waiting for a condition.
#
# script/test starts the stand-in and sets WAREHOUSE_* to its address.

package RsfedTest;

use strict;
use warnings;

use Exporter 'import';
use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(sleep time);

our @EXPORT = qw(
  start_primary new_node start_replica register_warehouse
  warehouse_sql warehouse_count standin standin_reset at_warehouse all_authorities
  need_own_standins start_own_standin own_standin
  psql_fails poll_for wait_for_status last_run quote_literal
  stop_scheduler kill_process wait_for_turn
);

# A test that hangs or receives a signal ends here, and its servers are stopped.  On
# a busy machine the longest file takes minutes.
$SIG{ALRM} = sub { die "the test took too long\n" };
$SIG{INT} = $SIG{TERM} = $SIG{HUP} = sub {
	# only once: the servers that it started are stopped now
	$SIG{$_} = 'IGNORE' for qw(INT TERM HUP);
	die "the test was told to end\n";
};
alarm 1200;

# A primary with rsfed preloaded and created in the database postgres.  The stand-in
# is registered as "warehouse" unless register => 0.  It uses the PostgreSQL in
# install_path, if that is given.
sub start_primary
{
	my ($name, %options) = @_;
	my $node = new_node($name, %options);

	$node->start;
	$node->safe_psql('postgres',
		'SET client_min_messages = warning; CREATE EXTENSION rsfed CASCADE');
	register_warehouse($node) unless defined $options{register} && !$options{register};
	return $node;
}

# The same, but an empty cluster that is not started.
sub new_node
{
	my ($name, %options) = @_;
	my @install = $options{install_path} ? (install_path => $options{install_path}) : ();
	my $node = PostgreSQL::Test::Cluster->new($name, @install);

	$node->init(allows_streaming => 1);
	$node->append_conf('postgresql.conf', qq{
shared_preload_libraries = 'rsfed'
rsfed.ssl_root_cert = '$ENV{WAREHOUSE_CA}'
max_worker_processes = 16
timezone = 'UTC'
log_statement = 'none'
log_line_prefix = '%m [%p] %b '
restart_after_crash = on
} . ($options{conf} // ''));
	return $node;
}

# A streaming replica of a primary, of the same PostgreSQL.
sub start_replica
{
	my ($primary, $name) = @_;
	my @install = $primary->install_path ? (install_path => $primary->install_path) : ();
	my $node = PostgreSQL::Test::Cluster->new($name, @install);

	$primary->backup("for_$name");
	$node->init_from_backup($primary, "for_$name", has_streaming => 1);
	$node->append_conf('postgresql.conf', "hot_standby_feedback = on\n");
	$node->start;
	return $node;
}

# Registers the stand-in; options override the arguments of the call.
sub register_warehouse
{
	my ($node, %options) = @_;
	my $database = $options{database} // 'postgres';
	my @arguments = (
		quote_literal($options{name} // 'warehouse'),
		quote_literal($options{host} // $ENV{WAREHOUSE_HOST}),
		quote_literal($ENV{WAREHOUSE_DBNAME}),
		quote_literal($options{user} // $ENV{WAREHOUSE_USER}),
		'password => ' . quote_literal($options{password} // $ENV{WAREHOUSE_PASSWORD}),
		'port => ' . ($options{port} // $ENV{WAREHOUSE_PORT}));

	push @arguments, "options => '$options{options}'" if $options{options};
	$node->safe_psql($database,
		'SELECT rsfed.register_server(' . join(', ', @arguments) . ')');
}

# Runs code with another one of the stand-ins that script/test has started (1 is the
# usual one); returns its result.
sub at_warehouse
{
	my ($n, $do) = @_;
	my $prefix = $n == 1 ? 'WAREHOUSE_' : "WAREHOUSE${n}_";
	local %ENV = (%ENV, map { my $name = $_; $name =~ s/^\Q$prefix\E/WAREHOUSE_/; ($name => $ENV{$_}) }
		  grep { /^\Q$prefix\E/ } keys %ENV);

	die "script/test has not started stand-in $n\n" unless $n == 1 || $ENV{"${prefix}PORT"};
	return $do->();
}

# Skips a test that starts stand-ins itself, because several share a lake or the
# test reads their files, if they cannot run here: they need PostgreSQL 15, and
# /proc to find their processes, which a Debian in a folder does not have.
sub need_own_standins
{
	plan skip_all => 'the stand-in needs PostgreSQL 15 and /proc here'
	  unless -x '/usr/lib/postgresql/15/bin/initdb' && -d '/proc/self';
	return;
}

# Sends a command to the test's own stand-in in a folder: "start", "fault" and the
# like, see test/warehouse/README.md.
sub own_standin
{
	my ($command, $dir, @words) = @_;

	system_or_bail('bash', "$ENV{RSFED_SOURCES}/test/warehouse/warehouse", $command, $dir, @words);
	return;
}

# Starts a stand-in in a folder, with the given words, and returns its address, as
# the settings WAREHOUSE_* without their prefix.  It is stopped when the test ends.
my @own_standins;
sub start_own_standin
{
	my ($dir, @words) = @_;

	mkdir $dir;
	push @own_standins, $dir;
	own_standin('start', $dir, @words);
	return { map { /^export WAREHOUSE_(\w+)='?(.*?)'?$/ ? ($1 => $2) : () } split /\n/, slurp_file("$dir/env") };
}

END
{
	my $status = $?;
	system('bash', "$ENV{RSFED_SOURCES}/test/warehouse/warehouse", 'stop', $_) for @own_standins;
	$? = $status;
}

# A file with the certificate authorities of all stand-ins.
sub all_authorities
{
	my $file = PostgreSQL::Test::Utils::tempdir() . '/authorities.crt';

	append_to_file($file, slurp_file($ENV{$_})) for qw(WAREHOUSE_CA WAREHOUSE2_CA WAREHOUSE3_CA);
	return $file;
}

sub quote_literal
{
	my ($text) = @_;
	$text =~ s/'/''/g;
	return "'$text'";
}

# Runs psql against the stand-in and returns its output; dies if it fails.
sub _warehouse_psql
{
	my ($port, $options, $sql) = @_;
	my ($out, $err) = ('', '');
	local $ENV{PGPASSWORD} = $ENV{WAREHOUSE_PASSWORD};
	local $ENV{PGCLIENTENCODING} = 'UTF8';
	local $ENV{PGOPTIONS} = $options;
	delete local @ENV{qw(PGDATABASE PGAPPNAME)};

	IPC::Run::run(
		[
			'psql', '-XAtq', '-v', 'ON_ERROR_STOP=1', '-d',
			"host=$ENV{WAREHOUSE_HOST} port=$port dbname=$ENV{WAREHOUSE_DBNAME} "
			  . "user=$ENV{WAREHOUSE_USER} sslmode=prefer",
			'-c', $sql
		],
		'>', \$out, '2>', \$err)
	  or die "the warehouse refused \"$sql\": $err";
	chomp $out;
	return $out;
}

# Runs SQL in the warehouse without the proxy, and so without Redshift's limits.
sub warehouse_sql
{
	my ($sql) = @_;
	return _warehouse_psql($ENV{WAREHOUSE_DIRECT_PORT}, '-c standin.loading=on', $sql);
}

# The number of the proxy's connections to the warehouse.
sub warehouse_count
{
	return warehouse_sql(
		"SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' "
		  . "AND pid <> pg_backend_pid()");
}

# Sends a command to the stand-in, for example standin('FAULT refuse').
sub standin
{
	my ($command) = @_;
	return _warehouse_psql($ENV{WAREHOUSE_CONTROL_PORT}, '', "STANDIN $command");
}

# Ends every fault.
sub standin_reset
{
	return standin('RESET');
}

# Runs SQL that must fail and checks SQLSTATE and, if given, the message.
sub psql_fails
{
	my ($node, $sql, $sqlstate, $pattern, $name) = @_;
	my ($out, $err) = ('', '');

	my $code = $node->psql('postgres', $sql, stdout => \$out, stderr => \$err,
		on_error_die => 0, extra_params => [ '-v', 'VERBOSITY=verbose' ]);
	ok($code != 0 && $err =~ /\b\Q$sqlstate\E: / && (!defined $pattern || $err =~ $pattern), $name)
	  or diag("expected $sqlstate, got: $err$out");
}

# Sets rsfed.scheduler = off, and waits until no scheduler and no worker is active:
# they notice a reload some time after it.
sub stop_scheduler
{
	my ($node) = @_;

	$node->append_conf('postgresql.conf', 'rsfed.scheduler = off');
	$node->reload;
	return poll_for($node, "SELECT count(*) FROM pg_stat_activity WHERE backend_type IN ('rsfed scheduler', 'rsfed worker')",
		'0', 'rsfed.scheduler = off: scheduler and workers have left');
}

# Wakes the scheduler, by a command that changes nothing, and waits until it has
# ended a turn that began after this call, or has left.
sub wait_for_turn
{
	my ($node, $name) = @_;
	my $now = $node->safe_psql('postgres', 'SELECT clock_timestamp()');
	$node->safe_psql('postgres', 'SET client_min_messages = warning; CREATE USER MAPPING IF NOT EXISTS FOR CURRENT_USER SERVER warehouse');

	return poll_for($node, "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'rsfed scheduler' AND datname = 'postgres' "
		  . "AND (query_start < '$now' OR query NOT IN ('looking after the queue', 'forgetting old runs') OR state <> 'idle')",
		'0', $name);
}

# kill -9 of a process of the server; returns after the server has restarted, which
# begins with a delay.
sub kill_process
{
	my ($node, $pid) = @_;
	my $from = -s $node->logfile;

	kill('KILL', $pid) or die "there is no process \"$pid\" to kill\n";
	return $node->wait_for_log(qr/database system is ready to accept connections/, $from);
}

# Waits until a query returns the expected answer ("t" by default); true if it did.
# The limit is for hangs, not for slow machines.
sub poll_for
{
	my ($node, $query, $expected, $name, $seconds) = @_;
	my $until = time + ($seconds // $PostgreSQL::Test::Utils::timeout_default);
	my ($got, $err);

	$expected //= 't';
	while (1)
	{
		($got, $err) = ('', '');
		$node->psql('postgres', $query, stdout => \$got, stderr => \$err);
		if ($got eq $expected)
		{
			pass($name);
			return 1;
		}
		last if time > $until;
		sleep 0.1;
	}
	fail($name);
	diag("waited for \"$expected\", last answer: \"$got\" $err");
	return 0;
}

# Waits until the last run of a relation ends as $status.
sub wait_for_status
{
	my ($node, $relation, $status, $name) = @_;

	return poll_for($node,
		"SELECT status FROM rsfed.runs WHERE relation_name = 'public.$relation' "
		  . 'ORDER BY run_id DESC LIMIT 1', $status, $name);
}

# Columns of the last run of a relation, joined by "|".
sub last_run
{
	my ($node, $relation, $columns) = @_;

	return $node->safe_psql('postgres',
		"SELECT $columns FROM rsfed.runs WHERE relation_name = 'public.$relation' "
		  . 'ORDER BY run_id DESC LIMIT 1');
}

1;
