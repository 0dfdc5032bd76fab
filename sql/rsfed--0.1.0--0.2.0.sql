-- rsfed: from 0.1.0 to 0.2.0
--
-- The changes of sql/install since 0.1.0: a change there must also be made here.
-- test/t/016_release.pl compares the results of an update and of CREATE EXTENSION.

-- complain if script is sourced in psql, rather than via ALTER EXTENSION
\echo Use "ALTER EXTENSION rsfed UPDATE TO '0.2.0'" to load this file. \quit

CREATE OR REPLACE FUNCTION rsfed_report.style()
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
.two{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,440px),1fr));gap:22px 32px}
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
.figures td:nth-child(n+2){white-space:nowrap}.figures td:nth-child(2){white-space:normal}
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

-- rsfed.doctor() on pauses that somebody made.  A schedule that has paused itself is
-- told by the topic schedule, a paused relation that is late by the topic relation.

CREATE VIEW rsfed_doctor.pause WITH (security_barrier = true) AS
SELECT v.severity, v.subject,
	pg_catalog.format('%s since %s by %s, %s%s', v.what, pg_catalog.date_trunc('second', v.paused_at), v.paused_by,
		CASE WHEN pg_catalog.isfinite(v.paused_until) THEN 'until ' || v.paused_until ELSE 'without an end' END,
		COALESCE(': ' || v.pause_reason, '.')) AS problem,
	v.remedy, true AS on_primary, v.problem_of_many, v.remedy_of_many
FROM (
	SELECT CASE WHEN pg_catalog.isfinite(p.paused_until) THEN 'notice' ELSE 'warning' END AS severity,
		pg_catalog.format('database %I', pg_catalog.current_database()) AS subject,
		'All schedules are paused' AS what, p.paused_at, p.paused_until, p.paused_by, p.pause_reason,
		CASE WHEN pg_catalog.has_function_privilege('rsfed.resume_all()', 'EXECUTE') THEN 'SELECT rsfed.resume_all();'
			ELSE 'SELECT relation, set_name, paused_by, paused_until, pause_reason FROM rsfed.schedules WHERE paused;' END AS remedy,
		NULL AS problem_of_many, NULL AS remedy_of_many
	FROM rsfed_catalog.pause p
	WHERE pg_catalog.pg_has_role('pg_monitor', 'USAGE')
		OR EXISTS (SELECT FROM rsfed_catalog.relation_class c WHERE c.may_see_all)
	UNION ALL
	SELECT 'notice', c.full_name, 'Its schedules are paused', r.paused_at, r.paused_until, r.paused_by, r.pause_reason,
		pg_catalog.format('SELECT rsfed.resume(%L);', c.full_name),
		'Schedules of %s relations are paused.',
		'SELECT DISTINCT relation, paused_by, paused_until, pause_reason FROM rsfed.schedules WHERE paused AND relation IS NOT NULL;'
	FROM rsfed_catalog.relation r
	JOIN rsfed_catalog.relation_class c USING (relation_id)
	WHERE r.paused_at IS NOT NULL AND c.may_see_all
		AND EXISTS (SELECT FROM rsfed_catalog.schedule s WHERE s.relation_id = r.relation_id)
	UNION ALL
	SELECT 'notice', pg_catalog.format('set %I', c.set_name), 'Its schedules are paused', r.paused_at, r.paused_until, r.paused_by, r.pause_reason,
		pg_catalog.format('SELECT rsfed.resume_set(%L);', c.set_name),
		'Schedules of %s sets are paused.',
		'SELECT DISTINCT set_name, paused_by, paused_until, pause_reason FROM rsfed.schedules WHERE paused AND set_name IS NOT NULL;'
	FROM rsfed_catalog.relation r
	JOIN rsfed_catalog.set_class c ON c.set_id = r.relation_id
	WHERE r.paused_at IS NOT NULL AND c.may_see_all
		AND EXISTS (SELECT FROM rsfed_catalog.schedule s WHERE s.relation_id = r.relation_id)
) v
WHERE v.paused_until IS NULL OR v.paused_until > pg_catalog.now();
COMMENT ON VIEW rsfed_doctor.pause IS
'Pauses that somebody made: of all schedules, and of those of a relation or a set';
GRANT SELECT ON rsfed_doctor.pause TO PUBLIC;

