-- rsfed: from 0.1.0 to 0.2.0
--
-- What has changed in sql/install since 0.1.0.  Nothing has, yet: whoever changes
-- something there writes it here, too.  test/t/016_release.pl compares what an
-- update makes with what CREATE EXTENSION makes.

-- complain if script is sourced in psql, rather than via ALTER EXTENSION
\echo Use "ALTER EXTENSION rsfed UPDATE TO '0.2.0'" to load this file. \quit
