-- Tables that pg_dump dumps: members of groups, definitions, sets, schedules, watermarks, probes,
-- partitions that were read, freshness, publications, and the owner of the schedules; but not the
-- runs of this server, nor the cache of oids.
SELECT pg_catalog.pg_extension_config_dump('rsfed_catalog.relation', '');
SELECT pg_catalog.pg_extension_config_dump('rsfed_catalog.relation_relation_id_seq', '');
SELECT pg_catalog.pg_extension_config_dump('rsfed_catalog.rollup', '');
SELECT pg_catalog.pg_extension_config_dump('rsfed_catalog.set_member', '');
SELECT pg_catalog.pg_extension_config_dump('rsfed_catalog.definition', '');
SELECT pg_catalog.pg_extension_config_dump('rsfed_catalog.schedule', '');
SELECT pg_catalog.pg_extension_config_dump('rsfed_catalog.schedule_after', '');
SELECT pg_catalog.pg_extension_config_dump('rsfed_catalog.freshness', '');
SELECT pg_catalog.pg_extension_config_dump('rsfed_catalog.watermark', '');
SELECT pg_catalog.pg_extension_config_dump('rsfed_catalog.probe', '');
SELECT pg_catalog.pg_extension_config_dump('rsfed_catalog.lake_state', '');
SELECT pg_catalog.pg_extension_config_dump('rsfed_catalog.lake_partition', '');
SELECT pg_catalog.pg_extension_config_dump('rsfed_catalog.pause', '');
SELECT pg_catalog.pg_extension_config_dump('rsfed_catalog.identity', '');
SELECT pg_catalog.pg_extension_config_dump('rsfed_catalog.member', '');
SELECT pg_catalog.pg_extension_config_dump('rsfed_catalog.publication', '');
SELECT pg_catalog.pg_extension_config_dump('rsfed_catalog.published_freshness', '');
