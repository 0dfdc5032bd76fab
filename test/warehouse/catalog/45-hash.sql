-- FNV_HASH(value [, seed]): 64-bit FNV-1a over the value's binary form (DG:r_FNV_HASH),
-- for the basic types.  What it gives for a NULL is not documented: here NULL.
SET search_path = pg_catalog;

DO $$
DECLARE type text;
BEGIN
    FOREACH type IN ARRAY ARRAY['int2', 'int4', 'int8', 'numeric', 'float4', 'float8', 'bool', 'bpchar', 'varchar', 'text',
        'date', 'timestamp', 'timestamptz', 'time', 'timetz'] LOOP
        EXECUTE format('CREATE FUNCTION fnv_hash(%s) RETURNS bigint AS ''standin'', ''standin_fnv_hash'' LANGUAGE c IMMUTABLE STRICT', type);
        EXECUTE format('CREATE FUNCTION fnv_hash(%s, bigint) RETURNS bigint AS ''standin'', ''standin_fnv_hash'' LANGUAGE c IMMUTABLE STRICT', type);
    END LOOP;
END $$;
