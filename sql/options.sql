-- Every option, as the view shows it.
SELECT scope, name, type, unit, default_value, allowed FROM rsfed.options ORDER BY scope, name COLLATE "C";
SELECT scope, name FROM rsfed.options WHERE description IS NULL OR description !~ '\.$';
