-- How fresh an answer is, asked beside the answer, and what the views of all
-- relations stand on: a relation is found by its oid, whatever there are else, and
-- what is said of it is read by index in C, with the snapshot of the query.

CREATE FUNCTION rsfed.as_of(relation regclass)
RETURNS timestamptz
AS 'MODULE_PATHNAME', 'rsfed_as_of'
LANGUAGE C STABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION rsfed.as_of(regclass) IS
'As of when the content is that the query sees, NULL without content; of a member of a set its own, which is that of the set unless it was refreshed by itself since';

CREATE FUNCTION rsfed.age(relation regclass)
RETURNS interval
AS 'MODULE_PATHNAME', 'rsfed_age'
LANGUAGE C STABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION rsfed.age(regclass) IS
'How old the content is that the query sees: now() minus rsfed.as_of(), NULL without content';

CREATE FUNCTION rsfed.require_fresh(rollup regclass, max_age interval DEFAULT NULL)
RETURNS boolean
AS 'MODULE_PATHNAME', 'rsfed_require_fresh'
LANGUAGE C STABLE PARALLEL SAFE COST 10;
COMMENT ON FUNCTION rsfed.require_fresh(regclass, interval) IS
'True, or an error if the content is older than max_age (by default the rollup''s own); in a WHERE clause it is asked once';

-- A condition on relid reaches an index in both halves.  The second half is
-- empty but for what came without its oid: by a restore with its triggers off.
CREATE VIEW rsfed_catalog.present_relation AS
SELECT o.relation_id, o.relid
FROM rsfed_catalog.relation_oid o
UNION ALL
SELECT r.relation_id, c.oid
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN rsfed_catalog.relation r ON r.schema_name = n.nspname AND r.relation_name = c.relname
WHERE NOT EXISTS (SELECT FROM rsfed_catalog.relation_oid o WHERE o.relation_id = r.relation_id);
COMMENT ON VIEW rsfed_catalog.present_relation IS
'Relations of rsfed and their oids: those of the cache, and by name where it has none';

CREATE FUNCTION rsfed_catalog.relation_status(relid oid,
	OUT relation_id integer, OUT name text, OUT kind text, OUT is_held boolean, OUT may_see_all boolean,
	OUT source name, OUT state text, OUT as_of timestamptz, OUT age interval, OUT max_age interval,
	OUT is_late boolean, OUT data_through timestamptz, OUT changed_at timestamptz, OUT last_run_id bigint,
	OUT failing_since timestamptz, OUT failures integer, OUT sqlstate text, OUT message text,
	OUT next_run_at timestamptz)
RETURNS record
LANGUAGE C STABLE STRICT PARALLEL SAFE COST 50
AS 'MODULE_PATHNAME', 'rsfed_relation_status';
COMMENT ON FUNCTION rsfed_catalog.relation_status(oid) IS
'What rsfed.freshness says of a relation; NULL where rsfed does not refresh it or the caller may not see it';

CREATE FUNCTION rsfed_catalog.may_see_runs(relation_id integer)
RETURNS boolean
LANGUAGE C STABLE STRICT PARALLEL SAFE COST 10
AS 'MODULE_PATHNAME', 'rsfed_may_see_runs';
COMMENT ON FUNCTION rsfed_catalog.may_see_runs(integer) IS
'May the caller see the runs of a relation or of a set: its owner, and pg_monitor';
