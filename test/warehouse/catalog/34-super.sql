-- SUPER as PartiQL sees it (developer guide: query-super): the proxy writes
-- paths and unnesting as calls of these.  Navigation is lax: what is not there
-- is NULL.
SET search_path = pg_catalog;

CREATE FUNCTION standin.navigate(super, text[]) RETURNS super LANGUAGE sql IMMUTABLE STRICT RETURN ($1::text::json #> $2)::text::super;
CREATE FUNCTION standin.unnest(super) RETURNS SETOF super LANGUAGE sql IMMUTABLE STRICT ROWS 10 BEGIN ATOMIC
    SELECT v::text::super FROM json_array_elements(CASE WHEN json_typeof($1) = 'array' THEN $1::text::json ELSE '[]' END) AS v;
END;
CREATE FUNCTION standin.unnest_at(super, OUT value super, OUT place bigint) RETURNS SETOF record LANGUAGE sql IMMUTABLE STRICT ROWS 10 BEGIN ATOMIC
    SELECT v.v::text::super, v.n - 1 FROM json_array_elements(CASE WHEN json_typeof($1) = 'array' THEN $1::text::json ELSE '[]' END) WITH ORDINALITY AS v (v, n);
END;

-- nested columns of external tables as JSON (developer guide: serializing-complex-JSON);
-- names as 60-allowed.sql leaves them
CREATE FUNCTION standin.inlined(json) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT AS $$
BEGIN
    CASE "absent.json_typeof"($1)
        WHEN 'object' THEN
            RETURN '{' || coalesce((SELECT "absent.string_agg"("absent.to_json"(e.key)::text || ': ' || standin.inlined(e.value), ', ') FROM "absent.json_each"($1) AS e), '') || '}';
        WHEN 'array' THEN
            RETURN '[' || coalesce((SELECT "absent.string_agg"(standin.inlined(e.value), ', ') FROM "absent.json_array_elements"($1) AS e), '') || ']';
        WHEN 'string' THEN
            BEGIN
                RETURN ($1 #>> '{}')::"absent.json"::text;
            EXCEPTION WHEN data_exception THEN
                RETURN $1::text;
            END;
        ELSE
            RETURN $1::text;
    END CASE;
END $$;
-- a null at the top is NULL, and so is what does not fit
CREATE FUNCTION standin.serialized(super) RETURNS varchar LANGUAGE plpgsql STABLE STRICT AS $$
DECLARE
    result text := $1::text::"absent.json"::text;
BEGIN
    IF current_setting('json_serialization_parse_nested_strings')::bool THEN
        result := standin.inlined(result::"absent.json");
    END IF;
    RETURN CASE WHEN result <> 'null' AND octet_length(result) <= 65535 THEN result END;
END $$;

-- dynamic typing: values of one kind compare, others are different
CREATE FUNCTION standin.super_cmp(super, super) RETURNS int LANGUAGE sql IMMUTABLE STRICT RETURN jsonb_cmp($1::text::jsonb, $2::text::jsonb);
DO $$
DECLARE op record; kind text;
BEGIN
    FOR op IN SELECT * FROM (VALUES ('=', 'eq'), ('<>', 'ne'), ('<', 'lt'), ('<=', 'le'), ('>', 'gt'), ('>=', 'ge')) AS o (sign, name) LOOP
        EXECUTE format('CREATE FUNCTION standin.super_%2$s(super, super) RETURNS bool LANGUAGE sql IMMUTABLE STRICT RETURN standin.super_cmp($1, $2) %1$s 0', op.sign, op.name);
        EXECUTE format('CREATE OPERATOR %s (LEFTARG = super, RIGHTARG = super, FUNCTION = standin.super_%s)', op.sign, op.name);
        FOREACH kind IN ARRAY ARRAY['text', 'int4', 'int8', 'numeric', 'float8', 'bool'] LOOP
            EXECUTE format('CREATE FUNCTION standin.super_%2$s(super, %3$s) RETURNS bool LANGUAGE sql IMMUTABLE STRICT
                RETURN CASE WHEN json_typeof($1) = json_typeof(to_json($2)::text::super) THEN standin.super_cmp($1, to_json($2)::text::super) %1$s 0
                    WHEN %4$L IN (''='', ''<>'') THEN %4$L = ''<>'' END', op.sign, op.name, kind, op.sign);
            EXECUTE format('CREATE OPERATOR %s (LEFTARG = super, RIGHTARG = %s, FUNCTION = standin.super_%s)', op.sign, kind, op.name);
        END LOOP;
    END LOOP;
END $$;
CREATE OPERATOR CLASS super_ops DEFAULT FOR TYPE super USING btree AS
    OPERATOR 1 <(super, super), OPERATOR 2 <=(super, super), OPERATOR 3 =(super, super), OPERATOR 4 >=(super, super), OPERATOR 5 >(super, super),
    FUNCTION 1 standin.super_cmp(super, super);

-- a cast to the wrong type is NULL; last, since the functions above want the JSON text
DO $$
DECLARE kind text;
BEGIN
    FOREACH kind IN ARRAY ARRAY['varchar', 'int2', 'int4', 'int8', 'numeric', 'float8', 'bool', 'date', 'timestamp'] LOOP
        EXECUTE format('CREATE FUNCTION standin.super_to_%1$s(super) RETURNS %1$s LANGUAGE plpgsql IMMUTABLE STRICT AS
            $f$BEGIN RETURN ($1::text::"absent.json" #>> ''{}'')::%1$s; EXCEPTION WHEN data_exception THEN RETURN NULL; END$f$', kind);
        EXECUTE format('CREATE CAST (super AS %1$s) WITH FUNCTION standin.super_to_%1$s(super)', kind);
    END LOOP;
END $$;
