-- The server that the other tests ask, and the roles that ask.
\i test/include/warehouse.psql
SELECT rsfed.register_server('wh', :'wh_host', :'wh_dbname', :'wh_user', :'wh_password', :'wh_port');
SELECT item, ok FROM rsfed.check_server('wh');
SET client_min_messages = error;
DROP ROLE IF EXISTS rsfed_analyst, rsfed_stranger, rsfed_owner;
RESET client_min_messages;
CREATE ROLE rsfed_analyst;
CREATE ROLE rsfed_stranger;
CREATE ROLE rsfed_owner NOLOGIN;