CREATE OR REPLACE FUNCTION rsfed.doctor(remote boolean DEFAULT false)
RETURNS TABLE (severity text, subject text, problem text, remedy text)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp SET datestyle = 'ISO' SET intervalstyle = 'postgres'
-- these queries run once: compiling them would take longer
SET jit = off
AS $$
DECLARE
	topics name[];
	topic name;
	here jsonb;
	rows jsonb := '[]';
	is_replica boolean := pg_is_in_recovery();
BEGIN
	-- the views of the extension, not what somebody put beside them
	SELECT array_agg(c.relname ORDER BY c.relname) INTO topics
	FROM pg_class c
	JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e'
	WHERE c.relnamespace = 'rsfed_doctor'::regnamespace AND c.relkind = 'v';

	FOREACH topic IN ARRAY topics LOOP
		BEGIN
			EXECUTE format('SELECT jsonb_agg(to_jsonb(t)) FROM rsfed_doctor.%I t', topic) INTO here;
		EXCEPTION WHEN OTHERS THEN
			here := jsonb_build_array(jsonb_build_object('severity', 'warning', 'subject', 'rsfed.doctor()',
				'problem', format('It could not look at the topic %s: %s.', topic, SQLERRM),
				'remedy', 'SELECT library_version, extension_version FROM rsfed.scheduler;'));
		END;
		rows := rows || COALESCE(here, '[]');
	END LOOP;

	IF remote THEN
		FOR topic IN SELECT s.server FROM rsfed.servers s
			WHERE s.may_use AND EXISTS (SELECT FROM rsfed.credentials m
				WHERE m.server = s.server AND m.for_role IN (current_user, 'public'))
		LOOP
			BEGIN
				SELECT jsonb_agg(jsonb_build_object('severity',
					-- of a member of a group with its name before it
					CASE WHEN i.item ~ '(^|: )(name resolution|TCP|log-in|session|credentials)$' THEN 'error' ELSE 'warning' END,
					'subject', format('server %I', topic), 'problem', format('%s: %s', i.item, i.detail),
					'remedy', format('SELECT * FROM rsfed.check_server(%L);', topic))) INTO here
				FROM rsfed.check_server(topic) i WHERE NOT i.ok;
			EXCEPTION WHEN OTHERS THEN
				here := jsonb_build_array(jsonb_build_object('severity', 'error', 'subject', format('server %I', topic),
					'problem', format('It could not be checked: %s.', SQLERRM),
					'remedy', format('SELECT * FROM rsfed.servers WHERE server = %L;', topic)));
			END;
			rows := rows || COALESCE(here, '[]');
		END LOOP;
	END IF;

	IF rows = '[]' THEN
		rows := jsonb_build_array(jsonb_build_object('severity', 'ok', 'subject', format('database %I', current_database()),
			'problem', format('Nothing found%s. Looked at: %s%s.',
				CASE WHEN pg_has_role('pg_monitor', 'USAGE') THEN '' ELSE format(' in what role %I may see', current_user) END,
				array_to_string(topics, ', '), CASE WHEN remote THEN '; asked the servers' ELSE '' END)));
	END IF;
	RETURN QUERY
		WITH found AS (SELECT *
			FROM jsonb_to_recordset(rows) AS r (severity text, subject text, problem text, remedy text, on_primary boolean,
				problem_of_many text, remedy_of_many text)),
		-- one problem of many is one row
		many AS (SELECT f.severity, array_to_string((array_agg(f.subject ORDER BY f.subject COLLATE "C"))[:5], ', ')
					|| CASE WHEN count(*) > 5 THEN format(' and %s more', count(*) - 5) ELSE '' END AS subject,
				format(f.problem_of_many, count(*)) AS problem,
				format(f.remedy_of_many, string_agg(f.subject, ', ' ORDER BY f.subject COLLATE "C")) AS remedy,
				f.on_primary, f.problem_of_many, f.remedy_of_many
			FROM found f
			WHERE f.problem_of_many IS NOT NULL
			GROUP BY f.severity, f.problem_of_many, f.remedy_of_many, f.on_primary
			HAVING count(*) >= 5)
		SELECT r.severity, r.subject,
			r.problem || CASE WHEN is_replica AND r.on_primary THEN ' Run the remedy on the primary.' ELSE '' END, r.remedy
		FROM (SELECT m.* FROM many m
			UNION ALL
			SELECT f.* FROM found f
			WHERE NOT EXISTS (SELECT FROM many m WHERE (m.severity, m.problem_of_many, m.remedy_of_many, m.on_primary)
				= (f.severity, f.problem_of_many, f.remedy_of_many, f.on_primary))) r
		ORDER BY array_position(ARRAY['error', 'warning', 'notice', 'ok'], r.severity), r.subject, r.problem;
