# Standin: starts a Redshift stand-in for a test, or uses the one that the
# environment names, and implements the wire protocol.  Tests that check type OIDs,
# error fields and transaction states need the raw messages.
package Standin;

use strict;
use warnings;
use Digest::MD5 qw(md5_hex);
use Exporter qw(import);
use File::Basename qw(dirname);
use File::Spec;
use File::Temp qw(tempdir);
use IO::Socket::INET;
use Test::More;

our @EXPORT = qw(start env connect_to refused fault psql warehouse_script log_texts wait_for_slow);

my $dir;
my $script = File::Spec->rel2abs(dirname(__FILE__) . '/../warehouse');

sub warehouse_script { return $script }

# start: sets WAREHOUSE_PORT and the other variables in the environment
sub start
{
	$SIG{PIPE} = 'IGNORE';
	alarm 600;    # on a machine with much else to do one takes a minute
	$SIG{ALRM} = sub { BAIL_OUT('the test hangs') };
	$SIG{INT} = $SIG{TERM} = $SIG{HUP} = sub {
		# only once: the servers that it started are stopped now
		$SIG{$_} = 'IGNORE' for qw(INT TERM HUP);
		die "the test was told to end\n";
	};
	return if $ENV{WAREHOUSE_PORT};
	$dir = tempdir('standin-XXXXXX', TMPDIR => 1, CLEANUP => 1);
	chmod 0755, $dir;
	system('bash', $script, 'start', $dir) == 0 or BAIL_OUT('the stand-in does not start');
	open my $file, '<', "$dir/env" or BAIL_OUT("no $dir/env");
	while (<$file>)
	{
		$ENV{$1} = $2 if /^export (\w+)='?(.*?)'?$/;
	}
	return;
}

END
{
	my $status = $?;
	system('bash', $script, 'stop', $dir) if $dir;
	$? = $status;
}

sub env { return $ENV{"WAREHOUSE_$_[0]"} }

# fault: STANDIN commands on the port without faults
sub fault
{
	my @words = @_;
	my $control = connect_to(port => env('CONTROL_PORT'));
	my $answer = $control->query("STANDIN @words");
	die $answer->{error}{M} if $answer->{error};
	return { map { $_->[0] => $_->[1] } @{ $answer->{rows} } };
}

# psql: runs it with the given conninfo; returns its output, including errors
sub psql
{
	my ($conninfo, @arguments) = @_;
	my $port = env('PORT');
	my $pid = open my $out, '-|';
	if (!$pid)
	{
		open STDERR, '>&', \*STDOUT;
		$ENV{PGPASSWORD} = env('PASSWORD');
		exec 'psql', '-X', '-At', '-d', "port=$port dbname=dev user=awsuser connect_timeout=30 $conninfo", @arguments;
	}
	local $/ = undef;
	my $text = <$out>;
	close $out;
	($text //= q()) =~ s{\n\z}{};
	return $text;
}

# wait_for_slow: waits until a statement waits in the server because of the fault
# slow; before that, a cancel would have no effect
sub wait_for_slow
{
	my $direct = connect_to(port => env('DIRECT_PORT'), parameters => { options => '-c standin.loading=on' });
	until ($direct->value("SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%standin slow%'"
			  . ' AND pid <> pg_backend_pid()'))
	{
		select undef, undef, undef, 0.05;
	}
	return;
}

# log_texts: the texts that the proxy logged
sub log_texts
{
	open my $file, '<', env('LOG') or die 'no log';
	return map { /"text": "((?:[^"\\]|\\.)*)"/ ? $1 : () } <$file>;
}

# refused: the error of a connection that must fail
sub refused
{
	my $error = connect_to(@_, may_fail => 1);
	return ref $error eq 'HASH' ? $error : { M => 'connected', C => '00000' };
}

