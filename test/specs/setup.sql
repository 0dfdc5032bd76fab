-- What the isolation specs find: the stand-in as server "warehouse".  Addresses
-- come from the environment (script/test sets them), so that no expected output
-- holds a port.
\set ON_ERROR_STOP on
\getenv host WAREHOUSE_HOST
\getenv port WAREHOUSE_PORT
\getenv dbname WAREHOUSE_DBNAME
\getenv user WAREHOUSE_USER
\getenv password WAREHOUSE_PASSWORD
SELECT rsfed.register_server('warehouse', :'host', :'dbname', :'user',
	password => :'password', port => :port) \g /dev/null

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
