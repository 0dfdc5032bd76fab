-- Hides what Redshift has not: functions and types.  Last of the files, since
-- it hides what the others use.
SET search_path = pg_catalog, pg_temp;
SET standard_conforming_strings = on;

-- What is left of PostgreSQL's functions is an allow-list.  The others are
-- renamed, not dropped: views and operators of the catalog go on using them.
CREATE TEMPORARY TABLE allowed AS
SELECT unnest(string_to_array(btrim("absent.regexp_replace"($$
abs acos add_months age approximate ascii asin atan atan2 avg bit_and bit_or bool_and bool_or
bpchar btrim case_insensitive cbrt ceil ceiling char charindex char_length character_length chr
col_description collate concat convert_timezone cos cot count cume_dist current_database
current_schema current_schemas current_setting current_user date date_part date_trunc dateadd
datediff degrees dense_rank dexp dlog1 dlog10 exp extract first_value float4 float8 floor fnv_hash
format_type from_hex generate_series get_bit get_byte getdate has_any_column_privilege
has_column_privilege has_database_privilege has_schema_privilege has_table_privilege
hll_cardinality hll initcap int2 int4 int8 interval isfinite json_extract_path_text
json_parse json_serialize lag last_day last_value lead left len length like_escape listagg ln
log lower lpad ltrim max md5 median min mod nth_value ntile numeric nvl2 nullif obj_description
octet_length oid overlaps percent_rank percentile_cont percentile_disc pg_backend_pid
pg_cancel_backend pg_client_encoding pg_encoding_to_char pg_get_constraintdef pg_get_expr
pg_get_indexdef pg_get_userbyid pg_get_viewdef pg_get_late_binding_view_cols pg_last_query_id
pg_table_is_visible pg_terminate_backend pi position pow power quote_ident quote_literal radians
random rank regexp_count regexp_instr regexp_replace regexp_substr repeat replace reverse right
round row_number rpad rtrim set_bit set_byte set_config sha224 sha2 sign similar_escape
similar_to_escape sin split_part sqrt stddev stddev_pop stddev_samp strpos substr substring sum
sysdate tan text textlen time timestamp timestamptz timetz timezone to_ascii to_char to_date
to_hex to_number to_timestamp to_varbyte translate trim trunc upper var_pop var_samp varchar
variance version now
any_value can_json_parse checksum crc32 func_sha1 get_array_length hll_combine
hll_combine_sketches hll_create_sketch is_valid_json is_valid_json_array json_array_length
json_extract_array_element_text json_typeof months_between next_day sha sha1 soundex
split_to_array strtol
like notlike texticlike texticnlike
$$, '\s+', ' ', 'g')), ' ')) AS name;
UPDATE pg_proc SET proname = ('absent.' || proname)::name
WHERE pronamespace = 'pg_catalog'::regnamespace AND proname !~ '^absent\.' AND proname NOT IN (SELECT name FROM allowed);
-- set_config() would go round the allow-list of settings
UPDATE pg_proc SET proname = 'absent.set_config' WHERE proname = 'set_config';
DROP TABLE allowed;

-- Types that Redshift has not
UPDATE pg_type SET typname = ('absent.' || typname)::name
WHERE typnamespace = 'pg_catalog'::regnamespace AND typname IN ('json', 'jsonb', 'jsonpath', 'uuid', 'bytea', 'money', 'inet', 'cidr', 'macaddr',
    'macaddr8', 'xml', 'tsvector', 'tsquery', 'int4range', 'int8range', 'numrange', 'tsrange', 'tstzrange', 'daterange',
    'int4multirange', 'int8multirange', 'nummultirange', 'tsmultirange', 'tstzmultirange', 'datemultirange',
    'point', 'line', 'lseg', 'box', 'path', 'polygon', 'circle', 'bit', 'varbit', 'txid_snapshot', 'pg_snapshot', 'pg_lsn', 'xid8');
