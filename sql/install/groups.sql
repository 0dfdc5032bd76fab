-- Groups: several servers behind one name, which is a foreign server, too.

CREATE FUNCTION rsfed.define_group(group_name name, strategy text DEFAULT 'weighted', options jsonb DEFAULT '{}')
RETURNS void
LANGUAGE C VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'rsfed_define_group';
COMMENT ON FUNCTION rsfed.define_group(name, text, jsonb) IS
'Makes a name for several interchangeable servers, which rsfed.add_member puts behind it';

CREATE FUNCTION rsfed.alter_group(group_name name, strategy text DEFAULT NULL, options jsonb DEFAULT '{}')
RETURNS void
LANGUAGE C VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'rsfed_alter_group';
COMMENT ON FUNCTION rsfed.alter_group(name, text, jsonb) IS
'Changes how members of a group are chosen, or some of its options; null resets an option';

CREATE FUNCTION rsfed.drop_group(group_name name, cascade boolean DEFAULT false)
RETURNS void
LANGUAGE C VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'rsfed_drop_group';
COMMENT ON FUNCTION rsfed.drop_group(name, boolean) IS
'Drops a group with its user mappings, and with cascade the rollups that use it; its members stay servers';

CREATE FUNCTION rsfed.add_member(group_name name, server name, weight integer DEFAULT 1, priority integer DEFAULT 1)
RETURNS void
LANGUAGE C VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'rsfed_add_member';
COMMENT ON FUNCTION rsfed.add_member(name, name, integer, integer) IS
'Puts a server behind the name of a group: weight is its share, 0 for nothing; of strategy failover the lowest priority goes first';

CREATE FUNCTION rsfed.alter_member(group_name name, server name, weight integer DEFAULT NULL,
	priority integer DEFAULT NULL, drain boolean DEFAULT NULL, reason text DEFAULT NULL)
RETURNS void
LANGUAGE C VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'rsfed_alter_member';
COMMENT ON FUNCTION rsfed.alter_member(name, name, integer, integer, boolean, text) IS
'Changes a member of a group; while it drains it is given nothing new, and what it has may end';

CREATE FUNCTION rsfed.remove_member(group_name name, server name)
RETURNS void
LANGUAGE C VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'rsfed_remove_member';
COMMENT ON FUNCTION rsfed.remove_member(name, name) IS
'Takes a server out of a group; it stays a server';
