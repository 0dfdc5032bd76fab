-- Topics of rsfed.doctor(): sources and log-ins.

CREATE VIEW rsfed_doctor.source WITH (security_barrier = true) AS
SELECT 'error' AS severity, pg_catalog.format('server %I', l.source) AS subject,
	pg_catalog.format(CASE l.class
			WHEN '28' THEN 'It rejected the credentials at its last use, %s: %s.%s%s%s'
			ELSE 'It could not be reached at its last use, %s: %s.%s%s%s' END,
		pg_catalog.date_trunc('second', l.finished_at), l.message, COALESCE(' ' || l.detail, ''), COALESCE(' ' || l.hint, ''),
		COALESCE(' Failing: ' || rsfed_catalog.some_names(f.failing) || '.', '')
			|| COALESCE(' Late: ' || rsfed_catalog.some_names(f.late) || '.', '')) AS problem,
	l.remedy, false AS on_primary
FROM rsfed_catalog.source_failure l
CROSS JOIN LATERAL (SELECT pg_catalog.array_agg(x.name ORDER BY x.name COLLATE pg_catalog."C") AS failing,
		pg_catalog.array_agg(x.name ORDER BY x.name COLLATE pg_catalog."C") FILTER (WHERE x.is_late) AS late
	FROM rsfed_catalog.served_by_source x
	WHERE x.source = l.source AND x.state = 'failing' AND pg_catalog.left(x.sqlstate, 2) = l.class) f
UNION ALL
SELECT 'error', pg_catalog.format('server %I', u.source),
	pg_catalog.format('There is no such server any more: refreshes of %s fail. rsfed.register_server() makes one of that name; rsfed.alter_rollup(source => ...) gives a rollup another.',
		rsfed_catalog.some_names(pg_catalog.array_agg(c.full_name ORDER BY c.full_name COLLATE pg_catalog."C"))),
	'SELECT server, host, dbname FROM rsfed.servers;', false
FROM rsfed_catalog.relation_class c
JOIN rsfed_catalog.rollup u USING (relation_id)
WHERE c.may_see_all AND NOT EXISTS (SELECT FROM pg_catalog.pg_foreign_server f WHERE f.srvname = u.source)
GROUP BY u.source;
COMMENT ON VIEW rsfed_doctor.source IS
'Sources that could not be reached, or rejected a log-in, at their last use, and that are gone';

CREATE VIEW rsfed_doctor.credentials WITH (security_barrier = true) AS
SELECT v.severity, pg_catalog.format('credentials of %s for server %I', m.role, m.srvname) AS subject, v.problem,
	rsfed_catalog.check_statement(m.srvname, m.umuser) AS remedy, false AS on_primary
FROM (SELECT m.oid, s.srvname, m.umuser, m.umoptions,
		CASE m.umuser WHEN 0 THEN 'public' ELSE pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(m.umuser)) END AS role
	FROM pg_catalog.pg_user_mapping m
	JOIN pg_catalog.pg_foreign_server s ON s.oid = m.umserver
	JOIN pg_catalog.pg_foreign_data_wrapper w ON w.oid = s.srvfdw
	WHERE w.fdwname = 'rsfed' OR w.fdwname = 'postgres_fdw'
		AND EXISTS (SELECT FROM rsfed_catalog.rollup u WHERE u.source = s.srvname)) m
CROSS JOIN LATERAL rsfed_catalog.credentials_expiry(m.oid) x
CROSS JOIN LATERAL (SELECT EXISTS (SELECT FROM pg_catalog.unnest(m.umoptions) o
	WHERE o LIKE 'credentials_file=%') AS by_file) b
CROSS JOIN LATERAL (
	SELECT 'error' AS severity, pg_catalog.format('%s.', x.problem) AS problem WHERE x.problem IS NOT NULL
	UNION ALL
	SELECT CASE WHEN x.valid_until <= pg_catalog.now() THEN 'error' ELSE 'warning' END,
		pg_catalog.format('%s at %s. %s', CASE WHEN x.valid_until <= pg_catalog.now() THEN 'They expired' ELSE 'They expire' END,
			pg_catalog.date_trunc('second', x.valid_until),
			CASE WHEN b.by_file THEN 'The program that writes the credentials_file has not renewed it.'
				ELSE 'New ones are set by rsfed.set_credentials().' END)
	WHERE x.valid_until < pg_catalog.now()
		-- credentials that rotate automatically live for minutes anyway
		+ CASE WHEN b.by_file THEN '1 minute'::pg_catalog.interval ELSE '7 days' END
) v
UNION ALL
-- one row for each log-in, regardless of the number of relations
SELECT 'error', pg_catalog.format('credentials of %s for server %I',
		CASE h.role_id WHEN 0 THEN 'public' ELSE pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(h.role_id)) END, f.source),
	pg_catalog.format('Its log-in is held since %s: %s. No schedule tries it until the credentials change, by rsfed.set_credentials() or their file, or work again. Held: %s.%s',
		pg_catalog.date_trunc('second', h.held_since), h.message,
		rsfed_catalog.some_names(pg_catalog.array_agg(f.name ORDER BY f.name COLLATE pg_catalog."C")),
		COALESCE(' Late: ' || rsfed_catalog.some_names(pg_catalog.array_agg(f.name ORDER BY f.name COLLATE pg_catalog."C") FILTER (WHERE f.is_late)) || '.', '')),
	rsfed_catalog.check_statement(f.source, CASE h.role_id WHEN 0 THEN pg_catalog.min(c.relowner) ELSE h.role_id END), true
