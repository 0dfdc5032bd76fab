-- rsfed.report() itself: the style sheet, the head of the page, and its sections in
-- their order.

CREATE FUNCTION rsfed_report.style()
RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
-- The colors are distinguishable for color-blind readers (after Okabe and Ito), and
-- have a contrast of at least 3:1 to the page, texts 4.5:1.
AS $$
SELECT $css$
:root{color-scheme:light dark;--page:#fff;--text:#1b2127;--soft:#57606a;--line:#d5dade;--panel:#f5f7f9;
--published:#075f9c;--unchanged:#6f8ea6;--failed:#c43d0b;--refused:#7b3fa0;--cancelled:#8a6d00;--skipped:#7d858c;--running:#007a5a;--light:#5896c8;--ok:#00704f}
@media screen and (prefers-color-scheme:dark){:root{--page:#10151a;--text:#e5e9ec;--soft:#9da7b0;--line:#323a42;--panel:#181f26;
--published:#52aee6;--unchanged:#7d99ae;--failed:#ff8352;--refused:#c99bea;--cancelled:#d6b33c;--skipped:#8b949c;--running:#35c79d;--light:#3c769e;--ok:#41c997}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--text);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","Liberation Sans",sans-serif;font-variant-numeric:tabular-nums}
main,header,footer{max-width:1240px;margin:0 auto;padding:0 20px}
header{padding-top:28px}
h1{font-size:26px;line-height:1.2;margin:0 0 4px;letter-spacing:-.01em}
h2{font-size:18px;margin:36px 0 10px;line-height:1.3}
h3{font-size:14px;margin:0 0 8px;overflow-wrap:anywhere}
p{margin:0 0 10px}
.note,header p,footer{color:var(--soft);font-size:13px}
nav{display:flex;flex-wrap:wrap;gap:4px 18px;margin:14px 0 0;padding:8px 0;border-block:1px solid var(--line);font-size:14px}
a{color:var(--published)}
code{font:13px/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace;white-space:pre-wrap;overflow-wrap:anywhere}
table{border-collapse:collapse;width:100%;font-size:14px}
th,td{text-align:left;padding:6px 12px 6px 0;border-bottom:1px solid var(--line);vertical-align:top}
thead th{color:var(--soft);font-weight:600;font-size:12px;vertical-align:bottom}
tbody th{font-weight:600;overflow-wrap:anywhere}
.scroll{overflow-x:auto}
ol{padding-left:22px}ol code{display:block;background:var(--panel);padding:6px 9px;border-radius:5px;margin:2px 0 10px}
.s{display:inline-block;padding:0 7px;border-radius:9px;font-size:12px;line-height:18px;font-weight:600;border:1px solid;white-space:nowrap;color:var(--soft)}
.s.fresh,.s.ok,.s.published{color:var(--ok)}.s.unchanged{color:var(--soft)}
.s.error,.s.failing,.s.failed,.s.late{color:var(--failed)}
.s.refused,.s.held{color:var(--refused)}
.s.warning,.s.cancelled{color:var(--cancelled)}
.bad,.bad b{color:var(--failed);font-weight:600}
.ok{background:var(--panel);border-left:4px solid var(--ok);padding:10px 14px}
.ok b{color:var(--ok)}
.found{table-layout:fixed}.found td{overflow-wrap:anywhere}.found th:first-child{width:112px}.found th:nth-child(2){width:19%}.found th:last-child{width:43%}
.errors th:first-child{width:24%}.errors th:nth-child(2){width:70px}.errors th:nth-child(3){width:19%}
.found code{display:block;background:var(--panel);padding:6px 9px;border-radius:5px}
.tiles{display:grid;grid-template-columns:repeat(6,1fr);gap:10px;margin-top:20px}
.tile{background:var(--panel);border-radius:8px;padding:10px 14px}
.tile.wide{grid-column:1/-1}
.tile h2{font-size:12px;font-weight:600;color:var(--soft);margin:0}
.tile p{margin:0}.tile b{font-size:22px;font-weight:600}
.states{display:flex;flex-wrap:wrap;gap:2px 20px}.states>span{display:inline-flex;align-items:center;gap:6px}
.two{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,440px),1fr));gap:22px 32px;align-items:end}
figure{margin:0;min-width:0}
figcaption{display:flex;flex-wrap:wrap;justify-content:space-between;gap:0 14px;font-size:13px;margin-bottom:4px}
.l{display:inline-flex;flex-wrap:wrap;gap:2px 14px;color:var(--soft);font-size:12px}
.l>span{display:inline-flex;align-items:center;gap:5px}
.l svg{display:block}.l em{width:10px;height:10px;border-radius:2px}em.k1,em.published{background:var(--published)}em.k3{background:var(--light)}em.unchanged{background:var(--unchanged)}
em.failed{background:var(--failed)}em.refused{background:var(--refused)}em.cancelled{background:var(--cancelled)}em.skipped{background:var(--skipped)}em.running{background:var(--running)}
section>.l{margin-bottom:8px}
.p{display:flex;height:130px}
.p svg{display:block;flex:1;min-width:0;height:100%}
.p i{flex:none;width:70px;white-space:nowrap;padding-right:7px;display:flex;flex-direction:column;justify-content:space-between;text-align:right;font-style:normal;font-size:11px;line-height:11px;color:var(--soft)}
.p i::after{content:"0"}figure .x{margin-left:70px}
.x{display:flex;justify-content:space-between;font-size:11px;color:var(--soft);margin-top:2px;white-space:nowrap;font-weight:400}
.g{stroke:var(--line);fill:none;vector-effect:non-scaling-stroke;stroke-width:1}
.b{fill:none;stroke-width:8}.a{fill:none;stroke:var(--published);stroke-width:1.5;vector-effect:non-scaling-stroke}
.m{fill:none;stroke:var(--failed);stroke-width:1.5;stroke-dasharray:5 4;vector-effect:non-scaling-stroke}
.k1{stroke:var(--published)}.k2{stroke:var(--refused)}.k3{stroke:var(--light)}
.o{fill:none}path.published{stroke:var(--published)}path.unchanged{stroke:var(--unchanged)}path.failed{stroke:var(--failed)}
path.refused{stroke:var(--refused)}path.cancelled{stroke:var(--cancelled)}path.skipped{stroke:var(--skipped)}path.running{stroke:var(--running)}
.o.published,.o.running{stroke-width:8}.o.unchanged{stroke-width:3}.o.failed{stroke-width:16}.o.refused{stroke-width:9}.o.cancelled{stroke-width:4}.o.skipped{stroke-width:2}
.lanes{table-layout:fixed}
.lanes th,.lanes td{padding:3px 0 3px 12px;text-align:right}
.lanes th:first-child{width:25%;text-align:left;padding-left:0}.lanes th:nth-child(2),.lanes td:nth-child(2){text-align:left}
.lanes thead th:nth-child(n+3){width:80px}.lanes tbody td{font-size:13px;white-space:nowrap}.lanes tbody th{font-size:13px;line-height:18px}
.t{display:block;width:100%;height:16px;margin-top:2px;background:var(--panel);border-radius:2px}
.v{position:absolute;clip-path:inset(50%);width:1px;height:1px;overflow:hidden}
summary{cursor:pointer;padding:10px 0;font-weight:600;color:var(--published)}
.cards{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,350px),1fr));gap:16px;margin-top:18px}
.card{background:var(--panel);border-radius:8px;padding:14px 16px;min-width:0;--page:var(--panel)}
.card .p{height:56px}.card figure+figure{margin-top:10px}.card .x span:nth-child(even){display:none}
.figures td:nth-child(n+2){white-space:nowrap}.figures:not(.slowest) td:nth-child(2){white-space:normal}
.share{width:64px;height:8px;vertical-align:middle}.share path{stroke:var(--line);stroke-width:8;fill:none}.share .k1{stroke:var(--published)}
footer{padding-top:20px;padding-bottom:40px;margin-top:36px;border-top:1px solid var(--line)}
@media screen and (max-width:760px){
main,header,footer{padding-left:14px;padding-right:14px}
.tiles{grid-template-columns:repeat(2,1fr)}
.found,.found tbody,.found tr,.found td,.found th{display:block;border:0;padding:0}.found thead{display:none}
.found tr{border-bottom:1px solid var(--line);padding:10px 0}.found td,.found th{padding:2px 0}
.lanes,.lanes thead,.lanes tbody{display:block}.lanes tr{display:grid;grid-template-columns:repeat(5,1fr);gap:1px 6px;border-bottom:1px solid var(--line);padding:5px 0}
.lanes th,.lanes td{border:0;padding:0;text-align:left}.lanes th:first-child,.lanes th:nth-child(2),.lanes td:nth-child(2){grid-column:1/-1;width:auto}
.lanes td:nth-child(n+3){font-size:12px;color:var(--soft)}.lanes thead th:nth-child(n+3){width:auto}.x span:nth-child(even){display:none}}
@media print{@page{margin:12mm}:root{color-scheme:light}body{font-size:11px}nav{display:none}*{print-color-adjust:exact;-webkit-print-color-adjust:exact}
main,header,footer{padding-left:0;padding-right:0}header{padding-top:0}h2{margin-top:24px}
table,code,figcaption,.lanes tbody td,.lanes tbody th{font-size:10.5px}th,td{padding:4px 9px 4px 0}tbody th{min-width:110px}
.tile{padding:7px 9px}.tile b{font-size:16px}.two,.cards{grid-template-columns:1fr 1fr;gap:16px 20px}.lanes thead th:nth-child(n+3){width:62px}thead th{font-size:10px}.x span:nth-child(even){display:none}
figure,.card,tr,.tile{break-inside:avoid}h2,h2+.note,h2+.l,figcaption{break-after:avoid}.scroll{overflow:visible}a{color:inherit;text-decoration:none}}
$css$::text
$$;
COMMENT ON FUNCTION rsfed_report.style() IS
'The style sheet of a report: light and dark, narrow and wide, and print';

