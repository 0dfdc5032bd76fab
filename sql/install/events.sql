-- rsfed's tables name relations and servers; these event triggers follow them
-- when they are renamed, moved or dropped.  They are written in C, so that
-- they return for every other command after a look at its parse tree.

CREATE FUNCTION rsfed_catalog.on_ddl_end()
RETURNS event_trigger
AS 'MODULE_PATHNAME', 'rsfed_on_ddl_end'
LANGUAGE C;
REVOKE ALL ON FUNCTION rsfed_catalog.on_ddl_end() FROM PUBLIC;
COMMENT ON FUNCTION rsfed_catalog.on_ddl_end() IS
'Follows the renaming of relations, columns, schemas, servers and publications; warns where an owner cannot refresh any more; puts comments on imported tables';

CREATE FUNCTION rsfed_catalog.on_drop()
RETURNS event_trigger
AS 'MODULE_PATHNAME', 'rsfed_on_drop'
LANGUAGE C;
REVOKE ALL ON FUNCTION rsfed_catalog.on_drop() FROM PUBLIC;
COMMENT ON FUNCTION rsfed_catalog.on_drop() IS
'Forgets relations that were dropped; stands before servers that rollups or groups use';

CREATE EVENT TRIGGER rsfed_ddl_end ON ddl_command_end
	WHEN TAG IN ('ALTER TABLE', 'ALTER MATERIALIZED VIEW', 'ALTER INDEX', 'ALTER SCHEMA', 'ALTER EXTENSION',
		'ALTER SERVER', 'DROP USER MAPPING', 'REVOKE', 'IMPORT FOREIGN SCHEMA', 'ALTER PUBLICATION')
	EXECUTE FUNCTION rsfed_catalog.on_ddl_end();
COMMENT ON EVENT TRIGGER rsfed_ddl_end IS
'rsfed: follows the renaming of relations, columns, schemas, servers and publications; warns where an owner cannot refresh any more; puts comments on imported tables';

CREATE EVENT TRIGGER rsfed_drop ON sql_drop
	EXECUTE FUNCTION rsfed_catalog.on_drop();
COMMENT ON EVENT TRIGGER rsfed_drop IS
'rsfed: forgets relations that were dropped; stands before servers that rollups or groups use';

-- If session_replication_role is replica, as tools that copy data set it,
-- names still change and disappear.
ALTER EVENT TRIGGER rsfed_ddl_end ENABLE ALWAYS;
ALTER EVENT TRIGGER rsfed_drop ENABLE ALWAYS;

-- A restore brings relations without their oids; without these, neither a
-- rename nor a drop would be noticed.
CREATE FUNCTION rsfed_catalog.on_relation_insert()
RETURNS trigger
AS 'MODULE_PATHNAME', 'rsfed_on_relation_insert'
LANGUAGE C;
REVOKE ALL ON FUNCTION rsfed_catalog.on_relation_insert() FROM PUBLIC;
COMMENT ON FUNCTION rsfed_catalog.on_relation_insert() IS
'Refills the cache of oids after a restore';

CREATE TRIGGER cache_oids AFTER INSERT ON rsfed_catalog.relation
	FOR EACH STATEMENT EXECUTE FUNCTION rsfed_catalog.on_relation_insert();
ALTER TABLE rsfed_catalog.relation ENABLE ALWAYS TRIGGER cache_oids;

-- A change of a member invalidates the groups cached in all processes.
CREATE FUNCTION rsfed_catalog.on_member_change()
RETURNS trigger
AS 'MODULE_PATHNAME', 'rsfed_on_member_change'
LANGUAGE C;
REVOKE ALL ON FUNCTION rsfed_catalog.on_member_change() FROM PUBLIC;
COMMENT ON FUNCTION rsfed_catalog.on_member_change() IS
'Lets every process forget what it remembers of the members of groups';

CREATE TRIGGER members_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON rsfed_catalog.member
	FOR EACH STATEMENT EXECUTE FUNCTION rsfed_catalog.on_member_change();

-- A publication FOR ALL TABLES publishes these tables, too.  A subscriber that
-- has rsfed itself keeps its own rows: rows from the publisher are skipped.
-- The triggers fire only in processes that apply a subscription.
CREATE FUNCTION rsfed_catalog.on_replicated_change()
RETURNS trigger
AS 'MODULE_PATHNAME', 'rsfed_on_replicated_change'
LANGUAGE C;
REVOKE ALL ON FUNCTION rsfed_catalog.on_replicated_change() FROM PUBLIC;
COMMENT ON FUNCTION rsfed_catalog.on_replicated_change() IS
'Keeps rows that a subscription brings out of the tables of rsfed';

DO $$
DECLARE
	t pg_catalog.regclass;
BEGIN
	FOR t IN SELECT oid FROM pg_catalog.pg_class
		WHERE relnamespace OPERATOR(pg_catalog.=) 'rsfed_catalog'::pg_catalog.regnamespace
			AND relkind OPERATOR(pg_catalog.=) 'r'
	LOOP
		EXECUTE pg_catalog.format('CREATE TRIGGER not_replicated BEFORE INSERT OR UPDATE OR DELETE ON %s'
			' FOR EACH ROW EXECUTE FUNCTION rsfed_catalog.on_replicated_change()', t);
		EXECUTE pg_catalog.format('ALTER TABLE %s ENABLE REPLICA TRIGGER not_replicated', t);
	END LOOP;
END$$;