END
$$;

CREATE OR REPLACE FUNCTION rsfed_catalog.subscriber_table(publication name, version integer, relid oid, relation_id integer, copy_number integer, tables boolean)
RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $body$
	WITH t AS (SELECT c.oid, n.nspname, c.relname, c.relowner, obj_description(c.oid, 'pg_class') AS comment, c.relacl,
			rsfed_catalog.published_columns(publication, c.oid) AS named
		FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = relid),
	a AS (SELECT a.attname, a.attnum, a.attnotnull, format_type(a.atttypid, a.atttypmod) AS type,
			CASE WHEN a.attcollation NOT IN (0, y.typcollation) THEN format(' COLLATE %I.%I', cn.nspname, co.collname) ELSE '' END AS coll
		FROM t JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
			AND (t.named IS NULL OR a.attname = ANY (t.named)
				-- not published yet: it is once this is there
				OR a.attname IN (SELECT x.value ->> 'name' FROM rsfed_catalog.rollup u, jsonb_array_elements(u.columns) x
					WHERE u.relation_id = subscriber_table.relation_id))
		JOIN pg_type y ON y.oid = a.atttypid
		LEFT JOIN pg_collation co ON co.oid = a.attcollation
		LEFT JOIN pg_namespace cn ON cn.oid = co.collnamespace),
	k AS (SELECT i.indexrelid, bool_and(a.attnotnull) AS is_primary, array_agg(a.attname ORDER BY x.n) AS columns
		FROM t JOIN pg_index i ON i.indrelid = t.oid AND i.indisunique AND i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL
		CROSS JOIN LATERAL unnest(i.indkey) WITH ORDINALITY x (attnum, n)
		JOIN a ON a.attnum = x.attnum
		GROUP BY i.indexrelid
		HAVING array_agg(a.attname::text ORDER BY a.attname) = (SELECT array_agg(c ORDER BY c COLLATE "C") FROM rsfed_catalog.rollup u, unnest(u.key_columns) c
			WHERE u.relation_id = subscriber_table.relation_id)
		ORDER BY bool_and(a.attnotnull) DESC, i.indexrelid LIMIT 1)
	SELECT concat_ws(E'\n',
		-- psql ends a comment at \n and at \r, and names may contain both
		'-- ' || regexp_replace(concat_ws(E'\n', format('%I.%I', t.nspname, t.relname),
			CASE WHEN NOT tables THEN format(E'It must contain, made by whoever owns the schema:\n  CREATE TABLE %I.%I (%s);%s', t.nspname, t.relname,
				(SELECT string_agg(format('%I %s%s', a.attname, a.type, a.coll), ', ' ORDER BY a.attnum) FROM a),
				(SELECT CASE WHEN k.is_primary THEN format(E'\n  ALTER TABLE %I.%I ADD PRIMARY KEY (%s);', t.nspname, t.relname, l.list)
					ELSE format(E'\n  CREATE UNIQUE INDEX ON %I.%I (%s) NULLS NOT DISTINCT;', t.nspname, t.relname, l.list) END
					FROM k CROSS JOIN LATERAL (SELECT string_agg(quote_ident(c), ', ' ORDER BY n) AS list FROM unnest(k.columns) WITH ORDINALITY x (c, n)) l)) END),
			'[\n\r]', E'\n-- ', 'g'),
		format(E'SELECT rsfed_catalog.take_table(publication => %L, version => %s, relation_id => %s, copy_number => %s, tables => %L,\n'
			'\tschema_name => %L, relation_name => %L,\n\tcolumns => ARRAY[%s],\n\tkey => %L, is_primary => %L) \\gset rsfed_',
			publication, version, relation_id, copy_number, tables, t.nspname, t.relname,
			(SELECT string_agg(format(E'\n\t\tARRAY[%L, %L]', a.attname, a.type || a.coll), ',' ORDER BY a.attnum) FROM a),
			(SELECT k.columns FROM k), COALESCE((SELECT k.is_primary FROM k), false)),
		CASE WHEN tables THEN (SELECT string_agg(regexp_replace(pg_get_indexdef(i.indexrelid), '^CREATE INDEX ', 'CREATE INDEX IF NOT EXISTS ') || ';', E'\n'
				ORDER BY i.indexrelid)
			FROM pg_index i WHERE i.indrelid = t.oid AND NOT i.indisunique AND i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL
				AND NOT EXISTS (SELECT FROM unnest(i.indkey) x (attnum) WHERE x.attnum NOT IN (SELECT a.attnum FROM a))) END,
		CASE WHEN tables AND t.comment IS NOT NULL THEN format('COMMENT ON TABLE %I.%I IS %L;', t.nspname, t.relname, t.comment) END,
		CASE WHEN tables THEN (SELECT string_agg(CASE WHEN x.grantee = 0 THEN format('GRANT SELECT ON %I.%I TO PUBLIC;', t.nspname, t.relname)
					ELSE format('SELECT rsfed_catalog.grant_select(%L, %L, %L) \gset rsfed_', t.nspname, t.relname, pg_get_userbyid(x.grantee)) END, E'\n' ORDER BY x.grantee)
			FROM aclexplode(t.relacl) x WHERE x.privilege_type = 'SELECT' AND x.grantee <> t.relowner) END,
		'')
	FROM t
