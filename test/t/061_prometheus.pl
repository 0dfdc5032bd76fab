# doc/grafana.json, doc/alerts.yml and Debian's prometheus-sql-exporter: the metrics
# that they name exist, and the exporter and a Prometheus show the values of
# rsfed.metrics.

use strict;
use warnings;

use CPAN::Meta::YAML;
use HTTP::Tiny;
use JSON::PP;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use RsfedTest;
use Test::More;
use Time::HiRes qw(sleep);

my $doc = "$ENV{RSFED_SOURCES}/doc";
my $collector = CPAN::Meta::YAML->read("$doc/rsfed.collector.yml") or die CPAN::Meta::YAML->errstr;
# 031_monitor.pl compares these with rsfed.metrics
my %known = map { $_->{metric_name} => 1 } @{ $collector->[0]{metrics} };

# Names of metrics in an expression that do not exist.
sub unknown
{
	my (@expressions) = @_;
	return grep { !$known{$_} } map { /\b(rsfed_\w+)/g } @expressions;
}

# The dashboard
my $dashboard = decode_json(slurp_file("$doc/grafana.json"));
my @panels = grep { $_->{type} ne 'row' } @{ $dashboard->{panels} };
my @targets = map { @{ $_->{targets} } } @panels;
my @expressions = map { $_->{expr} } @targets, @{ $dashboard->{annotations}{list} };
cmp_ok(scalar @expressions, '>', 20, 'the dashboard asks for something');
is_deeply([ unknown(@expressions, map { $_->{definition} // () } @{ $dashboard->{templating}{list} }) ], [], 'each metric of the dashboard exists');
is_deeply([ grep { !/\brsfed_/ } @expressions ], [], 'each expression is about rsfed');
is_deeply([ grep { ($_->{datasource}{uid} // '') ne '${DS_PROMETHEUS}' } @panels, @targets, @{ $dashboard->{annotations}{list} } ], [], 'the data source is a variable everywhere');
is_deeply([ map { $_->{name} } grep { $_->{type} eq 'datasource' } @{ $dashboard->{templating}{list} } ], ['DS_PROMETHEUS'], 'which one can choose');
is_deeply([ grep { !$_->{title} || $_->{type} ne 'row' && !$_->{description} } @{ $dashboard->{panels} } ], [], 'each panel says what it shows');
my (%id, %place, @overlap);
for my $panel (@{ $dashboard->{panels} })
{
	my $at = $panel->{gridPos};
	push @overlap, $panel->{title} if $id{ $panel->{id} }++;
	for my $x ($at->{x} .. $at->{x} + $at->{w} - 1)
	{
		push @overlap, $panel->{title} if $x > 23 || grep { $place{"$x $_"}++ } $at->{y} .. $at->{y} + $at->{h} - 1;
	}
}
is_deeply(\@overlap, [], 'no panel lies on another');

# The alerts
my $alerts = slurp_file("$doc/alerts.yml");
my @rules = $alerts =~ /alert: (\w+)/g;
is_deeply([ unknown($alerts) ], [], 'each metric of the alerts exists');
is_deeply([ sort @rules ], [ sort grep { slurp_file("$ENV{RSFED_SOURCES}/test/alerts.yml") =~ /alertname: \Q$_\E$/m } @rules ], 'each alert has a test in which it fires');

SKIP:
{
	my %program = map { $_ => 1 } grep { my $name = $_; grep { -x "$_/$name" } split /:/, $ENV{PATH} } qw(promtool prometheus prometheus-sql-exporter);
	skip 'no Prometheus can run here', 1 if keys %program < 3 || !-d '/proc/self';

	command_ok([ 'promtool', 'check', 'rules', "$doc/alerts.yml" ], 'promtool takes the alerts');
	command_ok([ 'promtool', 'test', 'rules', "$ENV{RSFED_SOURCES}/test/alerts.yml" ], 'each fires where it should and only there');
	command_ok([ 'promtool', 'check', 'config', "$doc/prometheus.yml" ], 'and the configuration');
	live();
}
done_testing();

# All of them together: a server, the exporter, a Prometheus.
sub live
{
	my $node = start_primary('primary', conf => "rsfed.scheduler = off\n");
	my $dir = PostgreSQL::Test::Utils::tempdir();
	my $http = HTTP::Tiny->new(timeout => 60);
	my ($exporter_port, $prometheus_port) = map { PostgreSQL::Test::Cluster::get_free_port() } 1, 2;
	my @processes;
	my $ok = eval {
		make_content($node);
		my $host = $node->host =~ s{/}{%2F}gr;
		write_from('rsfed.prometheus-sql-exporter.yml', "$dir/exporter.yml",
			[ qr{'postgres://exporter\@[^']*'}, sprintf "'postgres:///postgres?host=%s&port=%d&user=watcher&sslmode=disable'", $host, $node->port ],
			[ qr/interval: '30s'/, "interval: '1s'" ]);
		write_from('prometheus.yml', "$dir/prometheus.yml",
			[ qr/scrape_interval: 30s/, "scrape_interval: 1s\n  evaluation_interval: 1s" ],
			[ qr/- alerts\.yml/, "- $doc/alerts.yml" ],
			[ qr/'replica-1:9237'/, "'127.0.0.1:$exporter_port'" ]);
		push @processes, IPC::Run::start([ 'prometheus-sql-exporter', '-config.file', "$dir/exporter.yml", '-web.listen-address', "127.0.0.1:$exporter_port" ],
			'<', '/dev/null', '>&', "$PostgreSQL::Test::Utils::log_path/exporter.log");
		push @processes, IPC::Run::start([ 'prometheus', "--config.file=$dir/prometheus.yml", "--storage.tsdb.path=$dir/data", "--web.listen-address=127.0.0.1:$prometheus_port" ],
			'<', '/dev/null', '>&', "$PostgreSQL::Test::Utils::log_path/prometheus.log");
		compare_exporter($node, $http, $exporter_port);
		compare_prometheus($node, $http, $prometheus_port);
		1;
	};
	my $error = $@;
	$_->kill_kill(grace => 10) for @processes;
	fail("all of it: $error") unless $ok;
	$node->stop;
	warehouse_sql('DROP TABLE IF EXISTS prometheus_sales');
	return;
}

# A file of doc with some replacements.
sub write_from
{
	my ($name, $to, @replaced) = @_;
	my $text = slurp_file("$doc/$name");
	for (@replaced)
	{
		my ($pattern, $by) = @$_;
		$text =~ s/$pattern/$by/ or die "$name has no $pattern\n";
	}
	append_to_file($to, $text);
	return;
}

# Two rollups, one with a name that must be quoted everywhere, one that fails.
sub make_content
{
	my ($node) = @_;
	warehouse_sql('DROP TABLE IF EXISTS prometheus_sales; CREATE TABLE prometheus_sales (k integer, v integer); INSERT INTO prometheus_sales SELECT i, i FROM generate_series(1, 50) AS i');
	my $query = 'SELECT k, sum(v) AS v FROM prometheus_sales GROUP BY k';
	$node->safe_psql('postgres', $_) for
		'CREATE ROLE watcher LOGIN IN ROLE pg_monitor',
		qq{SELECT rsfed.define_rollup('"odd \\ ""name"""', 'warehouse', '$query', key => '{k}', max_age => '1 h')},
		"SELECT rsfed.define_rollup('failing', 'warehouse', '$query', key => '{k}')",
		"SELECT rsfed.define_set('pair', '{failing}')",
		q{ALTER SERVER warehouse OPTIONS (ADD max_seconds_per_day '1d', ADD max_scan_per_day '1TB')},
		"SELECT rsfed.set_credentials('warehouse', 'u', 'p', for_role => 'watcher', valid_until => '2999-01-01', verify => false)";
	standin('FAULT error_1023');
	$node->psql('postgres', "CALL rsfed.refresh('failing')") for 1 .. 3;
	standin_reset();
	return;
}

# The contents of rsfed.metrics, as lines of name, labels and value; without the
# ages, which increase.
sub metrics
{
	my ($node) = @_;
	my $rows = decode_json($node->safe_psql('postgres', "SELECT json_agg(m) FROM rsfed.metrics m WHERE name <> 'rsfed_age_seconds'"));
	return map { line($_->{name}, $_->{labels}, $_->{value}) } @$rows;
}

sub line
{
	my ($name, $labels, $value) = @_;
	return sprintf '%s %s %.9g', $name, join(' ', map { "$_=$labels->{$_}" } sort grep { $labels->{$_} ne '' } keys %$labels), $value;
}

# Asks until there is a usable answer, or a minute has passed.
sub ask
{
	my ($http, $url, $make) = @_;
	for (1 .. 300)
	{
		my $answer = $http->get($url);
		my $made = $answer->{success} ? $make->($answer->{content}) : undef;
		return $made if $made;
		sleep 0.2;
	}
	die "no answer from $url\n";
}

sub compare_exporter
{
	my ($node, $http, $port) = @_;
	my $page = ask($http, "http://127.0.0.1:$port/metrics", sub { $_[0] =~ /^sql_rsfed\{/m ? $_[0] : undef });
	my @shown;
	while ($page =~ /^sql_rsfed\{((?:\w+="(?:[^"\\]|\\.)*",?)+)\} (\S+)$/gm)
	{
		my ($labels, $value) = ($1, $2);
		my %label;
		while ($labels =~ /(\w+)="((?:[^"\\]|\\.)*)"/g)
		{
			my ($key, $text) = ($1, $2);
			$label{$key} = $text =~ s/\\(.)/$1 eq 'n' ? "\n" : $1/ger;
		}
		my $name = delete $label{name};
		delete @label{qw(col driver host database user sql_job)};
		push @shown, line($name, \%label, $value) if $name ne 'rsfed_age_seconds';
	}
	is_deeply([ sort @shown ], [ sort(metrics($node)) ], 'the exporter shows what rsfed.metrics says');
	ok((grep { /relation=public\."odd \\ ""name"""/ } @shown), 'names are as they are');
	return;
}

sub compare_prometheus
{
	my ($node, $http, $port) = @_;
	my $base = "http://127.0.0.1:$port/api/v1";
	my $query = sub { "$base/query?query=" . (shift =~ s/([^\w.~-])/sprintf '%%%02X', ord $1/ger) };
	my $result = ask($http, $query->('{__name__=~"rsfed_.+"}'), sub { my $r = decode_json($_[0])->{data}{result}; @$r ? $r : undef });
	my @stored;
	for my $series (@$result)
	{
		my %label = %{ $series->{metric} };
		my $name = delete $label{__name__};
		is($label{database}, 'postgres', "$name has the label database") if $name eq 'rsfed_info';
		delete @label{qw(database instance job host user)};
		push @stored, line($name, \%label, $series->{value}[1]) if $name ne 'rsfed_age_seconds';
	}
	is_deeply([ sort @stored ], [ sort(metrics($node)) ], 'Prometheus has them by their own names');
	my $firing = ask($http, "$base/alerts", sub {
		my @names = sort map { $_->{labels}{alertname} } grep { $_->{state} eq 'firing' } @{ decode_json($_[0])->{data}{alerts} };
		@names ? \@names : undef });
	is_deeply($firing, ['RsfedFailing'], 'the alert of what fails fires');

	# each expression of the dashboard, with its variables replaced as by Grafana
	my (@refused, $answered);
	for my $expression (@expressions)
	{
		my $text = $expression =~ s/\$__rate_interval/1m/gr =~ s/"\$\w+"/".*"/gr;
		my $answer = $http->get($query->($text));
		push @refused, "$text: $answer->{content}" unless $answer->{success};
		$answered++ if $answer->{success} && @{ decode_json($answer->{content})->{data}{result} };
	}
	is_deeply(\@refused, [], 'Prometheus takes each expression of the dashboard');
	cmp_ok($answered, '>', @expressions / 2, 'and has an answer to most, of what is there');
	note("$answered of " . @expressions . ' expressions have an answer');
	return;
}
