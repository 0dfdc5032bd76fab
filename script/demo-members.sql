-- A member that is unlike the others, as script/demo group runs it at its end.

-- In "small" somebody makes a table anew, with a shorter column:
SELECT rsfed.execute('small', 'DROP TABLE stores'),
       rsfed.execute('small', 'CREATE TABLE stores (store integer, region varchar(5))'),
       rsfed.execute('small', $$INSERT INTO stores VALUES (1, 'north'), (2, 'east'), (3, 'south'), (4, 'west')$$);

-- check_group compares what the group's rollups read:
SELECT * FROM rsfed.check_group('analytics') WHERE NOT ok;
SELECT server, state, weight FROM rsfed.groups ORDER BY server;

-- From now on no rollup that reads this is refreshed there (a refresh that names
-- its method reads everything):
CALL rsfed.refresh('sales_by_region', method => 'merge');
CALL rsfed.refresh('sales_by_region', method => 'merge');
CALL rsfed.refresh('sales_by_region', method => 'merge');
SELECT run_id, server, status, rows_received FROM rsfed.runs LIMIT 3;

-- doctor() says what is wrong, and the statements that mend it:
SELECT * FROM rsfed.doctor() WHERE subject LIKE '%group%' \gx

-- They are run as they are:
SELECT remedy FROM rsfed.doctor() WHERE subject LIKE '%group%' \gset
:remedy

-- Every member is used again:
SELECT server, state FROM rsfed.groups ORDER BY server;
