-- What the developer guide's examples use beside the functions of 30: casts
-- without CAST, aggregates, functions of JSON, sketches, dates and hashes.
SET search_path = pg_catalog;

-- numbers, dates and booleans become text, and 1 true, where one is wanted
-- (c_Supported_data_types, Type compatibility and conversion)
DO $$
DECLARE kind text;
BEGIN
    FOREACH kind IN ARRAY ARRAY['int2', 'int4', 'int8', 'numeric', 'float4', 'float8', 'date', 'time', 'timetz', 'timestamp', 'timestamptz'] LOOP
        EXECUTE format('CREATE CAST (%s AS text) WITH INOUT AS IMPLICIT', kind);
    END LOOP;
    FOREACH kind IN ARRAY ARRAY['int2', 'int8'] LOOP
        EXECUTE format('CREATE FUNCTION standin.to_bool(%s) RETURNS bool LANGUAGE sql IMMUTABLE STRICT RETURN $1 <> 0', kind);
        EXECUTE format('CREATE CAST (%1$s AS bool) WITH FUNCTION standin.to_bool(%1$s) AS IMPLICIT', kind);
    END LOOP;
END $$;
UPDATE pg_cast SET castcontext = 'i'
WHERE (castsource, casttarget) IN (('bool'::regtype, 'text'::regtype), ('int4'::regtype, 'bool'::regtype));
-- 8.0 concatenated text only; with the casts the younger operators would leave a choice
UPDATE pg_operator SET oprname = 'absent.||'
WHERE oprname = '||' AND NOT (oprleft = 'text'::regtype AND oprright = 'text'::regtype);
-- bool_and and bool_or of integers: 20 has those of bigint, and the cast leaves a choice
DO $$
DECLARE kind text;
BEGIN
    FOREACH kind IN ARRAY ARRAY['int2', 'int4'] LOOP
        EXECUTE format('CREATE FUNCTION standin.and_int(bool, %s) RETURNS bool LANGUAGE sql IMMUTABLE RETURN standin.and_int($1, $2::int8)', kind);
        EXECUTE format('CREATE FUNCTION standin.or_int(bool, %s) RETURNS bool LANGUAGE sql IMMUTABLE RETURN standin.or_int($1, $2::int8)', kind);
        EXECUTE format('CREATE AGGREGATE bool_and(%s) (SFUNC = standin.and_int, STYPE = bool)', kind);
        EXECUTE format('CREATE AGGREGATE bool_or(%s) (SFUNC = standin.or_int, STYPE = bool)', kind);
    END LOOP;
END $$;

-- LISTAGG of what is no text (r_LISTAGG): its own types, so that DISTINCT and
-- ORDER BY go by the values
DO $$
DECLARE kind text;
BEGIN
    FOREACH kind IN ARRAY ARRAY['int2', 'int4', 'int8', 'numeric', 'float4', 'float8', 'bool', 'date', 'timestamp', 'timestamptz'] LOOP
        EXECUTE format('CREATE FUNCTION standin.listagg_step(text, %s, text) RETURNS text LANGUAGE sql IMMUTABLE RETURN standin.listagg_step($1, $2::text, $3)', kind);
        EXECUTE format('CREATE FUNCTION standin.listagg_step(text, %s) RETURNS text LANGUAGE sql IMMUTABLE RETURN standin.listagg_step($1, $2::text, NULL)', kind);
        EXECUTE format('CREATE AGGREGATE listagg(%s, text) (SFUNC = standin.listagg_step, STYPE = text, FINALFUNC = standin.listagg_end)', kind);
        EXECUTE format('CREATE AGGREGATE listagg(%s) (SFUNC = standin.listagg_step, STYPE = text, FINALFUNC = standin.listagg_end)', kind);
    END LOOP;
END $$;