-- The name of the client encoding for browsers.
CREATE FUNCTION rsfed_report.charset()
RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
SELECT COALESCE((SELECT c.charset FROM (VALUES ('LATIN1', 'windows-1252'), ('LATIN2', 'iso-8859-2'), ('LATIN4', 'iso-8859-4'), ('LATIN5', 'windows-1254'),
		('LATIN6', 'iso-8859-10'), ('LATIN7', 'iso-8859-13'), ('LATIN8', 'iso-8859-14'), ('LATIN9', 'iso-8859-15'), ('LATIN10', 'iso-8859-16'),
		('WIN866', 'ibm866'), ('WIN874', 'windows-874'), ('WIN1250', 'windows-1250'), ('WIN1251', 'windows-1251'), ('WIN1252', 'windows-1252'),
		('WIN1253', 'windows-1253'), ('WIN1254', 'windows-1254'), ('WIN1255', 'windows-1255'), ('WIN1256', 'windows-1256'), ('WIN1257', 'windows-1257'),
		('WIN1258', 'windows-1258'), ('KOI8R', 'koi8-r'), ('KOI8U', 'koi8-u'), ('EUC_JP', 'euc-jp'), ('SJIS', 'shift_jis'), ('EUC_KR', 'euc-kr'),
		('UHC', 'euc-kr'), ('EUC_CN', 'gb18030'), ('GBK', 'gbk'), ('GB18030', 'gb18030'), ('BIG5', 'big5')) c (encoding, charset)
	WHERE c.encoding = pg_client_encoding()), 'utf-8')
