-- Functions that Redshift has and PostgreSQL has not, or has differently
-- (redshift.md section 4).
SET search_path = pg_catalog;

CREATE FUNCTION standin.refuse(text, text, text, int) RETURNS void AS 'standin', 'standin_refuse' LANGUAGE c;

-- identity
ALTER FUNCTION version() RENAME TO "absent.version";
CREATE FUNCTION version() RETURNS text LANGUAGE sql STABLE
    RETURN 'PostgreSQL 8.0.2 on i686-pc-linux-gnu, compiled by GCC gcc (GCC) 3.4.2 20041017 (Red Hat 3.4.2-6.fc3), Redshift ' || current_setting('padb_version');
CREATE FUNCTION pg_last_query_id() RETURNS int AS 'standin', 'standin_query_id' LANGUAGE c;

-- dates: two clocks without time zone, EXTRACT gives an integer
CREATE FUNCTION getdate() RETURNS timestamp LANGUAGE sql STABLE RETURN date_trunc('second', statement_timestamp())::timestamp;
CREATE FUNCTION sysdate() RETURNS timestamp LANGUAGE sql STABLE RETURN transaction_timestamp()::timestamp;
ALTER FUNCTION "extract"(text, timestamp) RENAME TO "absent.extract";
ALTER FUNCTION "extract"(text, date) RENAME TO "absent.extract";
ALTER FUNCTION "extract"(text, timestamptz) RENAME TO "absent.extract";
CREATE FUNCTION "extract"(text, timestamp) RETURNS int AS 'standin', 'standin_extract_timestamp' LANGUAGE c IMMUTABLE STRICT;
CREATE FUNCTION "extract"(text, date) RETURNS int LANGUAGE sql IMMUTABLE STRICT RETURN pg_catalog."extract"($1, $2::timestamp);
CREATE FUNCTION "extract"(text, timestamptz) RETURNS float8 AS 'timestamptz_part' LANGUAGE internal STABLE STRICT;
CREATE FUNCTION date_trunc(text, date) RETURNS timestamp LANGUAGE sql IMMUTABLE STRICT RETURN date_trunc($1, $2::timestamp);

CREATE FUNCTION standin.part(text) RETURNS text LANGUAGE sql IMMUTABLE STRICT
    RETURN CASE
        WHEN lower($1) IN ('year', 'years', 'y', 'yr', 'yrs') THEN 'year'
        WHEN lower($1) IN ('quarter', 'quarters', 'qtr', 'qtrs') THEN 'quarter'
        WHEN lower($1) IN ('month', 'months', 'mon', 'mons') THEN 'month'
        WHEN lower($1) IN ('week', 'weeks', 'w') THEN 'week'
        WHEN lower($1) IN ('day', 'days', 'd', 'dayofyear', 'doy', 'dy', 'yearday') THEN 'day'
        WHEN lower($1) IN ('hour', 'hours', 'h', 'hr', 'hrs') THEN 'hour'
        WHEN lower($1) IN ('minute', 'minutes', 'm', 'min', 'mins') THEN 'minute'
        WHEN lower($1) IN ('second', 'seconds', 's', 'sec', 'secs') THEN 'second'
        WHEN lower($1) IN ('millisecond', 'milliseconds', 'ms', 'msec', 'msecs', 'msecond', 'mseconds', 'millisec', 'millisecs', 'millisecon') THEN 'millisecond'
        WHEN lower($1) IN ('microsecond', 'microseconds', 'us', 'usec', 'usecs', 'useconds', 'usecond', 'microsec', 'microsecs', 'microsecond') THEN 'microsecond'
        ELSE $1 END;
CREATE FUNCTION dateadd(text, bigint, timestamp) RETURNS timestamp LANGUAGE sql IMMUTABLE STRICT
    RETURN $3 + CASE standin.part($1) WHEN 'quarter' THEN $2 * interval '3 months' ELSE $2 * ('1 ' || standin.part($1))::interval END;
CREATE FUNCTION dateadd(text, bigint, date) RETURNS timestamp LANGUAGE sql IMMUTABLE STRICT RETURN dateadd($1, $2, $3::timestamp);
CREATE FUNCTION dateadd(text, bigint, timestamptz) RETURNS timestamptz LANGUAGE sql STABLE STRICT
    RETURN $3 + CASE standin.part($1) WHEN 'quarter' THEN $2 * interval '3 months' ELSE $2 * ('1 ' || standin.part($1))::interval END;