-- ANY_VALUE (r_ANY_VALUE)
CREATE FUNCTION standin.any_value_step(anyelement, anyelement) RETURNS anyelement AS 'SELECT $1' LANGUAGE sql IMMUTABLE STRICT;
CREATE AGGREGATE any_value(anyelement) (SFUNC = standin.any_value_step, STYPE = anyelement);

-- PERCENTILE_CONT and _DISC, with OVER and without (r_WF_PERCENTILE_CONT): the
-- proxy turns PERCENTILE_CONT(p) WITHIN GROUP (ORDER BY x) into
-- percentile_cont(x, p, descending), which a window may follow.  The state has
-- p and the direction ahead of the values.
CREATE FUNCTION standin.percentile_step(numeric[], numeric, numeric, bool) RETURNS numeric[] LANGUAGE sql IMMUTABLE
    RETURN CASE WHEN $2 IS NULL THEN coalesce($1, ARRAY[$3, $4::int]) ELSE array_append(coalesce($1, ARRAY[$3, $4::int]), $2) END;
CREATE FUNCTION standin.percentile_step_float(numeric[], float8, numeric, bool) RETURNS numeric[] LANGUAGE sql IMMUTABLE
    RETURN standin.percentile_step($1, $2::numeric, $3, $4);
CREATE FUNCTION standin.percentile_cont_end(numeric[]) RETURNS numeric LANGUAGE sql IMMUTABLE BEGIN ATOMIC
    SELECT trim_scale(CASE WHEN f.v = c.v THEN f.v ELSE (ceil(r.n) - r.n) * f.v + (r.n - floor(r.n)) * c.v END)
    FROM (SELECT array_agg(v ORDER BY v) AS list FROM unnest($1[3:]) AS v) AS s,
        LATERAL (SELECT 1 + CASE WHEN $1[2] = 1 THEN 1 - $1[1] ELSE $1[1] END * (cardinality(s.list) - 1) AS n) AS r,
        LATERAL (SELECT s.list[floor(r.n)::int] AS v) AS f, LATERAL (SELECT s.list[ceil(r.n)::int] AS v) AS c;
END;
CREATE FUNCTION standin.percentile_disc_end(numeric[]) RETURNS numeric LANGUAGE sql IMMUTABLE BEGIN ATOMIC
    SELECT v FROM (SELECT v, row_number() OVER (ORDER BY CASE WHEN $1[2] = 1 THEN -v ELSE v END) AS n, count(*) OVER () AS c FROM unnest($1[3:]) AS v) AS s
    WHERE n >= $1[1] * c ORDER BY n LIMIT 1;
END;
CREATE FUNCTION standin.percentile_cont_end_float(numeric[]) RETURNS float8 LANGUAGE sql IMMUTABLE RETURN standin.percentile_cont_end($1)::float8;
CREATE FUNCTION standin.percentile_disc_end_float(numeric[]) RETURNS float8 LANGUAGE sql IMMUTABLE RETURN standin.percentile_disc_end($1)::float8;
UPDATE pg_proc SET proname = ('absent.' || proname)::name WHERE proname IN ('percentile_cont', 'percentile_disc');
CREATE AGGREGATE percentile_cont(numeric, numeric, bool) (SFUNC = standin.percentile_step, STYPE = numeric[], FINALFUNC = standin.percentile_cont_end);
CREATE AGGREGATE percentile_disc(numeric, numeric, bool) (SFUNC = standin.percentile_step, STYPE = numeric[], FINALFUNC = standin.percentile_disc_end);
CREATE AGGREGATE percentile_cont(float8, numeric, bool) (SFUNC = standin.percentile_step_float, STYPE = numeric[], FINALFUNC = standin.percentile_cont_end_float);
CREATE AGGREGATE percentile_disc(float8, numeric, bool) (SFUNC = standin.percentile_step_float, STYPE = numeric[], FINALFUNC = standin.percentile_disc_end_float);
DO $$
DECLARE kind text; what text;
BEGIN
    FOREACH kind IN ARRAY ARRAY['int2', 'int4', 'int8'] LOOP
        EXECUTE format('CREATE FUNCTION standin.percentile_step(numeric[], %s, numeric, bool) RETURNS numeric[] LANGUAGE sql IMMUTABLE RETURN standin.percentile_step($1, $2::numeric, $3, $4)', kind);
        FOREACH what IN ARRAY ARRAY['cont', 'disc'] LOOP
            EXECUTE format('CREATE AGGREGATE percentile_%2$s(%1$s, numeric, bool) (SFUNC = standin.percentile_step, STYPE = numeric[], FINALFUNC = standin.percentile_%2$s_end)', kind, what);
        END LOOP;
    END LOOP;