sub connect_to
{
	my %option = (
		port => env('PORT'), user => env('USER'), password => env('PASSWORD'),
		dbname => 'dev', parameters => {}, @_);
	my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $option{port}, Timeout => 60)
	  or return { M => "connect: $!", C => '08001' };
	my $self = bless { socket => $socket, parameters => {} }, __PACKAGE__;
	my %send = (user => $option{user}, database => $option{dbname}, %{ $option{parameters} });
	my $body = pack('N', $option{protocol} // 196608) . join('', map { "$_\0$send{$_}\0" } sort keys %send) . "\0";
	$socket->syswrite(pack('N', length($body) + 4) . $body);
	while (my ($kind, $data) = $self->receive)
	{
		if ($kind eq 'R')
		{
			my ($method, $salt) = unpack('Na4', $data . "\0" x 4);
			$self->{method} = $method if $method;
			my $inner = md5_hex($option{password} . $option{user});
			$self->send('p', 'md5' . md5_hex($inner . $salt) . "\0") if $method == 5;
			$self->send('p', "$option{password}\0") if $method == 3;
		}
		elsif ($kind eq 'S') { my ($name, $value) = split /\0/, $data; $self->{parameters}{$name} = $value // '' }
		elsif ($kind eq 'K') { $self->{key} = $data }
		elsif ($kind eq 'Z') { $self->{status} = $data; return $self }
		elsif ($kind eq 'E') { return fields($data) }
	}
	return { M => 'closed', C => '08006' };
}

sub fields { return { map { (substr($_, 0, 1) => substr($_, 1)) } grep { length } split /\0/, $_[0] } }

sub send
{
	my ($self, $kind, $data) = @_;
	return $self->{socket}->syswrite($kind . pack('N', length($data) + 4) . $data);
}

sub take
{
	my ($self, $size) = @_;
	my $data = '';
	while (length($data) < $size)
	{
		my $got = $self->{socket}->sysread($data, $size - length($data), length($data));
		return if !$got;
	}
	return $data;
}

sub receive
{
	my ($self) = @_;
	my $head = $self->take(5) // return;
	my ($kind, $size) = unpack('aN', $head);
	die "no message of the protocol\n" if $size < 4 || $size > 1 << 28;
	my $data = $size > 4 ? $self->take($size - 4) // return : '';
	return ($kind, $data);
}

# query: a simple query and its answer
sub query
{
	my ($self, $text) = @_;
	$self->send('Q', "$text\0");
	return $self->answer;
}

# extended: Parse, Bind, Describe, Execute, Sync, as PQexecParams does
sub extended
{
	my ($self, $text) = @_;
	$self->send('P', "\0$text\0\0\0");
	$self->send('B', "\0\0\0\0\0\0\0\0");
	$self->send('D', "P\0");
	$self->send('E', "\0" . pack('N', 0));
	$self->send('S', '');
	return $self->answer;
}

# describe: Parse, Describe of the statement, Sync
sub describe
{
	my ($self, $text) = @_;
	$self->send('P', "\0$text\0\0\0");
	$self->send('D', "S\0");
	$self->send('S', '');
	return $self->answer;
}

# answer: the messages until ReadyForQuery, or until the connection ends
sub answer
{
	my ($self) = @_;
	my %answer = (rows => [], columns => [], notices => [], tags => []);
	while (my ($kind, $data) = $self->receive)
	{
		if ($kind eq 'T')
		{
			my (undef, $rest) = unpack('na*', $data);
			while (length $rest)
			{
				(my $name, undef, undef, my $oid, undef, my $typmod, undef, $rest) = unpack('Z* N n N n l> n a*', $rest);
				push @{ $answer{columns} }, { name => $name, oid => $oid, typmod => $typmod };
			}
		}
		elsif ($kind eq 'D')
		{
			my ($count, $rest) = unpack('na*', $data);
			my @row;
			for (1 .. $count)
			{
				(my $size, $rest) = unpack('l>a*', $rest);
				push @row, $size < 0 ? undef : substr($rest, 0, $size, '');
			}
			push @{ $answer{rows} }, \@row;
		}
		elsif ($kind eq 'E') { $answer{error} = fields($data); push @{ $answer{errors} }, $answer{error} }
		elsif ($kind eq 'N') { push @{ $answer{notices} }, fields($data) }
		elsif ($kind eq 'S') { my ($name, $value) = split /\0/, $data; $self->{parameters}{$name} = $value }
		elsif ($kind eq 'C') { push @{ $answer{tags} }, substr($data, 0, -1) }
		elsif ($kind eq 'Z') { $answer{status} = $data; return \%answer }
	}
	$answer{closed} = 1;
	return \%answer;
}

# value: the first value of the first row, or the error's text
sub value
{
	my ($self, $text) = @_;
	my $answer = $self->query($text);
	return $answer->{error} ? "ERROR: $answer->{error}{M}" : $answer->{closed} ? 'closed' : $answer->{rows}[0][0];
}

# error: SQLSTATE, message and position of the error of a text, which must fail
sub error
{
	my ($self, $text) = @_;
	my $error = $self->query($text)->{error} or return 'no error';
	return join ' ', $error->{C}, $error->{M}, $error->{P} // ();
}

1;
