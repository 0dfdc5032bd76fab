-- The users and what they may do.  Run in the database dev, as its owner.
ALTER DEFAULT PRIVILEGES FOR ROLE awsuser IN SCHEMA public GRANT SELECT ON TABLES TO reader;
GRANT pg_monitor, pg_signal_backend TO awsuser;
