-- The freshness of an answer, for use in the query of that answer, and the base of
-- the views of all relations: a relation is found by its oid, regardless of the
-- number of others, and C code reads the facts about it by index, with the
-- snapshot of the query.

CREATE FUNCTION rsfed.as_of(relation regclass)
RETURNS timestamptz
AS 'MODULE_PATHNAME', 'rsfed_as_of'
LANGUAGE C STABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION rsfed.as_of(regclass) IS
'Time of the content that the query sees; NULL without content. A member of a set has the time of the set, unless it was refreshed by itself since';

CREATE FUNCTION rsfed.age(relation regclass)
RETURNS interval
AS 'MODULE_PATHNAME', 'rsfed_age'
LANGUAGE C STABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION rsfed.age(regclass) IS
'How old the content is that the query sees: now() minus rsfed.as_of(); NULL without content';

CREATE FUNCTION rsfed.require_fresh(rollup regclass, max_age interval DEFAULT NULL)
RETURNS boolean
AS 'MODULE_PATHNAME', 'rsfed_require_fresh'
LANGUAGE C STABLE PARALLEL SAFE COST 10;
COMMENT ON FUNCTION rsfed.require_fresh(regclass, interval) IS
'True, or an error if the content is older than max_age (by default the rollup''s own). A WHERE clause asks it once';

CREATE FUNCTION rsfed_catalog.has_oid(relation_id integer)
RETURNS boolean
LANGUAGE C STABLE STRICT PARALLEL SAFE COST 10
AS 'MODULE_PATHNAME', 'rsfed_has_oid';
COMMENT ON FUNCTION rsfed_catalog.has_oid(integer) IS
'Is the oid of a relation in the cache of oids, which a restore may leave without it';

CREATE FUNCTION rsfed_catalog.schema_name(namespace oid)
RETURNS name
LANGUAGE C STABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'rsfed_schema_name';
COMMENT ON FUNCTION rsfed_catalog.schema_name(oid) IS
'The name of a schema, which is quicker to find so than by a join; NULL if there is none';

-- A condition on relid uses an index in both halves.  The second half has rows
-- only for relations without an oid, after a restore with triggers off.  It is
-- simple, because planning is most of the cost of a look at one relation.
CREATE VIEW rsfed_catalog.present_relation AS
SELECT o.relation_id, o.relid
FROM rsfed_catalog.relation_oid o
UNION ALL
SELECT r.relation_id, c.oid
FROM pg_catalog.pg_class c
JOIN rsfed_catalog.relation r ON r.schema_name = rsfed_catalog.schema_name(c.relnamespace) AND r.relation_name = c.relname
WHERE NOT rsfed_catalog.has_oid(r.relation_id);
COMMENT ON VIEW rsfed_catalog.present_relation IS
'Relations of rsfed and their oids: those of the cache, and by name where it has none';

CREATE TYPE rsfed_catalog.relation_status AS (
	relation_id integer,
	kind text,
	is_held boolean,
	may_see_all boolean,
	source name,
	state text,
	as_of timestamptz,
	age interval,
	max_age interval,
	is_late boolean,
	data_through timestamptz,
	changed_at timestamptz,
	last_run_id bigint,
	failing_since timestamptz,
	failures integer,
	sqlstate text,
	message text);
COMMENT ON TYPE rsfed_catalog.relation_status IS
'What rsfed.freshness says of a relation, and what it is made of';

CREATE FUNCTION rsfed_catalog.relation_status(relid oid)
RETURNS rsfed_catalog.relation_status
LANGUAGE C STABLE STRICT PARALLEL SAFE COST 50
AS 'MODULE_PATHNAME', 'rsfed_relation_status';
COMMENT ON FUNCTION rsfed_catalog.relation_status(oid) IS
'What rsfed.freshness says of a relation; NULL where rsfed does not refresh it or the caller may not see it';

-- a separate function, because it costs as much as the rest and is not always needed
CREATE FUNCTION rsfed_catalog.next_run_at(relation_id integer)
RETURNS timestamptz
LANGUAGE C STABLE STRICT PARALLEL SAFE COST 20
AS 'MODULE_PATHNAME', 'rsfed_next_run_at';
COMMENT ON FUNCTION rsfed_catalog.next_run_at(integer) IS
'When a relation is refreshed next by a schedule of its own or of a set; NULL if none is to run';

CREATE FUNCTION rsfed_catalog.may_see_runs(relation_id integer)
RETURNS boolean
LANGUAGE C STABLE STRICT PARALLEL RESTRICTED COST 10
AS 'MODULE_PATHNAME', 'rsfed_may_see_runs';
COMMENT ON FUNCTION rsfed_catalog.may_see_runs(integer) IS
'May the caller see the runs of a relation or of a set: its owner, and pg_monitor';
