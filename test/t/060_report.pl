# rsfed.report(): its contents for runs of every outcome, for each role, on a
# replica and in a browser.

use strict;
use warnings;

use BrowserTest;
use RsfedTest;
use PostgreSQL::Test::Utils;
use Test::More;

my $primary = start_primary('primary', conf => "rsfed.scheduler = off\nrsfed.price_per_tb = 5\nrsfed.max_workers = 4\n");
my $replica = start_replica($primary, 'replica');

# The report on a node, with settings or a role set before it.
sub report
{
	my ($node, $before, $arguments) = @_;
	return $node->safe_psql('postgres', ($before // '') . '; SELECT rsfed.report(' . ($arguments // '') . ')');
}

# A document that an XML parser, and so every browser, interprets as intended.
sub well_formed
{
	my ($page, $name) = @_;
	my $script = PostgreSQL::Test::Utils::tempdir() . '/page.xml';
	append_to_file($script, $page);
	my ($out, $err) = ('', '');
	ok(IPC::Run::run([ 'python3', '-c', 'import sys, xml.dom.minidom; xml.dom.minidom.parse(sys.argv[1])', $script ], '>', \$out, '2>', \$err), $name)
	  or diag($err);
	return;
}

# The row of the time line for a name, as it is written there.
sub lane
{
	my ($page, $name) = @_;
	my ($row) = $page =~ m{<tr><th scope="row"><bdi>\Q$name\E</bdi> (.*?)</tr>}s;
	return $row;
}

# An empty report
my $empty = report($primary);
like($empty, qr{What to do next.*rsfed\.register_server\(.*rsfed\.define_rollup\(.*rsfed\.schedule_refresh\(}s, 'an empty database says what to do next');
well_formed($empty, 'and is well formed');
unlike($empty, qr{<nav|href=}, 'and has no links to sections that it lacks');

# a client whose encoding lacks the letters of a name below could not receive it
is(() = report($primary, 'SET client_encoding = latin1') =~ /<meta charset="windows-1252"/g, 1, 'the encoding of the client is named');

# Invalid periods
for my $bad ("NULL", "'-1 day'", "'0'", "'1 ms'", "'2000 years'", "'178000000 years'")
{
	psql_fails($primary, "SELECT rsfed.report($bad)", '22023', qr/period of a report must be between 1 second and 1000 years.*DETAIL:  Argument since is .*HINT:/s, "since => $bad");
}
for my $bad ("NULL", "'infinity'", "'-infinity'")
{
	psql_fails($primary, "SELECT rsfed.report('1 day', $bad)", '22023', qr/end of a report must be a finite time.*DETAIL:  Argument until is .*HINT:/s, "until => $bad");
}

# A relation without a run: no empty figures
my $unused = q{rsfed.define_rollup('unused', 'warehouse', 'SELECT 1 AS k', key => '{k}', populate => false)};
my $early = $primary->safe_psql('postgres', "BEGIN; SELECT $unused; SELECT rsfed.report(); ROLLBACK");
like($early, qr{<h2>Work</h2><p class="note">No run in the period\.</p><div class="two"></div>}, 'without runs there are no figures of work');
like($early, qr{<section id="age">.*?<p class="note">No relation had content or runs in the period\.</p>}s, 'nor of age');
unlike($early, qr{<figure}, 'nor others');
like($primary->safe_psql('postgres', "BEGIN; SELECT ${unused}; UPDATE rsfed_catalog.rollup SET max_age = '1 h'; SELECT rsfed.report(); ROLLBACK"),
	qr{<p class="note">No run in the period\.</p><div class="two"><figure><figcaption><b>Relations older than max_age</b>.*?of 1 relations with max_age}s, 'with max_age there is one of lateness');

# Relations: of two owners, a name that is a tag, a long one without blanks, a set, a dropped one
warehouse_sql('DROP TABLE IF EXISTS report_sales; CREATE TABLE report_sales (k integer, v integer); INSERT INTO report_sales SELECT i, i FROM generate_series(1, 50) AS i');
my $query = 'SELECT k, sum(v) AS v FROM report_sales GROUP BY k';
my $tag = q{<script>alert("x")</script> & '};
my %relation = (plain => 'plain', other => 'other', tag => '"' . $tag =~ s/"/""/gr . '"', gone => 'gone', long => 'w' x 63,
	# a mark that reverses what follows it, and letters from right to left
	turned => "\"turned\xe2\x80\xaetxt.exe\"", hebrew => "\"\xd7\xa9\xd7\x9c\xd7\x95\xd7\x9d\"");
$primary->safe_psql('postgres', 'SELECT rsfed.define_rollup(' . quote_literal($relation{$_}) . ", 'warehouse', '$query', key => '{k}')") for sort keys %relation;
$primary->safe_psql('postgres', $_) for
	"UPDATE rsfed_catalog.rollup SET max_age = '10 min'",
	"SELECT rsfed.define_set('pair', '{plain,other}')",
	'CREATE ROLE report_owner', 'CREATE ROLE report_reader', 'CREATE ROLE report_stranger', 'CREATE ROLE report_monitor IN ROLE pg_monitor',
	'GRANT CREATE ON SCHEMA public TO report_owner',
	'GRANT USAGE ON FOREIGN SERVER warehouse TO report_owner',
	"SELECT rsfed.set_credentials('warehouse', 'awsuser', 'x', for_role => 'report_owner', verify => false)",
	'ALTER TABLE other OWNER TO report_owner', 'GRANT SELECT ON plain TO report_reader';

# 96 minutes, so that a bar of a figure is one minute: runs of every outcome, some
# at minutes that are checked below.
my $until = '2026-03-01 12:00:00+00';
$primary->safe_psql('postgres', q{
	CREATE FUNCTION add_run(name text, outcome text, minute float8, minutes float8, cause text DEFAULT 'schedule', waited float8 DEFAULT 0,
		more text DEFAULT NULL) RETURNS void LANGUAGE sql AS $$
		INSERT INTO rsfed_catalog.run (relation_id, schema_name, relation_name, status, trigger, requested_by, requested_at, due_at, started_at,
			finished_at, as_of, server, rows_received, rows_inserted, rows_updated, rows_deleted, query_id, sqlstate, message)
		SELECT relation_id, schema_name, relation_name, outcome, cause, 'postgres', t.due, t.due,
			CASE WHEN outcome NOT IN ('queued', 'skipped') THEN t.began END,
			CASE WHEN outcome NOT IN ('queued', 'running') THEN t.began + minutes * interval '1 min' END,
			CASE WHEN outcome IN ('published', 'unchanged') THEN t.began END, 'warehouse', 50, 1, 2, 3, 815,
			CASE WHEN outcome IN ('failed', 'refused') THEN '08006' END, CASE WHEN outcome IN ('failed', 'refused') THEN more END
		FROM rsfed_catalog.relation,
			LATERAL (SELECT '2026-03-01 12:00:00+00'::timestamptz - interval '96 min' + minute * interval '1 min' AS began) b,
			LATERAL (SELECT began - waited * interval '1 min' AS due, began) t
		WHERE relation_name = name OR name = 'tag' AND relation_name LIKE '%script%'
	$$;
	DELETE FROM rsfed_catalog.run;
	-- before the period: what there was when it began
	SELECT add_run('plain', 'published', -5, 1);
	SELECT add_run('plain', 'published', 20, 1), add_run('plain', 'unchanged', 30, 1), add_run('plain', 'failed', 40, 2, more => '<b>bold</b> & "so" ' || chr(7)),
		add_run('plain', 'failed', 50, 2, more => '<b>bold</b> & "so" ' || chr(7)), add_run('plain', 'refused', 60, 1, more => 'too few rows'),
		add_run('plain', 'cancelled', 65, 1), add_run('plain', 'skipped', 70, 0), add_run('plain', 'published', 80, 4, 'call');
	-- two workers for ten minutes, and one run that waits for five before
	SELECT add_run('tag', 'published', 10, 10), add_run('other', 'published', 10, 10, waited => 5);
	SELECT add_run('gone', 'published', 90, 1), add_run('pair', 'published', 91, 1);
	INSERT INTO rsfed_catalog.run_cost (run_id, relation_id, server, ended_at, query_id, s3_bytes, execution_ms, ask_at)
	SELECT run_id, relation_id, server, finished_at, query_id, 100 * 1048576, 900, NULL FROM rsfed_catalog.run WHERE relation_name = 'other';
});
$primary->safe_psql('postgres', "SELECT rsfed.drop_rollup('gone')");
my $period = "'96 min', '$until'";
my $page = report($primary, undef, $period);
well_formed($page, 'a page of every outcome is well formed');

like(lane($page, 'public.plain'), qr{aria-label="1 cancelled, 2 failed, 2 published, 1 refused, 1 skipped, 1 unchanged"}, 'the time line counts runs by outcome');
like(lane($page, 'public.plain'), qr{<path class="o failed" d="[^"]*"><title>failed: 2</title>}, 'each outcome is a shape with a title');
like(lane($page, 'public.plain'), qr{</td><td>8</td><td class="bad">3</td><td>1 min</td><td>4 min</td><td>48</td>$}, 'runs, failures, median, longest, rows');
# 160 pieces of 36 s in 960 units: minute 40 to 42 are pieces 66 to 70, minute 50 to 52 83 to 86
like(lane($page, 'public.plain'), qr{<path class="o failed" d="M396 8h29M498 8h23">}, 'runs are drawn where they ran');
like(lane($page, 'set pair'), qr{"1 published"}, 'a set has a line');
like(lane($page, 'public.gone'), qr{^<span class="s dropped">dropped</span>.*"1 published"}s, 'so has what was dropped');
like($page, qr{Workers in use</b>.*?<i>4</i><svg[^>]*aria-label="Workers in use: at most 2\.0 of 4 on average in an interval"}s, 'two workers are in use, of four');
like($page, qr{Runs waiting for a worker: at most 1\.0 on average}, 'one run waits for a worker');
like($page, qr{Duration of successful runs by interval: 95th percentile at most 10 min, median at most 10 min}, 'durations');
like($page, qr{aria-label="Runs by outcome: 6 published, 1 unchanged, 1 refused, 2 failed, 1 cancelled, 1 skipped"}, 'outcomes over time');
# at minute 40 plain, from minute 30, is late; its first content is from minute -5,
# late from 5 to 21
like($page, qr{3 of 6 relations with max_age were late in the period}, 'lateness in the period');
like($page, qr{<h3><bdi>public\.plain</bdi> .*?aria-label="Age, at most 54 min; max_age is 10 min"}s, 'age: what succeeded at minute 30 was there until 84');
like($page, qr{<tr><th scope="row"><bdi>warehouse</bdi></th>.*?100\.0 %</td><td>12</td><td class="bad">3</td>.*?<td>100 MB</td><td>0\.0005</td>}s, 'the warehouse: share, runs, failures, bytes and cost');
like($page, qr{<h2>Slowest runs</h2>.*?<tr><th scope="row"><bdi>(public\.other|public\.&quot;).*?10 min</td>}s, 'the slowest');
like($page, qr{<h2>Most frequent errors</h2>.*?<tr><th scope="row"><bdi>public\.plain</bdi></th><td class="bad">2</td><td>2026-03-01 11:14:00, run \d+</td><td>08006: &lt;b&gt;bold&lt;/b&gt; &amp; &quot;so&quot;  ?</td>}s, 'the most failing, its message as text');
like($page, qr{<h2>Problems</h2><table.*rsfed\.scheduler is off}s, 'doctor() comes first');
like($page, qr{<h1>\d+ errors?}, 'and is summed up in the heading');
ok($page =~ /<h2>Problems/ && $-[0] < index($page, 'Runs by outcome'), 'before the figures');

# Names are escaped, and the page loads nothing from elsewhere
unlike($page, qr{<script|javascript:|\son\w+=|<(link|img|iframe|object)|\surl\(|\@import|src=}i, 'no script and nothing to be loaded');
like($page, qr{public\.&quot;&lt;script&gt;alert\(&quot;&quot;x&quot;&quot;\)&lt;/script&gt; &amp; &#39;&quot;}, 'a name that is a tag is text');

# The period and its time zone
like($page, qr{2026-03-01 10:24:00 to 2026-03-01 12:00:00, time zone UTC\..* on the primary, .* by role postgres\.}, 'the head names period, time zone, server and role');
like($page, qr{are the current ones}, 'and that findings are of now');
my $elsewhere = report($primary, "SET timezone = 'Asia/Kolkata'; SET datestyle = 'SQL, DMY'; SET intervalstyle = 'iso_8601'; SET search_path = public", $period);
like($elsewhere, qr{2026-03-01 15:54:00 to 2026-03-01 17:30:00, time zone Asia/Kolkata\.}, 'in the time zone of the session');
unlike(report($primary), qr{are the current ones}, 'a report up to now is of now');
for my $since ('1 second', '10 days', '1000 years')
{
	well_formed(report($primary, undef, "'$since'"), "a report of $since");
}

# Privileges
my $mine = report($primary, 'SET ROLE report_owner', $period);
like(lane($mine, 'public.other'), qr{"1 published"}, 'an owner sees the runs of its relation');
is(lane($mine, 'public.plain'), undef, 'and not what it may not read');
unlike($mine, qr{bold|script|pair|gone}, 'nor anything of it');
like($mine, qr{by role report_owner\.}, 'whoever that is');
my $read = report($primary, 'SET ROLE report_reader', $period);
like(lane($read, 'public.plain'), qr{"no runs"}, 'who may only read a relation sees its state, no runs');
unlike($read, qr{bold|100 MB|public\.other}, 'no errors and no costs');
like(report($primary, 'SET ROLE report_stranger', $period), qr{What to do next.*Role <bdi>report_stranger</bdi> can see no relation}s, 'a stranger sees nothing');
is(report($primary, 'SET ROLE report_monitor', $period) =~ s/report_monitor/postgres/r =~ tr/\n//, $page =~ tr/\n//, 'pg_monitor sees as much as a superuser');
is(lane(report($primary, 'SET ROLE report_monitor', $period), 'public.plain'), lane($page, 'public.plain'), 'the same runs');

# On a replica
$primary->wait_for_catchup($replica);
my $there = report($replica, undef, $period);
well_formed($there, 'a report of a replica is well formed');
like($there, qr{on a replica, }, 'it says that it is one');
is(lane($there, $_), lane($page, $_), "the same runs of $_") for 'public.plain', 'set pair', 'public.gone';

# In a browser
SKIP:
{
	skip 'no Chromium can run here', 25 unless BrowserTest::available();
	my $browser = BrowserTest->new;
	my %picture;
	$browser->show($page);
	is($browser->value('return document.querySelectorAll("#problems tbody tr").length') > 1, 1, 'browser: findings are there');
	is($browser->value('return document.querySelectorAll("#runs tbody tr").length'), 8, 'browser: lines of seven relations and a set');
	is($browser->value(q{return [...document.querySelectorAll("#runs tbody th")].filter(e => {
		const state = e.querySelector(".s").getBoundingClientRect();
		return [...e.querySelector("bdi").getClientRects()].some(r => r.bottom > state.top && r.top < state.bottom && r.right > state.left + 1)}).length}),
		0, 'browser: the state of a relation stands after its name, whatever direction that has');
	is($browser->value('return document.querySelectorAll("#work figure svg path.b").length') > 5, 1, 'browser: bars are there');
	is($browser->value('return document.querySelector("#runs tbody tr:nth-child(1) path.failed").getBoundingClientRect().width') > 5, 1, 'browser: a run has a width');
	is($browser->value('return [...document.querySelectorAll("#runs tbody th")].some(e => e.textContent.includes("<script>alert("))') ? 1 : 0, 1, 'browser: the name that is a tag is read as text');
	is($browser->value('return performance.getEntriesByType("resource").length'), 0, 'browser: nothing is loaded');
	is($browser->value('return [...document.querySelectorAll("svg[role=img]")].filter(e => !e.getAttribute("aria-label")).length'), 0, 'browser: each figure is told in words');
	is($browser->value('return [...document.querySelectorAll("table")].filter(e => !e.querySelector("thead th[scope=col]")).length'), 0, 'browser: each table has heads');
	is($browser->value('return document.compatMode'), 'CSS1Compat', 'browser: standards mode');
	for my $scheme (qw(light dark))
	{
		for my $width (1280, 400)
		{
			$browser->look($width, $scheme);
			is($browser->value('return document.documentElement.clientWidth'), $width, "browser: $scheme, $width wide");
			is($browser->value('return document.documentElement.scrollWidth'), $width, 'browser: nothing reaches beyond it');
			is($browser->value(q{
				const seen = getComputedStyle(document.body), light = c => c.match(/\d+/g).slice(0, 3).reduce((a, b) => a + +b, 0) / 3;
				return light(seen.backgroundColor) > light(seen.color) ? "light" : "dark"}), $scheme, "browser: the page is $scheme");
			$picture{"$scheme$width"} = $browser->screenshot;
			cmp_ok(length $picture{"$scheme$width"}, '>', 15000, 'browser: the picture is not empty');
		}
	}
	isnt($picture{light1280}, $picture{dark1280}, 'browser: light and dark differ');
	# the width of a paper page, A4 or letter
	$browser->look(690, 'dark', 'print');
	is($browser->value(q{const style = e => getComputedStyle(document.querySelector(e));
		return [style("body").backgroundColor, style(".found thead").display, style(".lanes tr").display, style("nav").display].join(", ")}),
		'rgb(255, 255, 255), table-header-group, table-row, none', 'browser: a printed page is light, and its tables are tables');
	is($browser->value('return document.documentElement.scrollWidth'), 690, 'browser: and nothing of it is cut off');
	# messages of the page, not of the browser's own first page
	is_deeply([ grep { !/ chrome:/ } $browser->console ], [], 'browser: the console says nothing');
	$browser->show($empty);
	$browser->look(400, 'light');
	is($browser->value('return document.documentElement.scrollWidth'), 400, 'browser: the empty page is no wider either');
	$browser->quit;
}

$primary->stop;
$replica->stop;
warehouse_sql('DROP TABLE report_sales');
done_testing();