END $$;

-- JSON in text (json-functions): an invalid text is an error, or NULL on demand
CREATE FUNCTION standin.is_json(text) RETURNS bool AS $$
BEGIN
    PERFORM $1::"absent.json";
    RETURN true;
EXCEPTION WHEN invalid_text_representation THEN
    RETURN false;
END $$ LANGUAGE plpgsql IMMUTABLE STRICT;
UPDATE pg_proc SET proname = ('absent.' || proname)::name
WHERE proname IN ('json_array_length', 'json_typeof', 'json_extract_path_text') AND 'json'::regtype = ANY (proargtypes::oid[]);
CREATE FUNCTION is_valid_json(text) RETURNS bool LANGUAGE sql IMMUTABLE STRICT RETURN standin.is_json($1) AND ltrim($1) ~ '^{';
CREATE FUNCTION is_valid_json_array(text) RETURNS bool LANGUAGE sql IMMUTABLE STRICT RETURN standin.is_json($1) AND ltrim($1) ~ '^\[';
CREATE FUNCTION can_json_parse(text) RETURNS bool LANGUAGE sql IMMUTABLE STRICT RETURN standin.is_json($1);
CREATE FUNCTION json_array_length(text) RETURNS int LANGUAGE sql IMMUTABLE STRICT RETURN "absent.json_array_length"($1::json);
CREATE FUNCTION json_array_length(text, bool) RETURNS int LANGUAGE sql IMMUTABLE STRICT
    RETURN CASE WHEN $2 AND NOT standin.is_json($1) THEN NULL ELSE json_array_length($1) END;
CREATE FUNCTION json_extract_array_element_text(text, int) RETURNS varchar LANGUAGE sql IMMUTABLE STRICT
    RETURN CASE WHEN $2 < 0 OR $2 >= json_array_length($1) THEN '' ELSE $1::json ->> $2 END::varchar;
CREATE FUNCTION json_extract_array_element_text(text, int, bool) RETURNS varchar LANGUAGE sql IMMUTABLE STRICT
    RETURN CASE WHEN $3 AND NOT standin.is_json($1) THEN NULL ELSE json_extract_array_element_text($1, $2) END;
CREATE FUNCTION json_extract_path_text(text, text, bool) RETURNS text LANGUAGE sql IMMUTABLE STRICT
    RETURN CASE WHEN $3 AND NOT standin.is_json($1) THEN NULL ELSE json_extract_path_text($1, $2) END;
CREATE FUNCTION json_extract_path_text(text, text, text, bool) RETURNS text LANGUAGE sql IMMUTABLE STRICT
    RETURN CASE WHEN $4 AND NOT standin.is_json($1) THEN NULL ELSE json_extract_path_text($1, $2, $3) END;
CREATE FUNCTION json_typeof(super) RETURNS varchar LANGUAGE sql IMMUTABLE STRICT RETURN "absent.json_typeof"($1::text::json)::varchar;
CREATE FUNCTION split_to_array(text, text) RETURNS super LANGUAGE sql IMMUTABLE STRICT RETURN array_to_json(string_to_array($1, $2))::text::super;
CREATE FUNCTION split_to_array(text) RETURNS super LANGUAGE sql IMMUTABLE STRICT RETURN split_to_array($1, ',');
CREATE FUNCTION get_array_length(super) RETURNS int LANGUAGE sql IMMUTABLE STRICT
    RETURN CASE json_typeof($1) WHEN 'array' THEN "absent.json_array_length"($1::text::json) END;

