-- Foreign tables that follow their tables in Redshift.

CREATE FUNCTION rsfed.remote_columns(server name, remote_schema text,
	OUT table_name text, OUT local_table text, OUT column_name text, OUT local_column text, OUT data_type text, OUT is_char boolean, OUT definition text,
	OUT comment text, OUT table_comment text)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'rsfed_remote_columns'
LANGUAGE C VOLATILE STRICT;
COMMENT ON FUNCTION rsfed.remote_columns(name, text) IS
'The columns of the tables of a schema in Redshift, with the names, types and definitions that IMPORT FOREIGN SCHEMA gives them here';

CREATE FUNCTION rsfed.refresh_foreign_schema(
	server name, remote_schema text, local_schema name, add_tables boolean DEFAULT false,
	OUT action text, OUT relation text, OUT detail text)
RETURNS SETOF record
LANGUAGE plpgsql VOLATILE STRICT
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	difference record;
BEGIN
	IF NOT EXISTS (SELECT FROM pg_namespace WHERE nspname = local_schema) THEN
		RAISE invalid_schema_name USING MESSAGE = format('schema "%s" does not exist', local_schema);
	END IF;
	FOR difference IN
		WITH columns AS MATERIALIZED (
			SELECT r.*, row_number() OVER () AS place,
				-- as the catalog spells it
				CASE WHEN r.data_type IN ('timestamp', 'time') THEN r.data_type || ' without time zone'
					WHEN r.data_type IN ('timestamptz', 'timetz') THEN replace(r.data_type, 'tz', '') || ' with time zone'
					ELSE r.data_type END AS spelled
			FROM rsfed.remote_columns(server, remote_schema) r),
		tables AS (
			SELECT c.oid, format('%I.%I', n.nspname, c.relname) AS full_name,
				coalesce((SELECT option_value FROM pg_options_to_table(f.ftoptions) WHERE option_name = 'table_name'), c.relname::text) AS table_name
			FROM pg_foreign_table f
			JOIN pg_foreign_server s ON s.oid = f.ftserver
			JOIN pg_class c ON c.oid = f.ftrelid
			JOIN pg_namespace n ON n.oid = c.relnamespace
			WHERE s.srvname = refresh_foreign_schema.server AND n.nspname = refresh_foreign_schema.local_schema
				AND coalesce((SELECT option_value FROM pg_options_to_table(f.ftoptions) WHERE option_name = 'schema_name'), n.nspname::text)
					= refresh_foreign_schema.remote_schema),
		here AS (
			SELECT t.oid, t.full_name, t.table_name, a.attname, a.attnum,
				coalesce((SELECT option_value FROM pg_options_to_table(a.attfdwoptions) WHERE option_name = 'column_name'), a.attname::text) AS column_name,
				(SELECT option_value FROM pg_options_to_table(a.attfdwoptions) WHERE option_name = 'is_char')::boolean AS is_char,
				EXISTS (SELECT FROM pg_options_to_table(a.attfdwoptions) WHERE option_name = 'blank_safe') AS says_blank_safe,
				CASE WHEN y.typtype = 'd' THEN format_type(y.typbasetype, y.typtypmod) ELSE format_type(a.atttypid, a.atttypmod) END AS data_type
			FROM tables t
			JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
			JOIN pg_type y ON y.oid = a.atttypid),
		changes AS (
			SELECT 1 AS step, 0::bigint AS place, 'table is gone' AS what, t.full_name AS of,
				format('"%s" is not in schema "%s" in Redshift, or cannot be seen; the foreign table is left as it is', t.table_name, remote_schema) AS said, NULL AS command
			FROM tables t WHERE NOT EXISTS (SELECT FROM columns r WHERE r.table_name = t.table_name)
			UNION ALL
			SELECT 2, h.attnum, 'drop column', h.full_name, h.attname::text, format('ALTER FOREIGN TABLE %s DROP COLUMN %I', h.full_name, h.attname)
			FROM here h
			WHERE EXISTS (SELECT FROM columns r WHERE r.table_name = h.table_name)
				AND NOT EXISTS (SELECT FROM columns r WHERE r.table_name = h.table_name AND r.column_name = h.column_name)
			UNION ALL
			SELECT 3, r.place, 'alter type', h.full_name, format('%s from %s to %s', h.attname, h.data_type, r.spelled),
				format('ALTER FOREIGN TABLE %s ALTER COLUMN %I TYPE %s', h.full_name, h.attname, r.data_type)
			FROM here h JOIN columns r ON r.table_name = h.table_name AND r.column_name = h.column_name
			-- texts of any length and decimals of any size hold what comes
			WHERE regexp_replace(h.data_type, '^(character varying|character)(\(\d+\))?$', 'text') <> r.spelled
				AND NOT (h.data_type = 'numeric' AND r.spelled LIKE 'numeric(%')
			UNION ALL
			-- what was said here of blanks stays
			SELECT 4, r.place, 'alter option', h.full_name, format('%s is %s in Redshift', h.attname, CASE WHEN r.is_char THEN 'char' ELSE 'not char' END),
				format('ALTER FOREIGN TABLE %s ALTER COLUMN %I OPTIONS (%s)', h.full_name, h.attname, CASE WHEN r.is_char THEN 'ADD is_char ''on''' ELSE 'DROP is_char' END)
			FROM here h JOIN columns r ON r.table_name = h.table_name AND r.column_name = h.column_name
			WHERE CASE WHEN r.is_char THEN h.is_char IS NULL AND NOT h.says_blank_safe ELSE h.is_char END
			UNION ALL
			SELECT 5, r.place, 'add column', t.full_name, format('%s %s', r.local_column, r.spelled), format('ALTER FOREIGN TABLE %s ADD COLUMN %s', t.full_name, r.definition)
			FROM tables t JOIN columns r ON r.table_name = t.table_name
			WHERE NOT EXISTS (SELECT FROM here h WHERE h.oid = t.oid AND h.column_name = r.column_name)
			UNION ALL
			SELECT 6, min(r.place), 'add table', format('%I.%I', local_schema, r.local_table), format('"%s" of Redshift', r.table_name),
				format('CREATE FOREIGN TABLE %I.%I (%s) SERVER %I OPTIONS (schema_name %L, table_name %L)', local_schema, r.local_table,
					string_agg(r.definition, ', ' ORDER BY r.place), server, remote_schema, r.table_name)
			FROM columns r
			WHERE add_tables AND NOT EXISTS (SELECT FROM tables t WHERE t.table_name = r.table_name)
			GROUP BY r.table_name, r.local_table
			UNION ALL
			-- one that was written here stays; those of a new table or column come with the next call
			SELECT DISTINCT 7, 0, 'comment', t.full_name, r.table_comment, format('COMMENT ON FOREIGN TABLE %s IS %L', t.full_name, r.table_comment)
			FROM tables t JOIN columns r ON r.table_name = t.table_name
			WHERE r.table_comment IS NOT NULL AND obj_description(t.oid, 'pg_class') IS NULL
			UNION ALL
			SELECT 7, r.place, 'comment', h.full_name, format('%s: %s', h.attname, r.comment), format('COMMENT ON COLUMN %s.%I IS %L', h.full_name, h.attname, r.comment)
			FROM here h JOIN columns r ON r.table_name = h.table_name AND r.column_name = h.column_name
			WHERE r.comment IS NOT NULL AND col_description(h.oid, h.attnum) IS NULL)
		SELECT * FROM changes x ORDER BY x.step, x.of COLLATE "C", x.place
	LOOP
		action := difference.what;
		relation := difference.of;
		detail := difference.said;
		BEGIN
			IF difference.command IS NOT NULL THEN
				EXECUTE difference.command;
			END IF;
		EXCEPTION
			WHEN dependent_objects_still_exist OR feature_not_supported OR duplicate_column OR duplicate_table OR invalid_table_definition THEN
				action := 'not done: ' || difference.what;
				detail := format('%s: %s', difference.said, SQLERRM);
				RAISE NOTICE USING MESSAGE = format('%s is left as it is: %s', difference.of, SQLERRM),
					HINT = format('Change what depends on it, then call this again, or run %s', difference.command);
		END;
		RETURN NEXT;
	END LOOP;
END $$;
COMMENT ON FUNCTION rsfed.refresh_foreign_schema(name, text, name, boolean) IS
'Brings columns that were added, dropped or changed in a schema of Redshift over to its foreign tables in a local schema, and comments that are not set here; with add_tables new tables, too. It drops nothing that depends on them, and returns a row for each change';
