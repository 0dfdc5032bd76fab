-- The resources that refreshes used in the warehouse.

CREATE FUNCTION rsfed.gather_costs(OUT server name, OUT runs integer, OUT detail text)
RETURNS SETOF record
LANGUAGE C VOLATILE PARALLEL UNSAFE ROWS 3
AS 'MODULE_PATHNAME', 'rsfed_gather_costs';
COMMENT ON FUNCTION rsfed.gather_costs() IS
'Asks servers with the option gather_costs what the runs of the caller''s relations have read and taken. Workers do the same when they have time';

CREATE VIEW rsfed_catalog.run_price WITH (security_barrier = true) AS
SELECT k.run_id,
	c.relid,
	k.relation_id,
	k.server,
	k.ended_at,
	k.s3_bytes,
	k.s3_files,
	k.partitions,
	k.partitions_read,
	k.queue_ms,
	k.execution_ms,
	CASE WHEN x.rpus > 0 THEN k.execution_ms / 3600000.0::pg_catalog.float8 * x.rpus * p.rpu_hour
		-- rounded up to whole megabytes, at least 10 per query
		ELSE CASE k.s3_bytes WHEN 0 THEN 0
			ELSE GREATEST(pg_catalog.ceil(k.s3_bytes / 1048576.0), 10) END / 1048576 * p.tb
	END AS price,
	k.ask_at IS NOT NULL AS is_pending,
	k.note
FROM rsfed_catalog.run_cost k
JOIN rsfed_catalog.relation_class c USING (relation_id)
CROSS JOIN (SELECT NULLIF(pg_catalog.current_setting('rsfed.price_per_tb', true)::pg_catalog.float8, 0) AS tb,
	NULLIF(pg_catalog.current_setting('rsfed.price_per_rpu_hour', true)::pg_catalog.float8, 0) AS rpu_hour) p
LEFT JOIN LATERAL (SELECT o.option_value::pg_catalog.int4 AS rpus
	FROM pg_catalog.pg_foreign_server s
	CROSS JOIN LATERAL pg_catalog.pg_options_to_table(s.srvoptions) o
	WHERE s.srvname = k.server AND o.option_name = 'rpus') x ON true
WHERE c.may_see_all;
COMMENT ON VIEW rsfed_catalog.run_price IS
'Runs with what they cost, for the owner and pg_monitor';

CREATE VIEW rsfed.costs WITH (security_barrier = true) AS
SELECT k.relid::pg_catalog.regclass AS relation,
	k.server,
	k.ended_at::pg_catalog.date AS day,
	pg_catalog.count(*) AS runs,
	pg_catalog.count(*) FILTER (WHERE k.is_pending) AS pending,
	pg_catalog.count(*) FILTER (WHERE NOT k.is_pending AND k.execution_ms IS NULL) AS unknown,
	pg_catalog.sum(k.s3_bytes)::pg_catalog.int8 AS s3_bytes,
	pg_catalog.sum(k.s3_files)::pg_catalog.int8 AS s3_files,
	pg_catalog.sum(k.partitions)::pg_catalog.int8 AS partitions,
	pg_catalog.sum(k.partitions_read)::pg_catalog.int8 AS partitions_read,
	pg_catalog.sum(k.queue_ms)::pg_catalog.int8 AS queue_ms,
	pg_catalog.sum(k.execution_ms)::pg_catalog.int8 AS execution_ms,
	pg_catalog.sum(k.price) AS price,
	pg_catalog.max(k.note) AS note
FROM rsfed_catalog.run_price k
GROUP BY k.relid, k.server, k.ended_at::pg_catalog.date;
COMMENT ON VIEW rsfed.costs IS
'What refreshes have read and taken in the warehouse, by relation, server and day; for the owner and pg_monitor';
GRANT SELECT ON rsfed.costs TO PUBLIC;