-- the number of boundaries crossed; weeks begin on Sunday
CREATE FUNCTION datediff(text, timestamp, timestamp) RETURNS bigint LANGUAGE sql IMMUTABLE STRICT
    RETURN CASE standin.part($1)
        WHEN 'year' THEN date_part('year', $3) - date_part('year', $2)
        WHEN 'quarter' THEN (date_part('year', $3) - date_part('year', $2)) * 4 + date_part('quarter', $3) - date_part('quarter', $2)
        WHEN 'month' THEN (date_part('year', $3) - date_part('year', $2)) * 12 + date_part('month', $3) - date_part('month', $2)
        WHEN 'week' THEN floor(($3::date - date '2000-01-02') / 7.0) - floor(($2::date - date '2000-01-02') / 7.0)
        WHEN 'day' THEN $3::date - $2::date
        WHEN 'hour' THEN date_part('epoch', date_trunc('hour', $3) - date_trunc('hour', $2)) / 3600
        WHEN 'minute' THEN date_part('epoch', date_trunc('minute', $3) - date_trunc('minute', $2)) / 60
        WHEN 'second' THEN date_part('epoch', date_trunc('second', $3) - date_trunc('second', $2))
        WHEN 'millisecond' THEN date_part('epoch', date_trunc('milliseconds', $3) - date_trunc('milliseconds', $2)) * 1000
        ELSE date_part('epoch', $3 - $2) * 1000000 END::bigint;
CREATE FUNCTION trunc(timestamp) RETURNS date LANGUAGE sql IMMUTABLE STRICT RETURN $1::date;
CREATE FUNCTION last_day(timestamp) RETURNS date LANGUAGE sql IMMUTABLE STRICT RETURN (date_trunc('month', $1) + interval '1 month - 1 day')::date;
CREATE FUNCTION add_months(timestamp, bigint) RETURNS timestamp LANGUAGE sql IMMUTABLE STRICT
    RETURN CASE WHEN $1::date = last_day($1) THEN last_day(date_trunc('month', $1) + $2 * interval '1 month') + $1::time ELSE $1 + $2 * interval '1 month' END;
CREATE FUNCTION convert_timezone(text, text, timestamp) RETURNS timestamp LANGUAGE sql IMMUTABLE STRICT RETURN $3 AT TIME ZONE $1 AT TIME ZONE $2;
CREATE FUNCTION convert_timezone(text, timestamp) RETURNS timestamp LANGUAGE sql IMMUTABLE STRICT RETURN $2 AT TIME ZONE 'UTC' AT TIME ZONE $1;

-- strings: concat takes two, and NULL makes NULL
ALTER FUNCTION concat(VARIADIC "any") RENAME TO "absent.concat";
CREATE FUNCTION concat(text, text) RETURNS text LANGUAGE sql IMMUTABLE STRICT RETURN $1 || $2;
CREATE FUNCTION len(text) RETURNS int LANGUAGE sql IMMUTABLE STRICT RETURN length($1);
CREATE FUNCTION len(bpchar) RETURNS int LANGUAGE sql IMMUTABLE STRICT RETURN length($1);
CREATE FUNCTION charindex(text, text) RETURNS int LANGUAGE sql IMMUTABLE STRICT RETURN strpos($2, $1);
CREATE FUNCTION json_extract_path_text(text, VARIADIC text[]) RETURNS text LANGUAGE sql IMMUTABLE STRICT RETURN json_extract_path_text($1::json, VARIADIC $2);
CREATE FUNCTION nvl2(anyelement, anyelement, anyelement) RETURNS anyelement AS 'SELECT CASE WHEN $1 IS NOT NULL THEN $2 ELSE $3 END' LANGUAGE sql IMMUTABLE;
CREATE FUNCTION sha2(text, int) RETURNS varchar LANGUAGE sql IMMUTABLE STRICT
    RETURN encode(CASE $2 WHEN 224 THEN sha224(convert_to($1, 'UTF8')) WHEN 384 THEN sha384(convert_to($1, 'UTF8')) WHEN 512 THEN sha512(convert_to($1, 'UTF8')) ELSE sha256(convert_to($1, 'UTF8')) END, 'hex');
CREATE FUNCTION hll_cardinality(hllsketch) RETURNS bigint LANGUAGE sql IMMUTABLE STRICT RETURN NULL::bigint;