$$;
COMMENT ON FUNCTION rsfed_report.charset() IS
'The encoding of the client as HTML names it';

CREATE FUNCTION rsfed_report.head(found jsonb, from_at timestamptz, to_at timestamptz)
RETURNS text
LANGUAGE sql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, pg_temp
AS $$
SELECT '<!DOCTYPE html>' || E'\n<html lang="en"><head><meta charset="' || rsfed_report.charset() || '"/>'
	|| '<meta http-equiv="Content-Security-Policy" content="default-src ''none''; style-src ''unsafe-inline''; base-uri ''none''; form-action ''none''"/>'
	|| '<meta name="viewport" content="width=device-width, initial-scale=1"/><title>' || rsfed_report.html(format('rsfed: %s, %s', current_database(), to_char(to_at, 'YYYY-MM-DD HH24:MI')))
	|| '</title><style>' || rsfed_report.style() || '</style></head><body><header><h1>'
	|| CASE WHEN n.errors + n.warnings = 0 THEN 'All is well'
		ELSE concat_ws(', ', CASE WHEN n.errors > 0 THEN n.errors || CASE n.errors WHEN 1 THEN ' error' ELSE ' errors' END END,
			CASE WHEN n.warnings > 0 THEN n.warnings || CASE n.warnings WHEN 1 THEN ' warning' ELSE ' warnings' END END) END
	|| ' in database ' || rsfed_report.label(quote_ident(current_database())) || '</h1><p>'
	|| rsfed_report.html(format('%s to %s, time zone %s. Created at %s on %s, PostgreSQL %s, rsfed %s, by role %s.',
		rsfed_report.moment(from_at), rsfed_report.moment(to_at), current_setting('TimeZone'), rsfed_report.moment(now()),
		CASE WHEN pg_is_in_recovery() THEN 'a replica' ELSE 'the primary' END,
		split_part(current_setting('server_version'), ' ', 1), (SELECT e.extversion FROM pg_extension e WHERE e.extname = 'rsfed'), quote_ident(current_user)))
	|| CASE WHEN to_at < now() - interval '1 min' THEN ' Problems and states are the current ones, not those of the period.' ELSE '' END
	|| '</p>'
