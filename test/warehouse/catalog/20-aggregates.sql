-- Aggregates and comparisons that give other results in Redshift
-- (redshift.md section 5).  The aggregates keep their OIDs; their final
-- functions and result types are replaced in the catalog.
SET search_path = pg_catalog;

CREATE FUNCTION standin.avg_int8(internal) RETURNS int8 AS 'standin', 'standin_avg_int8' LANGUAGE c IMMUTABLE;
CREATE FUNCTION standin.avg_int4(int8[]) RETURNS int8 AS 'standin', 'standin_avg_int4' LANGUAGE c IMMUTABLE STRICT;
CREATE FUNCTION standin.sum_int8(internal) RETURNS int8 AS 'standin', 'standin_sum_int8' LANGUAGE c IMMUTABLE;
CREATE FUNCTION standin.sum_float4(float8[]) RETURNS float8 AS 'standin', 'standin_sum_float4' LANGUAGE c IMMUTABLE STRICT;

-- avg of integers drops the fraction; sum(bigint) is a bigint and overflows
UPDATE pg_aggregate SET aggfinalfn = 'standin.avg_int8', aggmfinalfn = 'standin.avg_int8' WHERE aggfnoid = 'avg(int8)'::regprocedure;
UPDATE pg_aggregate SET aggfinalfn = 'standin.avg_int4', aggmfinalfn = 'standin.avg_int4'
WHERE aggfnoid IN ('avg(int4)'::regprocedure, 'avg(int2)'::regprocedure);
UPDATE pg_aggregate SET aggfinalfn = 'standin.sum_int8', aggmfinalfn = 'standin.sum_int8' WHERE aggfnoid = 'sum(int8)'::regprocedure;
UPDATE pg_proc SET prorettype = 'int8'::regtype
WHERE oid IN ('avg(int8)'::regprocedure, 'avg(int4)'::regprocedure, 'avg(int2)'::regprocedure, 'sum(int8)'::regprocedure);

-- sum(real) is double precision
UPDATE pg_aggregate AS a SET aggtransfn = b.aggtransfn, aggcombinefn = b.aggcombinefn, aggtranstype = b.aggtranstype,
    agginitval = b.agginitval, aggfinalfn = 'standin.sum_float4'
FROM pg_aggregate AS b WHERE a.aggfnoid = 'sum(float4)'::regprocedure AND b.aggfnoid = 'avg(float4)'::regprocedure;
UPDATE pg_proc SET prorettype = 'float8'::regtype WHERE oid = 'sum(float4)'::regprocedure;

-- stddev and variance are double precision for every type
DO $$
DECLARE kind text; state text;
BEGIN
    FOREACH kind IN ARRAY ARRAY['stddev_samp', 'stddev_pop', 'var_samp', 'var_pop'] LOOP
        EXECUTE format('CREATE FUNCTION standin.%1$s(internal) RETURNS float8 AS ''standin'', ''standin_%1$s'' LANGUAGE c IMMUTABLE', kind);
        EXECUTE format('CREATE FUNCTION standin.poly_%1$s(internal) RETURNS float8 AS ''standin'', ''standin_poly_%1$s'' LANGUAGE c IMMUTABLE', kind);
    END LOOP;
END $$;
UPDATE pg_aggregate AS a
SET aggfinalfn = to_regproc('standin.' || replace(f.proname, 'numeric_', '')),
    aggmfinalfn = to_regproc('standin.' || replace(f.proname, 'numeric_', ''))
FROM pg_proc AS f
WHERE f.oid = a.aggfinalfn
AND f.proname ~ '^numeric_(poly_)?(stddev|var)_(samp|pop)$';
UPDATE pg_proc SET prorettype = 'float8'::regtype
WHERE proname ~ '^(stddev|variance|stddev_samp|stddev_pop|var_samp|var_pop)$' AND prorettype = 'numeric'::regtype;

-- bool_and and bool_or take integers too
CREATE FUNCTION standin.and_int(bool, int8) RETURNS bool LANGUAGE sql IMMUTABLE RETURN coalesce($1 AND $2 <> 0, $1, $2 <> 0);
CREATE FUNCTION standin.or_int(bool, int8) RETURNS bool LANGUAGE sql IMMUTABLE RETURN coalesce($1 OR $2 <> 0, $1, $2 <> 0);
CREATE AGGREGATE bool_and(int8) (SFUNC = standin.and_int, STYPE = bool);
CREATE AGGREGATE bool_or(int8) (SFUNC = standin.or_int, STYPE = bool);

-- LISTAGG ignores NULLs and empty strings and fails beyond 65535 bytes; the
-- proxy turns LISTAGG(x, d) WITHIN GROUP (ORDER BY k) into listagg(x, d ORDER BY k)
CREATE FUNCTION standin.listagg_step(text, text, text) RETURNS text LANGUAGE sql IMMUTABLE
    RETURN CASE WHEN $2 IS NULL OR octet_length($2) = 0 THEN $1
        WHEN $1 IS NULL THEN $2 ELSE $1 || coalesce($3, '') || $2 END;
