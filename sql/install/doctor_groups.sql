-- Problems of groups: topics of rsfed.doctor() (see doctor.sql).

CREATE VIEW rsfed_doctor.groups WITH (security_barrier = true) AS
WITH members AS MATERIALIZED (SELECT g.*,
		g.server IS NOT NULL AND g.weight > 0 AND g.state <> 'draining' AS is_used,
		pg_catalog.count(*) FILTER (WHERE g.server IS NOT NULL AND g.weight > 0 AND g.state NOT IN ('draining', 'broken'))
			OVER (PARTITION BY g.group_name) AS working,
		pg_catalog.count(*) FILTER (WHERE g.weight > 0) OVER (PARTITION BY g.group_name) AS weighted,
		pg_catalog.row_number() OVER (PARTITION BY g.group_name ORDER BY g.server) AS n
	FROM rsfed.groups g
	JOIN pg_catalog.pg_foreign_server s ON s.srvname = g.group_name
	WHERE pg_catalog.has_server_privilege(s.oid, 'USAGE') OR pg_catalog.pg_has_role('pg_monitor', 'USAGE'))
SELECT v.severity, pg_catalog.format('group %I', m.group_name) AS subject, v.problem, v.remedy, v.on_primary
FROM members m
CROSS JOIN LATERAL (
	SELECT 'error' AS severity, 'It has no member, so it cannot be asked. rsfed.add_member() gives it one.' AS problem,
		'SELECT server, host FROM rsfed.servers WHERE members IS NULL;' AS remedy, false AS on_primary
	WHERE m.server IS NULL
	UNION ALL
	SELECT 'error', 'The weight of all its members is 0, so it cannot be asked.',
		pg_catalog.format('SELECT rsfed.alter_member(%L, %L, weight => 1);', m.group_name, m.server), true
	WHERE m.server IS NOT NULL AND m.weighted = 0 AND m.n = 1
	UNION ALL
	SELECT 'error', 'None of its members works, or all that work are draining.',
		pg_catalog.format('SELECT server, state, since, last_error FROM rsfed.groups WHERE group_name = %L;', m.group_name), false
	WHERE m.weighted > 0 AND m.working = 0 AND m.n = 1
	UNION ALL
	SELECT 'warning', pg_catalog.format('Its member %I is broken since %s, and rsfed tries it again from time to time: %s.',
			m.server, pg_catalog.date_trunc('second', m.since), m.last_error),
		pg_catalog.format('SELECT * FROM rsfed.check_server(%L);', m.server), false
	WHERE m.state = 'broken'
	UNION ALL
	SELECT 'warning', pg_catalog.format('Its member %I is draining since %s%s.', m.server,
			pg_catalog.date_trunc('second', m.since), COALESCE(': ' || m.last_error, '')),
		pg_catalog.format('SELECT rsfed.alter_member(%L, %L, drain => false);', m.group_name, m.server), true
	WHERE m.state = 'draining' AND m.since < pg_catalog.now() - '1 day'::pg_catalog.interval
	UNION ALL
	SELECT 'warning', pg_catalog.format('There is no server %I any more, which is a member of it.', m.server),
		pg_catalog.format('SELECT rsfed.remove_member(%L, %L);', m.group_name, m.server), true
	WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_foreign_server f WHERE f.srvname = m.server) AND m.server IS NOT NULL
) v
UNION ALL
SELECT 'warning', pg_catalog.format('group %I', m.group_name),
	pg_catalog.format('Its member %I is not checked each health_interval: %I, who owns the group, has no log-in there.', m.server, o.owner),
	pg_catalog.format('SELECT * FROM rsfed.credentials WHERE server IN (%L, %L);', m.server, m.group_name), false
FROM members m
JOIN pg_catalog.pg_foreign_server g ON g.srvname = m.group_name
JOIN pg_catalog.pg_foreign_server s ON s.srvname = m.server
CROSS JOIN LATERAL (SELECT pg_catalog.pg_get_userbyid(g.srvowner) AS owner) o
WHERE m.is_used AND NOT EXISTS (SELECT FROM pg_catalog.pg_user_mapping u
		WHERE u.umserver IN (s.oid, g.oid) AND u.umuser IN (0, g.srvowner))
	AND EXISTS (SELECT FROM pg_catalog.pg_options_to_table(g.srvoptions) x WHERE x.option_name = 'health_interval'
		AND rsfed_catalog.option_amount('group', x.option_name, x.option_value) > 0)