FROM (SELECT count(*) FILTER (WHERE f.severity = 'error') AS errors, count(*) FILTER (WHERE f.severity = 'warning') AS warnings
	FROM jsonb_to_recordset(found) f (severity text)) n
$$;
COMMENT ON FUNCTION rsfed_report.head(jsonb, timestamptz, timestamptz) IS
'The head of a report: how bad it is, what period it is about, who sees it';

CREATE FUNCTION rsfed_report.first_steps()
RETURNS text
LANGUAGE sql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, pg_temp
AS $$
SELECT '<section id="runs"><h2>What to do next</h2><p>Role ' || rsfed_report.label(quote_ident(current_user))
	|| ' can see no relation that rsfed refreshes, and no run in the period.</p><ol><li>Register a Redshift server: <code>'
	|| rsfed_report.html($step$SELECT rsfed.register_server('warehouse', 'cluster.abc.eu-west-1.redshift.amazonaws.com', 'dev', 'etl', 'password');$step$)
	|| '</code></li><li>Define a rollup: <code>'
	|| rsfed_report.html($step$SELECT rsfed.define_rollup('by_month', 'warehouse', 'SELECT month, sum(price) AS revenue FROM sales GROUP BY month', max_age => '1 hour');$step$)
	|| '</code></li><li>Schedule its refreshes: <code>' || rsfed_report.html($step$SELECT rsfed.schedule_refresh('by_month', '15 minutes');$step$)
	|| '</code></li></ol><p class="note">If relations are defined already: their runs are visible to their owners and to members of pg_monitor, their state to roles with SELECT on them.</p></section>'
$$;
COMMENT ON FUNCTION rsfed_report.first_steps() IS
'Section: what to do where there is nothing yet';