FROM rsfed_catalog.held_relation h
JOIN rsfed_catalog.relation_freshness f USING (relation_id)
JOIN pg_catalog.pg_class c ON c.oid = f.relid
WHERE f.state = 'held' AND NOT f.is_held AND f.may_see_all
GROUP BY h.server_id, h.role_id, h.held_since, h.message, f.source
UNION ALL
-- a refresh logs in as the relation's owner
SELECT 'error', pg_catalog.format('owner %s', o.owner), v.problem, v.remedy, true
FROM (SELECT c.relowner, u.source, pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(c.relowner)) AS owner,
		rsfed_catalog.some_names(pg_catalog.array_agg(c.full_name ORDER BY c.full_name COLLATE pg_catalog."C")) AS names
	FROM rsfed_catalog.relation_class c JOIN rsfed_catalog.rollup u USING (relation_id)
	WHERE c.may_see_all
	GROUP BY c.relowner, u.source) o
JOIN pg_catalog.pg_foreign_server s ON s.srvname = o.source
CROSS JOIN LATERAL (
	SELECT pg_catalog.format('It has no user mapping for server %I: refreshes of %s fail. One is made by rsfed.set_credentials(for_role => ...).',
			o.source, o.names) AS problem,
		pg_catalog.format('SELECT * FROM rsfed.credentials WHERE server = %L;', o.source) AS remedy
	WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_user_mapping m WHERE m.umuser IN (0, o.relowner) AND (m.umserver = s.oid
		OR m.umserver IN (SELECT f.oid FROM rsfed_catalog.member g JOIN pg_catalog.pg_foreign_server f ON f.srvname = g.server
			WHERE g.group_name = o.source)))
	UNION ALL
	SELECT pg_catalog.format('It may not use server %I: refreshes of %s fail.', o.source, o.names),
		pg_catalog.format('GRANT USAGE ON FOREIGN SERVER %I TO %s;', o.source, o.owner)
	WHERE NOT pg_catalog.has_server_privilege(o.relowner, s.oid, 'USAGE')
) v;
COMMENT ON VIEW rsfed_doctor.credentials IS
'Credentials that have expired, or will within a week (of a file: a minute), are held or cannot be read, owners without a log-in';

CREATE VIEW rsfed_doctor.tls WITH (security_barrier = true) AS
SELECT 'warning' AS severity, pg_catalog.format('server %I', s.server) AS subject,
	pg_catalog.format('sslmode is "%s": nobody checks that it is the warehouse that answers%s. It needs a certificate for the host''s name.', s.sslmode,
		CASE WHEN s.sslmode IN ('disable', 'allow', 'prefer') THEN ', and password and rows may go unencrypted' ELSE '' END) AS problem,
	pg_catalog.format('ALTER SERVER %I OPTIONS (%s sslmode ''verify-full'');', s.server,
		CASE WHEN o.is_set THEN 'SET' ELSE 'ADD' END) AS remedy, true AS on_primary
FROM rsfed.servers s
CROSS JOIN LATERAL (SELECT EXISTS (SELECT FROM pg_catalog.pg_foreign_server f, pg_catalog.unnest(f.srvoptions) x
	WHERE f.srvname = s.server AND x LIKE 'sslmode=%') AS is_set) o
WHERE s.sslmode NOT IN ('verify-full', 'verify-ca')
	AND (s.wrapper = 'rsfed' OR EXISTS (SELECT FROM rsfed_catalog.rollup u WHERE u.source = s.server))
	AND (s.may_use OR pg_catalog.pg_has_role('pg_monitor', 'USAGE'));
COMMENT ON VIEW rsfed_doctor.tls IS
'Servers whose certificate is not verified';