$body$;

CREATE OR REPLACE FUNCTION rsfed_catalog.subscriber_script(publication name, tables boolean)
RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
	SELECT replace(replace(replace(replace(replace(replace(rsfed_catalog.subscriber_template(),
		'@kit@', quote_literal(md5(rsfed_catalog.subscriber_template()))),
		-- the template has it in a comment and in a body of DO, too
		'@publication@', CASE WHEN b.publication::text ~ '[\n\r$@]'
			THEN format('U&''%s''', replace(replace(replace(replace(replace(replace(b.publication::text, E'\\', E'\\\\'), '''', ''''''),
				E'\n', E'\\000a'), E'\r', E'\\000d'), '$', E'\\0024'), '@', E'\\0040'))
			ELSE quote_literal(b.publication) END),
		'@slot_prefix@', quote_literal(rsfed_catalog.slot_prefix(b.publication))),
		'@version@', b.version::text),
		'@failover@', (current_setting('server_version_num')::int4 >= 170000)::text),
		'@tables@', COALESCE((SELECT string_agg(rsfed_catalog.subscriber_table(p.publication, b.version, k.relid, p.relation_id, p.copy_number, tables),
				E'\n' ORDER BY p.schema_name, p.relation_name)
			FROM rsfed_catalog.published_freshness p JOIN rsfed_catalog.present_relation k USING (relation_id)
			WHERE p.publication = b.publication), '-- none is published')
		|| format(E'\nSELECT rsfed_catalog.forget_others(%L, %L) \\gset rsfed_', b.publication,
			ARRAY(SELECT p.relation_id FROM rsfed_catalog.published_freshness p WHERE p.publication = b.publication ORDER BY 1)))
	FROM rsfed_catalog.publication b WHERE b.publication = subscriber_script.publication
$$;
