-- Topics of rsfed.doctor(): publications and their subscribers.

-- Without a subscriber nothing can be lost.
CREATE VIEW rsfed_doctor.publication WITH (security_barrier = true) AS
SELECT v.severity, pg_catalog.format('publication %I', b.publication) AS subject, v.problem, v.remedy, v.on_primary
FROM (SELECT b.publication, p.oid, pg_catalog.current_setting('wal_level') AS wal_level,
		-- two settings of 17
		pg_catalog.current_setting('synchronized_standby_slots', true) AS waited_for,
		pg_catalog.current_setting('sync_replication_slots', true) AS copied,
		(SELECT pg_catalog.string_agg(pg_catalog.quote_literal(h.slot_name), ', ' ORDER BY h.slot_name)
			FROM pg_catalog.pg_replication_slots h WHERE h.slot_type = 'physical' AND h.active) AS standbys,
		pg_catalog.count(s.slot)::pg_catalog.int4 AS slots,
		pg_catalog.bool_or(NOT s.has_failover) AS some_stay,
		pg_catalog.bool_or(s.has_failover) AS some_follow
	FROM rsfed_catalog.publication b
	JOIN pg_catalog.pg_publication p ON p.pubname = b.publication
	LEFT JOIN rsfed_catalog.subscriber_slot s ON s.publication = b.publication
	WHERE pg_catalog.pg_has_role(p.pubowner, 'USAGE') OR pg_catalog.pg_has_role('pg_monitor', 'USAGE')
	GROUP BY b.publication, p.oid) b
CROSS JOIN LATERAL (VALUES
	(b.wal_level <> 'logical', 'error',
		pg_catalog.format('Nobody can subscribe to it: wal_level is %s. It is changed by a restart.', b.wal_level),
		'ALTER SYSTEM SET wal_level = logical;', true),
	((SELECT pg_catalog.count(*) FROM pg_catalog.pg_publication_rel r WHERE r.prpubid = b.oid
			AND r.prrelid IN ('rsfed_catalog.publication'::pg_catalog.regclass, 'rsfed_catalog.published_freshness'::pg_catalog.regclass)) < 2, 'error',
		'It lacks the tables of rsfed that say how fresh its rollups are, as after a restore of a dump. Subscribers do not get the freshness.',
		pg_catalog.format('SELECT rsfed.publish(''{}'', %L);', b.publication), true),
	(b.slots > 0 AND pg_catalog.current_setting('max_slot_wal_keep_size') = '-1', 'warning',
		'WAL for a subscriber that is away is kept without a limit, until the disk is full, because max_slot_wal_keep_size is -1.',
		'ALTER SYSTEM SET max_slot_wal_keep_size = ''50GB''; SELECT pg_catalog.pg_reload_conf();', true),
	(b.slots > 0 AND b.some_stay IS TRUE, 'warning',
		'Slots of its subscribers do not follow a failover of this server: they are made without failover. On a subscriber of PostgreSQL 17 or newer, one after the other: ALTER SUBSCRIPTION ... DISABLE, SET (failover = true), ENABLE.',
		pg_catalog.format('SELECT slot, problem FROM rsfed.subscribers WHERE publication = %L;', b.publication), true),
	(b.some_follow IS TRUE AND b.waited_for = '' AND b.standbys IS NOT NULL, 'warning',
		'After a failover its subscribers may be ahead of the new primary, because synchronized_standby_slots is empty and they do not wait for a standby. Keep the slots of those standbys that may take over in the list.',
		pg_catalog.format('ALTER SYSTEM SET synchronized_standby_slots = %s; SELECT pg_catalog.pg_reload_conf();', b.standbys), true),
	(pg_catalog.pg_is_in_recovery() AND b.copied = 'off', 'notice',
		'If this replica takes over, its subscribers stay behind: sync_replication_slots is off here. It also takes primary_slot_name, hot_standby_feedback, and dbname in primary_conninfo.',
		'ALTER SYSTEM SET sync_replication_slots = on; SELECT pg_catalog.pg_reload_conf();', false)
) AS v (applies, severity, problem, remedy, on_primary)
WHERE v.applies;
COMMENT ON VIEW rsfed_doctor.publication IS
'Publications that nobody can subscribe to, that may fill the disk, or whose subscribers a failover would leave behind';