-- sketches (hyperloglog-functions): the sparse form with a place for each hash,
-- so that small sets are counted exactly
CREATE FUNCTION standin.hll_add(bigint[], text) RETURNS bigint[] LANGUAGE sql IMMUTABLE BEGIN ATOMIC
    SELECT CASE WHEN $2 IS NULL OR h.place = ANY ($1) THEN $1 ELSE array_append($1, h.place) END
    FROM (SELECT hashtextextended($2, 0) & 67108863 AS place) AS h;
END;
CREATE FUNCTION standin.hll_step(bigint[], anyelement) RETURNS bigint[] AS 'SELECT standin.hll_add($1, $2::text)' LANGUAGE sql IMMUTABLE;
CREATE FUNCTION standin.hll_places(hllsketch) RETURNS bigint[] LANGUAGE sql IMMUTABLE STRICT BEGIN ATOMIC
    SELECT coalesce(array_agg(v::bigint), '{}') FROM json_array_elements_text($1::text::json #> '{sparse,indices}') AS v;
END;
CREATE FUNCTION standin.hll_end(bigint[]) RETURNS hllsketch LANGUAGE sql IMMUTABLE STRICT BEGIN ATOMIC
    SELECT ('{"version":1,"logm":15,"sparse":{"indices":[' || coalesce(string_agg(v::text, ',' ORDER BY v), '')
        || '],"values":[' || coalesce(string_agg('1', ',' ORDER BY v), '') || ']}}')::hllsketch FROM (SELECT DISTINCT v FROM unnest($1) AS v) AS s;
END;
CREATE FUNCTION standin.hll_merge(bigint[], hllsketch) RETURNS bigint[] LANGUAGE sql IMMUTABLE
    RETURN CASE WHEN $2 IS NULL THEN $1 ELSE array_cat($1, standin.hll_places($2)) END;
DROP FUNCTION hll_cardinality(hllsketch);
CREATE FUNCTION hll_cardinality(hllsketch) RETURNS bigint LANGUAGE sql IMMUTABLE STRICT RETURN cardinality(standin.hll_places($1))::bigint;
CREATE FUNCTION hll_combine_sketches(hllsketch, hllsketch) RETURNS hllsketch LANGUAGE sql IMMUTABLE STRICT
    RETURN standin.hll_end(array_cat(standin.hll_places($1), standin.hll_places($2)));
CREATE AGGREGATE hll_create_sketch(anyelement) (SFUNC = standin.hll_step, STYPE = bigint[], INITCOND = '{}', FINALFUNC = standin.hll_end);
CREATE AGGREGATE hll_combine(hllsketch) (SFUNC = standin.hll_merge, STYPE = bigint[], INITCOND = '{}', FINALFUNC = standin.hll_end);

-- dates (r_MONTHS_BETWEEN_function, r_NEXT_DAY)
CREATE FUNCTION months_between(timestamp, timestamp) RETURNS float8 LANGUAGE sql IMMUTABLE STRICT
    RETURN (date_part('year', $1) - date_part('year', $2)) * 12 + date_part('month', $1) - date_part('month', $2)
        + CASE WHEN date_part('day', $1) = date_part('day', $2) OR $1::date = last_day($1) AND $2::date = last_day($2) THEN 0
            ELSE (date_part('day', $1) - date_part('day', $2) + (date_part('epoch', $1::time) - date_part('epoch', $2::time)) / 86400) / 31 END;
CREATE FUNCTION next_day(timestamp, text) RETURNS date LANGUAGE sql IMMUTABLE STRICT BEGIN ATOMIC
    SELECT $1::date + n FROM generate_series(1, 7) AS n
    WHERE lower($2) ~ CASE date_part('dow', $1::date + n) WHEN 0 THEN '^su(n(day)?)?$' WHEN 1 THEN '^m(o(n(day)?)?)?$' WHEN 2 THEN '^tu(es?(day)?)?$'
        WHEN 3 THEN '^w(e(d(nesday)?)?)?$' WHEN 4 THEN '^th(u(rs(day)?)?)?$' WHEN 5 THEN '^f(r(i(day)?)?)?$' ELSE '^sa(t(urday)?)?$' END;
END;

-- hashes and strings (FUNC_SHA1, SHA, crc32-function, r_CHECKSUM, r_STRTOL, SOUNDEX)
CREATE FUNCTION sha1(text) RETURNS varchar AS 'standin', 'standin_sha1' LANGUAGE c IMMUTABLE STRICT;
CREATE FUNCTION sha(text) RETURNS varchar AS 'standin', 'standin_sha1' LANGUAGE c IMMUTABLE STRICT;
CREATE FUNCTION func_sha1(text) RETURNS varchar AS 'standin', 'standin_sha1' LANGUAGE c IMMUTABLE STRICT;
CREATE FUNCTION crc32(text) RETURNS varchar AS 'standin', 'standin_crc32' LANGUAGE c IMMUTABLE STRICT;
CREATE FUNCTION soundex(text) RETURNS varchar AS 'standin', 'standin_soundex' LANGUAGE c IMMUTABLE STRICT;
CREATE FUNCTION strtol(text, int) RETURNS bigint AS 'standin', 'standin_strtol' LANGUAGE c IMMUTABLE STRICT;
-- the guide shows the digits of a decimal; what it is of text is not said
CREATE FUNCTION checksum(numeric) RETURNS int LANGUAGE sql IMMUTABLE STRICT
    RETURN mod(trunc($1 * power(10::numeric, scale($1))), 2147483648)::int;
CREATE FUNCTION checksum(int) RETURNS int LANGUAGE sql IMMUTABLE STRICT RETURN $1;
CREATE FUNCTION checksum(text) RETURNS int LANGUAGE sql IMMUTABLE STRICT RETURN hashtext($1);

-- REGEXP_REPLACE replaces every match, from a position on (REGEXP_REPLACE)
UPDATE pg_proc SET proname = 'absent.regexp_replace' WHERE proname = 'regexp_replace';
CREATE FUNCTION regexp_replace(text, text, text, int, text) RETURNS varchar LANGUAGE sql IMMUTABLE STRICT
    RETURN CASE WHEN $4 > length($1) THEN $1
        ELSE "left"($1, greatest($4, 1) - 1) || "absent.regexp_replace"(substr($1, greatest($4, 1)), $2, $3, 'g' || replace(replace($5, 'p', ''), 'e', '')) END::varchar;
CREATE FUNCTION regexp_replace(text, text, text, int) RETURNS varchar LANGUAGE sql IMMUTABLE STRICT RETURN regexp_replace($1, $2, $3, $4, 'c');
CREATE FUNCTION regexp_replace(text, text, text) RETURNS varchar LANGUAGE sql IMMUTABLE STRICT RETURN regexp_replace($1, $2, $3, 1, 'c');
CREATE FUNCTION regexp_replace(text, text) RETURNS varchar LANGUAGE sql IMMUTABLE STRICT RETURN regexp_replace($1, $2, '', 1, 'c');

-- COLLATE(x, 'case_insensitive'): the proxy turns it into a clause (r_COLLATE)
CREATE COLLATION standin.case_insensitive (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
CREATE COLLATION standin.case_sensitive (provider = libc, locale = 'C');

-- EXCLUDE (r_EXCLUDE_list): the proxy adds this to the select list, the module
-- takes it and the columns of that name out again
CREATE FUNCTION standin.exclude(text) RETURNS text AS 'standin', 'standin_exclude' LANGUAGE c;