UNION ALL
SELECT 'warning', c.full_name,
	pg_catalog.format('Schedule %I asks at server %I only, which is not a member of its group %I any more.', y.schedule_name, y.options ->> 'member', u.source),
	pg_catalog.format('SELECT rsfed.alter_schedule(%L, %L, options => %L);', c.full_name, y.schedule_name, '{"member": null}'), true
FROM rsfed_catalog.schedule y
JOIN rsfed_catalog.relation_class c USING (relation_id)
JOIN rsfed_catalog.rollup u USING (relation_id)
WHERE c.may_see_all AND y.options ? 'member' AND NOT EXISTS (SELECT FROM rsfed_catalog.member m
	WHERE m.group_name = u.source AND m.server = y.options ->> 'member');
COMMENT ON VIEW rsfed_doctor.groups IS
'Groups without a member that works, members that are broken or have been draining for long, schedules for members that are none, and what is not checked';
GRANT SELECT ON rsfed_doctor.groups TO PUBLIC;

CREATE VIEW rsfed_doctor.difference WITH (security_barrier = true) AS
SELECT 'warning' AS severity, pg_catalog.format('server %I of group %I', d.server, d.group_name) AS subject,
	CASE WHEN d.kind = 'query'
		THEN pg_catalog.format('It differs from the other members, and rollup %s does not use it: %s.', c.full_name, d.problem)
		ELSE pg_catalog.format('It differs from the other members, and rollups that read this do not use it: %s.', d.problem) END AS problem,
	-- the statements that solve it there, if they are known, and another check
	pg_catalog.concat_ws(' ', (SELECT pg_catalog.string_agg(pg_catalog.format('SELECT rsfed.execute(%L, %L);', d.server, r.remedy), ' ' ORDER BY r.n)
			FROM pg_catalog.unnest(d.remedies) WITH ORDINALITY AS r (remedy, n)
			WHERE pg_catalog.has_server_privilege(s.oid, 'USAGE')
				AND EXISTS (SELECT FROM pg_catalog.pg_user_mapping m
					WHERE m.umserver = s.oid AND m.umuser IN (0, (SELECT a.oid FROM pg_catalog.pg_roles a WHERE a.rolname = CURRENT_USER)))),
		CASE WHEN d.relation_name = '' OR d.kind = 'query' THEN pg_catalog.format('SELECT * FROM rsfed.check_group(%L) WHERE NOT ok;', d.group_name)
			ELSE pg_catalog.format('SELECT * FROM rsfed.check_group(%L, %L%s) WHERE NOT ok;', d.group_name,
				ARRAY[pg_catalog.format('%I.%I', d.schema_name, d.relation_name)],
				CASE WHEN d.kind = 'content' THEN ', sample => true' ELSE '' END) END) AS remedy,
	true AS on_primary
FROM rsfed_catalog.difference d
JOIN pg_catalog.pg_foreign_server g ON g.srvname = d.group_name
JOIN pg_catalog.pg_foreign_server s ON s.srvname = d.server
LEFT JOIN (rsfed_catalog.rollup u JOIN rsfed_catalog.relation_class c USING (relation_id))
	ON u.relation_id = d.relation_id AND u.definition = d.definition AND u.source = d.group_name
WHERE d.server_options IS NOT DISTINCT FROM s.srvoptions
	-- only users who may see the query may see its error
	AND (c.may_see_all OR d.kind <> 'query')
	AND (pg_catalog.has_server_privilege(g.oid, 'USAGE') OR pg_catalog.pg_has_role('pg_monitor', 'USAGE'));
COMMENT ON VIEW rsfed_doctor.difference IS
'Members of groups that rsfed.check_group(), or a run, found to be unlike the others';
GRANT SELECT ON rsfed_doctor.difference TO PUBLIC;