CREATE VIEW rsfed_doctor.subscriber WITH (security_barrier = true) AS
SELECT v.severity, pg_catalog.format('slot %s', s.slot) AS subject, v.problem, v.remedy, true AS on_primary
FROM rsfed_catalog.subscriber_slot s
JOIN pg_catalog.pg_publication p ON p.pubname = s.publication
CROSS JOIN LATERAL (SELECT (SELECT pg_catalog.min(f.max_age) FROM rsfed_catalog.published_freshness f WHERE f.publication = s.publication) AS max_age) m
CROSS JOIN LATERAL (VALUES
	(s.is_lost, 'error',
		pg_catalog.format('The slot of a subscriber of publication %I is lost: WAL that it needed is gone. Drop it, and there the subscription; the script of rsfed.subscriber_script() makes both anew and copies all tables.', s.publication),
		pg_catalog.format('SELECT pg_catalog.pg_drop_replication_slot(%L);', s.slot)),
	(NOT s.connected AND NOT s.is_lost, 'warning',
		pg_catalog.format('A subscriber of publication %I is not connected%s, and %s of WAL are kept for it. If it is gone for good, drop its slot.', s.publication,
			CASE WHEN s.inactive_since IS NOT NULL THEN pg_catalog.format(' since %s', pg_catalog.date_trunc('second', s.inactive_since)) ELSE '' END,
			pg_catalog.pg_size_pretty(s.retained_wal)),
		pg_catalog.format('SELECT pg_catalog.pg_drop_replication_slot(%L);', s.slot)),
	(s.lag > m.max_age, 'warning',
		pg_catalog.format('A subscriber of publication %I applies what was written %s ago, which is more than the max_age of a rollup there, %s.', s.publication, s.lag, m.max_age),
		pg_catalog.format('SELECT * FROM rsfed.subscribers WHERE slot = %L;', s.slot)),
	(s.connected AND s.version < s.published_version, 'warning',
		pg_catalog.format('A subscriber of publication %I has run the script of version %s, and this is version %s. Run there what this gives.', s.publication, s.version, s.published_version),
		pg_catalog.format('SELECT rsfed.subscriber_script(%L);', s.publication))
) AS v (applies, severity, problem, remedy)
WHERE v.applies AND (pg_catalog.pg_has_role(p.pubowner, 'USAGE') OR pg_catalog.pg_has_role('pg_monitor', 'USAGE'));
COMMENT ON VIEW rsfed_doctor.subscriber IS
'Subscribers that are away, late, lost or behind';

CREATE VIEW rsfed_doctor.published_key WITH (security_barrier = true) AS
SELECT 'warning' AS severity, c.full_name AS subject,
	pg_catalog.format('It is published in %s without a key that has no NULLs: a subscriber finds each row that changes by all of its columns, before PostgreSQL 16 by reading the whole table.',
		pg_catalog.string_agg(pg_catalog.quote_ident(p.publication), ', ' ORDER BY p.publication)) AS problem,
	pg_catalog.format('SELECT key, options -> ''not_null'' AS not_null FROM rsfed.rollups WHERE rollup = %L::regclass;', c.full_name) AS remedy,
	true AS on_primary
FROM rsfed_catalog.published_freshness p
JOIN rsfed_catalog.relation_class c USING (relation_id)
JOIN pg_catalog.pg_class t ON t.oid = c.relid
WHERE c.may_see_all AND t.relreplident = 'f'
GROUP BY c.full_name;
COMMENT ON VIEW rsfed_doctor.published_key IS
'Published rollups whose rows subscribers find only by comparing whole rows';
GRANT SELECT ON rsfed_doctor.publication, rsfed_doctor.subscriber, rsfed_doctor.published_key TO PUBLIC;
