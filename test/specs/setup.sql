-- What the isolation specs find: the stand-in as server "warehouse".  Addresses
-- come from the environment (script/test sets them), so that no expected output
-- holds a port.  (psql has \getenv from 14 on.)
\set ON_ERROR_STOP on
\set host `echo "$WAREHOUSE_HOST"`
\set port `echo "$WAREHOUSE_PORT"`
\set dbname `echo "$WAREHOUSE_DBNAME"`
\set user `echo "$WAREHOUSE_USER"`
\set password `echo "$WAREHOUSE_PASSWORD"`
SELECT rsfed.register_server('warehouse', :'host', :'dbname', :'user',
	password => :'password', port => :port) \g /dev/null
-- more names of it: two as members of a group, one to drop
SELECT rsfed.register_server(name, :'host', :'dbname', :'user', password => :'password', port => :port)
FROM (VALUES ('member_a'::name), ('member_b'), ('iso_server')) AS m (name) \g /dev/null

-- A refresh whose answer is the same each time: without run, times and duration.
CREATE PROCEDURE refresh_quietly(relation regclass, since text DEFAULT NULL, until text DEFAULT NULL, part jsonb DEFAULT NULL) LANGUAGE plpgsql AS $$
DECLARE
	run bigint;
	outcome text;
	changed bigint;
	as_of timestamptz;
	elapsed interval;
BEGIN
	CALL rsfed.refresh(relation, since => since, until => until, part => part, run_id => run, status => outcome, rows_changed => changed,
					   as_of => as_of, elapsed => elapsed);
	RAISE NOTICE '%, % rows changed', outcome, changed;
END
$$;

-- what the first request of a database remembers, once in its life, would make
-- two first ones wait for each other
SELECT rsfed.take_over(current_database()) \g /dev/null
