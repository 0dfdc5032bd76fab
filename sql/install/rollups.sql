-- Rollups: defining, changing, refreshing.  Each function checks the
-- privileges of its caller: it accepts the owner of the table, members of that
-- role and, for refreshes, roles with MAINTAIN on it (since PostgreSQL 17).

CREATE FUNCTION rsfed.define_rollup(
	name text,
	source name,
	query text,
	key text[] DEFAULT NULL,
	method text DEFAULT 'merge',
	columns text DEFAULT NULL,
	timezone text DEFAULT 'UTC',
	max_age interval DEFAULT NULL,
	options jsonb DEFAULT '{}',
	populate boolean DEFAULT true,
	if_not_exists boolean DEFAULT false,
	adopt boolean DEFAULT false)
RETURNS regclass
AS 'MODULE_PATHNAME', 'rsfed_define_rollup'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION rsfed.define_rollup(text, name, text, text[], text, text, text, interval, jsonb, boolean, boolean, boolean) IS
'Defines an aggregate query in Redshift, makes the local table that serves its result (with adopt it takes the table that is there), and fills it';

CREATE FUNCTION rsfed.alter_rollup(
	rollup regclass,
	query text DEFAULT NULL,
	key text[] DEFAULT NULL,
	source name DEFAULT NULL,
	method text DEFAULT NULL,
	columns text DEFAULT NULL,
	options jsonb DEFAULT '{}',
	populate boolean DEFAULT true)
RETURNS TABLE (action text, detail text)
AS 'MODULE_PATHNAME', 'rsfed_alter_rollup'
LANGUAGE C VOLATILE PARALLEL UNSAFE ROWS 5;
COMMENT ON FUNCTION rsfed.alter_rollup(regclass, text, text[], name, text, text, jsonb, boolean) IS
'Changes a rollup and its table, and returns what was done. Without a change it takes over what changed in Redshift';

CREATE FUNCTION rsfed.drop_rollup(rollup regclass, keep_table boolean DEFAULT false)
RETURNS void
AS 'MODULE_PATHNAME', 'rsfed_drop_rollup'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION rsfed.drop_rollup(regclass, boolean) IS
'Drops a rollup and its table. With keep_table the table stays, with its content';

CREATE PROCEDURE rsfed.refresh(
	relation regclass,
	method text DEFAULT NULL,
	since text DEFAULT NULL,
	until text DEFAULT NULL,
	part jsonb DEFAULT NULL,
	INOUT run_id bigint DEFAULT NULL,
	INOUT status text DEFAULT NULL,
	INOUT rows_changed bigint DEFAULT NULL,
	INOUT as_of timestamptz DEFAULT NULL,
	INOUT elapsed interval DEFAULT NULL)
AS 'MODULE_PATHNAME', 'rsfed_refresh'
LANGUAGE C;
COMMENT ON PROCEDURE rsfed.refresh(regclass, text, text, text, jsonb, bigint, text, bigint, timestamptz, interval) IS
'Refreshes a rollup or a materialized view now. Outside a transaction block it commits by itself';

CREATE FUNCTION rsfed.request_refresh(
	relation regclass,
	method text DEFAULT NULL,
	since text DEFAULT NULL,
	until text DEFAULT NULL,
	part jsonb DEFAULT NULL)
RETURNS bigint
AS 'MODULE_PATHNAME', 'rsfed_request_refresh'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION rsfed.request_refresh(regclass, text, text, text, jsonb) IS
'Queues a refresh, which a worker runs after the present transaction commits, and returns its run_id';

CREATE FUNCTION rsfed.wait(run_id bigint, timeout interval DEFAULT NULL)
RETURNS text
AS 'MODULE_PATHNAME', 'rsfed_wait'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION rsfed.wait(bigint, interval) IS
'Waits until a run has ended (on a replica: until that has arrived there) and returns its status; after the timeout the status that it has then. Only for roles that requested it or may read its relation';

CREATE FUNCTION rsfed.cancel(run_id bigint)
RETURNS boolean
AS 'MODULE_PATHNAME', 'rsfed_cancel'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION rsfed.cancel(bigint) IS
'Cancels a queued or running refresh, and returns false if it had ended already. The run of a member of a set cancels the refresh of the whole set';

CREATE FUNCTION rsfed.compare(
	relation regclass,
	query text DEFAULT NULL,
	source name DEFAULT NULL,
	since text DEFAULT NULL,
	until text DEFAULT NULL,
	part jsonb DEFAULT NULL,
	max_rows integer DEFAULT 10)
RETURNS TABLE (kind text, key jsonb, local jsonb, remote jsonb)
AS 'MODULE_PATHNAME', 'rsfed_compare'
LANGUAGE C VOLATILE PARALLEL UNSAFE ROWS 11;
COMMENT ON FUNCTION rsfed.compare(regclass, text, name, text, text, jsonb, integer) IS
'Says what the next refresh of a rollup, another query or another source would change: a summary, then the rows that differ. It writes nothing';

-- The boundaries of buckets, for tests and for users who want to see where a
-- bucket begins.
CREATE FUNCTION rsfed_catalog.bucket_start(at timestamptz, bucket interval, timezone text)
RETURNS timestamptz
AS 'MODULE_PATHNAME', 'rsfed_bucket_start'
LANGUAGE C STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION rsfed_catalog.bucket_start(timestamptz, interval, text) IS
'Start of the bucket of a window that holds an instant, in a time zone';

CREATE FUNCTION rsfed_catalog.bucket_end(at timestamptz, bucket interval, timezone text)
RETURNS timestamptz
AS 'MODULE_PATHNAME', 'rsfed_bucket_end'
LANGUAGE C STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION rsfed_catalog.bucket_end(timestamptz, interval, text) IS
'Start of the bucket after the one that holds an instant, in a time zone';
