-- rsfed's tables name relations and servers; these follow them when they are
-- renamed, moved or dropped.  Written in C: for every other command they
-- return after a look at its parse tree.

CREATE FUNCTION rsfed_catalog.on_ddl_end()
RETURNS event_trigger
AS 'MODULE_PATHNAME', 'rsfed_on_ddl_end'
LANGUAGE C;
REVOKE ALL ON FUNCTION rsfed_catalog.on_ddl_end() FROM PUBLIC;
COMMENT ON FUNCTION rsfed_catalog.on_ddl_end() IS
'Follows the renaming of relations, schemas and servers';

CREATE FUNCTION rsfed_catalog.on_drop()
RETURNS event_trigger
AS 'MODULE_PATHNAME', 'rsfed_on_drop'
LANGUAGE C;
REVOKE ALL ON FUNCTION rsfed_catalog.on_drop() FROM PUBLIC;
COMMENT ON FUNCTION rsfed_catalog.on_drop() IS
'Forgets relations that were dropped';

CREATE EVENT TRIGGER rsfed_ddl_end ON ddl_command_end
	WHEN TAG IN ('ALTER TABLE', 'ALTER MATERIALIZED VIEW', 'ALTER INDEX', 'ALTER SCHEMA', 'ALTER SERVER')
	EXECUTE FUNCTION rsfed_catalog.on_ddl_end();
COMMENT ON EVENT TRIGGER rsfed_ddl_end IS
'rsfed: follows the renaming of relations, schemas and servers';

CREATE EVENT TRIGGER rsfed_drop ON sql_drop
	EXECUTE FUNCTION rsfed_catalog.on_drop();
COMMENT ON EVENT TRIGGER rsfed_drop IS
'rsfed: forgets relations that were dropped';

-- A restore brings relations, not their oids; without these neither a rename
-- nor a drop would be seen.
CREATE FUNCTION rsfed_catalog.on_relation_insert()
RETURNS trigger
AS 'MODULE_PATHNAME', 'rsfed_on_relation_insert'
LANGUAGE C;
REVOKE ALL ON FUNCTION rsfed_catalog.on_relation_insert() FROM PUBLIC;
COMMENT ON FUNCTION rsfed_catalog.on_relation_insert() IS
'Refills the cache of oids after a restore';

CREATE TRIGGER cache_oids AFTER INSERT ON rsfed_catalog.relation
	FOR EACH STATEMENT EXECUTE FUNCTION rsfed_catalog.on_relation_insert();
