# BrowserTest.pm
#
# A headless Chromium for tests of pages, driven by chromedriver's HTTP protocol
# (W3C WebDriver, and Chromium's own commands for functions that it lacks).

package BrowserTest;

use strict;
use warnings;

use Cwd ();
use HTTP::Tiny;
use IPC::Run;
use JSON::PP;
use MIME::Base64;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Time::HiRes qw(sleep);

# Can a browser run here?  Chromium needs /proc, which a Debian in a folder does not
# have.
sub available
{
	return -d '/proc/self' && grep { -x "$_/chromedriver" } split /:/, $ENV{PATH};
}

sub new
{
	my ($class) = @_;
	my $port = PostgreSQL::Test::Cluster::get_free_port();
	my $home = PostgreSQL::Test::Utils::tempdir();
	my $log = "$PostgreSQL::Test::Utils::log_path/chromedriver.log";
	my $self = bless { base => "http://127.0.0.1:$port", http => HTTP::Tiny->new(timeout => 120), pages => 0, home => $home }, $class;

	# the user that runs the tests may have no home; a proxy of the environment is
	# for other hosts
	local $ENV{HOME} = $home;
	delete local @ENV{qw(http_proxy HTTP_PROXY all_proxy ALL_PROXY DBUS_SESSION_BUS_ADDRESS)};
	$self->{driver} = IPC::Run::start([ 'chromedriver', "--port=$port", "--log-path=$log" ], '<', '/dev/null', '>', '/dev/null', '2>', '/dev/null');
	for (1 .. 300)
	{
		last if $self->{http}->get("$self->{base}/status")->{success};
		sleep 0.1;
	}
	my $session = $self->_ask('POST', '/session', { capabilities => { alwaysMatch => {
		'goog:loggingPrefs' => { browser => 'ALL' },
		'goog:chromeOptions' => { args => [ '--headless', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--hide-scrollbars', "--user-data-dir=$home/profile" ] } } } });
	$self->{session} = "/session/$session->{sessionId}";
	return $self;
}

# Sends a request to the driver; returns its value, dies with its message.
sub _ask
{
	my ($self, $method, $path, $body) = @_;
	my %request = defined $body ? (content => encode_json($body), headers => { 'Content-Type' => 'application/json' }) : ();
	my $answer = $self->{http}->request($method, $self->{base} . $path, \%request);
	my $value = eval { decode_json($answer->{content})->{value} };

	die "chromedriver: $method $path: " . (ref $value ? $value->{message} : $answer->{content}) . "\n" unless $answer->{success};
	return $value;
}

# Shows a page that is given as text; discards earlier console messages.
sub show
{
	my ($self, $html) = @_;
	my $file = Cwd::abs_path($self->{home}) . '/page' . ++$self->{pages} . '.html';

	PostgreSQL::Test::Utils::append_to_file($file, $html);
	$self->console;
	$self->_ask('POST', "$self->{session}/url", { url => "file://$file" });
	return;
}

# The value of a JavaScript expression there.
sub value
{
	my ($self, $script) = @_;
	return $self->_ask('POST', "$self->{session}/execute/sync", { script => $script, args => [] });
}

# Sets the width of the page, the user's preference for light or dark, and the
# medium, screen or print.
sub look
{
	my ($self, $width, $scheme, $media) = @_;
	$self->_command('Emulation.setDeviceMetricsOverride', { width => $width, height => 900, deviceScaleFactor => 1, mobile => JSON::PP::false });
	$self->_command('Emulation.setEmulatedMedia', { media => $media // 'screen', features => [ { name => 'prefers-color-scheme', value => $scheme } ] });
	return;
}

sub _command
{
	my ($self, $name, $parameters) = @_;
	return $self->_ask('POST', "$self->{session}/goog/cdp/execute", { cmd => $name, params => $parameters });
}

# Console messages since the last call: list of "LEVEL message".
sub console
{
	my ($self) = @_;
	return map { "$_->{level} $_->{message}" } @{ $self->_ask('POST', "$self->{session}/se/log", { type => 'browser' }) };
}

# A screenshot as PNG.
sub screenshot
{
	my ($self) = @_;
	return decode_base64($self->_ask('GET', "$self->{session}/screenshot"));
}

sub quit
{
	my ($self) = @_;
	return unless $self->{driver};
	eval { $self->_ask('DELETE', $self->{session}) if $self->{session} };
	$self->{driver}->kill_kill(grace => 10);
	delete $self->{driver};
	return;
}

sub DESTROY
{
	my ($self) = @_;
	local $?;
	local $@;
	$self->quit;
	return;
}

1;