CREATE FUNCTION rsfed.report(since interval DEFAULT '1 day', until timestamptz DEFAULT now())
RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp SET datestyle = 'ISO' SET intervalstyle = 'postgres'
-- these queries run once: compiling them would take longer
SET jit = off
AS $$
DECLARE
	from_at timestamptz;
	found jsonb;
	runs rsfed_report.run[];
	lanes rsfed_report.lane[];
	contents rsfed_report.content[];
	length float8;
	axis text;
	page text;
BEGIN
	IF until IS NULL OR NOT isfinite(until) THEN
		RAISE EXCEPTION 'end of a report must be a finite time' USING ERRCODE = 'invalid_parameter_value',
			DETAIL = format('Argument until is %s.', COALESCE(until::text, 'NULL')),
			HINT = 'Omit the argument to create a report up to now.';
	END IF;
	-- an interval is compared as if months had 30 days, but begins where the calendar says
	IF since IS NULL OR NOT isfinite(since) OR since < interval '1 second' OR since > interval '1000 years' OR until - since >= until THEN
		RAISE EXCEPTION 'period of a report must be between 1 second and 1000 years' USING ERRCODE = 'invalid_parameter_value',
			DETAIL = format('Argument since is %s.', COALESCE(since::text, 'NULL')),
			HINT = 'Specify how long before its end the report begins, for example rsfed.report(since => ''7 days'').';
	END IF;
	from_at := until - since;
	length := date_part('epoch', until) - date_part('epoch', from_at);

	SELECT COALESCE(jsonb_agg(to_jsonb(d)), '[]') INTO found FROM rsfed.doctor() d;
	runs := rsfed_report.runs(from_at, until);
	lanes := rsfed_report.lanes(runs, from_at, until);
	axis := rsfed_report.axis(from_at, until);
	page := rsfed_report.head(found, from_at, until);
	IF cardinality(lanes) = 0 THEN
		page := page || '</header><main>' || rsfed_report.findings(found) || rsfed_report.first_steps();
	ELSE
		contents := rsfed_report.contents(runs, lanes, from_at, until);
		page := page || '<nav aria-label="Sections"><a href="#problems">Problems</a><a href="#work">Work</a><a href="#runs">Time line</a><a href="#age">Age</a>'
			|| '<a href="#warehouses">Warehouses</a><a href="#worst">Slowest and failing</a></nav></header><main>' || E'\n'
			|| rsfed_report.findings(found) || rsfed_report.tiles(runs, lanes)
			|| '<section id="work"><h2>Work</h2>'
			|| CASE cardinality(runs) WHEN 0 THEN '<p class="note">No run in the period.</p><div class="two">'
				ELSE '<div class="two">' || rsfed_report.outcomes_figure(runs, axis) || rsfed_report.queue_figures(runs, axis) || rsfed_report.work_figures(runs, axis) END
			|| CASE WHEN cardinality(runs) > 0 OR EXISTS (SELECT FROM unnest(lanes) l WHERE l.max_age IS NOT NULL)
				THEN rsfed_report.late_figure(lanes, contents, length, axis) ELSE '' END || '</div></section>'
			|| rsfed_report.time_line(runs, lanes, axis)
			|| rsfed_report.cards(runs, lanes, contents, length, axis)
			|| rsfed_report.warehouses(runs, from_at, until)
			|| rsfed_report.worst(runs, lanes);
	END IF;
	RETURN page || '</main><footer>'
		|| 'The report covers runs of relations that the role owns, or all runs if the role is a member of pg_monitor. It covers runs that are still in the history '
		|| '(rsfed.history_runs, rsfed.history_time), the newest 200,000 at most. '
		|| 'The same data in SQL: rsfed.doctor(), rsfed.freshness, rsfed.runs, rsfed.groups, rsfed.costs.</footer></body></html>';
END
$$;
COMMENT ON FUNCTION rsfed.report(interval, timestamptz) IS
'One self-contained page of HTML: what is wrong, and what runs did in a period, as far as the caller may see it; works on replicas';