CREATE FUNCTION standin.listagg_step(text, text) RETURNS text LANGUAGE sql IMMUTABLE RETURN standin.listagg_step($1, $2, NULL);
CREATE FUNCTION standin.listagg_end(text) RETURNS varchar AS $$
BEGIN
    IF octet_length($1) > 65535 THEN
        RAISE EXCEPTION 'Result size exceeds LISTAGG limit' USING ERRCODE = 'XX000',
            DETAIL = E'\n  -----------------------------------------------\n  error:  Result size exceeds LISTAGG limit\n  code:      8001\n  context:   LISTAGG limit: 65535\n  process:   query0 [pid=' || pg_backend_pid() || E']\n  -----------------------------------------------\n';
    END IF;
    RETURN $1;
END $$ LANGUAGE plpgsql IMMUTABLE;
CREATE AGGREGATE listagg(text, text) (SFUNC = standin.listagg_step, STYPE = text, FINALFUNC = standin.listagg_end);
CREATE AGGREGATE listagg(text) (SFUNC = standin.listagg_step, STYPE = text, FINALFUNC = standin.listagg_end);

-- MEDIAN(x), decimal for exact numbers and of its own type for the others
CREATE FUNCTION standin.median_step(numeric[], numeric) RETURNS numeric[] LANGUAGE sql IMMUTABLE
    RETURN CASE WHEN $2 IS NULL THEN $1 ELSE array_append($1, $2) END;
CREATE FUNCTION standin.median_end(numeric[]) RETURNS numeric LANGUAGE sql IMMUTABLE BEGIN ATOMIC
    SELECT trim_scale(avg(v)) FROM (SELECT v, row_number() OVER (ORDER BY v) AS n, count(*) OVER () AS c FROM unnest($1) AS v) AS s
    WHERE n IN ((c + 1) / 2, (c + 2) / 2);
END;
CREATE FUNCTION standin.median_end_float(numeric[]) RETURNS float8 LANGUAGE sql IMMUTABLE RETURN standin.median_end($1)::float8;
CREATE FUNCTION standin.median_step_float(numeric[], float8) RETURNS numeric[] LANGUAGE sql IMMUTABLE RETURN standin.median_step($1, $2::numeric);
CREATE FUNCTION standin.median_step_time(numeric[], timestamp) RETURNS numeric[] LANGUAGE sql IMMUTABLE
    RETURN standin.median_step($1, extract(epoch FROM $2)::numeric);
CREATE FUNCTION standin.median_end_time(numeric[]) RETURNS timestamp LANGUAGE sql IMMUTABLE
    RETURN timestamp 'epoch' + standin.median_end($1)::float8 * interval '1 second';
CREATE AGGREGATE median(numeric) (SFUNC = standin.median_step, STYPE = numeric[], FINALFUNC = standin.median_end);
DO $$
DECLARE kind text;
BEGIN
    FOREACH kind IN ARRAY ARRAY['int2', 'int4', 'int8'] LOOP
        EXECUTE format('CREATE FUNCTION standin.median_step(numeric[], %s) RETURNS numeric[] LANGUAGE sql IMMUTABLE RETURN standin.median_step($1, $2::numeric)', kind);
        EXECUTE format('CREATE AGGREGATE median(%s) (SFUNC = standin.median_step, STYPE = numeric[], FINALFUNC = standin.median_end)', kind);
    END LOOP;
END $$;
CREATE AGGREGATE median(float8) (SFUNC = standin.median_step_float, STYPE = numeric[], FINALFUNC = standin.median_end_float);
CREATE AGGREGATE median(timestamp) (SFUNC = standin.median_step_time, STYPE = numeric[], FINALFUNC = standin.median_end_time);

-- Text compares without its trailing blanks, in WHERE, GROUP BY, DISTINCT,
-- ORDER BY, joins and hashes: text takes over the functions of character(n),
-- whose values have the same form.
UPDATE pg_operator AS o SET oprcode = n.code
FROM (VALUES ('=', 'bpchareq'::regproc), ('<>', 'bpcharne'), ('<', 'bpcharlt'), ('<=', 'bpcharle'), ('>', 'bpchargt'), ('>=', 'bpcharge')) AS n (op, code)
WHERE o.oprname = n.op AND o.oprleft = 'text'::regtype AND o.oprright = 'text'::regtype;
UPDATE pg_amproc AS p SET amproc = CASE
    WHEN a.amname = 'btree' AND p.amprocnum = 1 THEN 'bpcharcmp'::regproc
    WHEN a.amname = 'btree' AND p.amprocnum = 2 THEN 'bpchar_sortsupport'::regproc
    WHEN a.amname = 'hash' AND p.amprocnum = 1 THEN 'hashbpchar'::regproc
    ELSE 'hashbpcharextended'::regproc END
FROM pg_opfamily AS f JOIN pg_am AS a ON a.oid = f.opfmethod
WHERE p.amprocfamily = f.oid AND f.opfname = 'text_ops' AND p.amproclefttype = 'text'::regtype AND p.amprocrighttype = 'text'::regtype
AND ((a.amname = 'btree' AND p.amprocnum IN (1, 2)) OR (a.amname = 'hash' AND p.amprocnum IN (1, 2)));
UPDATE pg_aggregate SET aggtransfn = 'bpchar_larger', aggcombinefn = 'bpchar_larger' WHERE aggfnoid = 'max(text)'::regprocedure;
UPDATE pg_aggregate SET aggtransfn = 'bpchar_smaller', aggcombinefn = 'bpchar_smaller' WHERE aggfnoid = 'min(text)'::regprocedure;
