\o /dev/null
SELECT pg_sleep(1);
