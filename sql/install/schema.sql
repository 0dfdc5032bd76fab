-- rsfed: install script, put together from the pieces in sql/install

-- complain if script is sourced in psql, rather than via CREATE EXTENSION
\echo Use "CREATE EXTENSION rsfed CASCADE" to load this file. \quit

-- CREATE without IF NOT EXISTS: a schema of that name that somebody else made must
-- not become part of the extension.
CREATE SCHEMA rsfed;
COMMENT ON SCHEMA rsfed IS 'rsfed: what a DBA calls and reads';
GRANT USAGE ON SCHEMA rsfed TO PUBLIC;

CREATE SCHEMA rsfed_catalog;
COMMENT ON SCHEMA rsfed_catalog IS 'rsfed: tables and internals; read the views of schema rsfed';
