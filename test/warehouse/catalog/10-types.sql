-- Redshift's own types, under the OIDs that clients know them by (redshift.md
-- section 5), and the names that PostgreSQL has and Redshift has not.
-- Run once, by the bootstrap superuser, with allow_system_table_mods.

CREATE SCHEMA standin;
GRANT USAGE ON SCHEMA standin TO PUBLIC;

CREATE FUNCTION standin.create_type(name, oid) RETURNS void
    AS 'standin', 'standin_create_type' LANGUAGE c STRICT;
SELECT standin.create_type(t.name, t.id) FROM (VALUES
    ('super', 4000::oid), ('varbyte', 6551), ('hllsketch', 2935),
    ('geometry', 3000), ('geography', 3001),
    ('intervaly2m', 1188), ('intervald2s', 1190)) AS t (name, id);
DROP FUNCTION standin.create_type(name, oid);
SET search_path = pg_catalog;

-- super: checked JSON text, printed without blanks
CREATE FUNCTION super_in(cstring) RETURNS super AS 'standin', 'standin_super_in' LANGUAGE c IMMUTABLE STRICT;
CREATE FUNCTION super_out(super) RETURNS cstring AS 'json_out' LANGUAGE internal IMMUTABLE STRICT;
CREATE TYPE super (INPUT = super_in, OUTPUT = super_out, STORAGE = extended, CATEGORY = 'U');
CREATE FUNCTION json_parse(text) RETURNS super LANGUAGE sql IMMUTABLE STRICT RETURN $1::super;
CREATE FUNCTION json_serialize(super) RETURNS varchar LANGUAGE sql IMMUTABLE STRICT RETURN $1::text::varchar;

-- varbyte: bytea that prints as bare hexadecimal digits
CREATE FUNCTION varbyte_in(cstring) RETURNS varbyte AS 'standin', 'standin_varbyte_in' LANGUAGE c IMMUTABLE STRICT;
CREATE FUNCTION varbyte_out(varbyte) RETURNS cstring AS 'standin', 'standin_varbyte_out' LANGUAGE c IMMUTABLE STRICT;
CREATE FUNCTION varbyte_typmod_in(cstring[]) RETURNS int AS 'varchartypmodin' LANGUAGE internal IMMUTABLE STRICT;
CREATE FUNCTION varbyte_typmod_out(int) RETURNS cstring AS 'varchartypmodout' LANGUAGE internal IMMUTABLE STRICT;
CREATE TYPE varbyte (INPUT = varbyte_in, OUTPUT = varbyte_out, STORAGE = extended,
    TYPMOD_IN = varbyte_typmod_in, TYPMOD_OUT = varbyte_typmod_out, CATEGORY = 'U');
CREATE CAST (varbyte AS bytea) WITHOUT FUNCTION;
CREATE CAST (bytea AS varbyte) WITHOUT FUNCTION;
CREATE FUNCTION from_hex(text) RETURNS varbyte LANGUAGE sql IMMUTABLE STRICT RETURN decode($1, 'hex')::varbyte;
CREATE FUNCTION to_hex(varbyte) RETURNS varchar LANGUAGE sql IMMUTABLE STRICT RETURN encode($1::bytea, 'hex')::varchar;
CREATE FUNCTION to_varbyte(text, text) RETURNS varbyte LANGUAGE sql IMMUTABLE STRICT
    RETURN CASE lower($2) WHEN 'hex' THEN decode($1, 'hex')::varbyte WHEN 'base64' THEN decode($1, 'base64')::varbyte ELSE convert_to($1, 'UTF8')::varbyte END;

-- opaque text: a sketch, and shapes as hexadecimal EWKB
DO $$
DECLARE name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['hllsketch', 'geometry', 'geography'] LOOP
        EXECUTE format('CREATE FUNCTION %1$s_in(cstring) RETURNS %1$s AS ''textin'' LANGUAGE internal IMMUTABLE STRICT', name);
        EXECUTE format('CREATE FUNCTION %1$s_out(%1$s) RETURNS cstring AS ''textout'' LANGUAGE internal IMMUTABLE STRICT', name);
        EXECUTE format('CREATE TYPE %1$s (INPUT = %1$s_in, OUTPUT = %1$s_out, STORAGE = extended, CATEGORY = ''U'')', name);
    END LOOP;
    FOREACH name IN ARRAY ARRAY['intervaly2m', 'intervald2s'] LOOP
        EXECUTE format('CREATE FUNCTION %1$s_in(cstring, oid, int) RETURNS %1$s AS ''interval_in'' LANGUAGE internal IMMUTABLE STRICT', name);
        EXECUTE format('CREATE FUNCTION %1$s_out(%1$s) RETURNS cstring AS ''interval_out'' LANGUAGE internal IMMUTABLE STRICT', name);
        EXECUTE format('CREATE TYPE %1$s (INPUT = %1$s_in, OUTPUT = %1$s_out, LIKE = interval, CATEGORY = ''T'')', name);
        EXECUTE format('CREATE CAST (interval AS %s) WITHOUT FUNCTION AS ASSIGNMENT', name);
        EXECUTE format('CREATE CAST (%s AS interval) WITHOUT FUNCTION AS IMPLICIT', name);
    END LOOP;
END $$;

-- floats print as before PostgreSQL 12; varchar(n) counts bytes; decimals have 38 digits at most
CREATE FUNCTION standin.float8_out(float8) RETURNS cstring AS 'standin', 'standin_float8_out' LANGUAGE c STABLE STRICT;
CREATE FUNCTION standin.float4_out(float4) RETURNS cstring AS 'standin', 'standin_float4_out' LANGUAGE c STABLE STRICT;
CREATE FUNCTION standin.varchar_in(cstring, oid, int) RETURNS varchar AS 'standin', 'standin_varchar_in' LANGUAGE c IMMUTABLE STRICT;
CREATE FUNCTION standin.varchar(varchar, int, bool) RETURNS varchar AS 'standin', 'standin_varchar' LANGUAGE c IMMUTABLE STRICT;
CREATE FUNCTION standin.numeric_typmod_in(cstring[]) RETURNS int AS 'standin', 'standin_numeric_typmod_in' LANGUAGE c IMMUTABLE STRICT;
UPDATE pg_type SET typmodin = 'standin.numeric_typmod_in' WHERE oid = 'numeric'::regtype;
UPDATE pg_type SET typoutput = 'standin.float8_out' WHERE oid = 'float8'::regtype;
UPDATE pg_type SET typoutput = 'standin.float4_out' WHERE oid = 'float4'::regtype;
UPDATE pg_type SET typinput = 'standin.varchar_in' WHERE oid = 'varchar'::regtype;
UPDATE pg_cast SET castfunc = 'standin.varchar(varchar,int,bool)'::regprocedure
WHERE castsource = 'varchar'::regtype AND casttarget = 'varchar'::regtype;
