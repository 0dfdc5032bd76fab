"""The rows of the random comparison: the same on both sides, with many NULLs and
edge cases."""

import random

# name, type here, type in Redshift, options of the foreign table's column
COLUMNS = [
    ("id", "integer", "int", ""),
    ("k", "integer", "int", ""),
    ("i2", "smallint", "smallint", ""),
    ("i4", "integer", "int", ""),
    ("i8", "bigint", "bigint", ""),
    ("n", "numeric(12,4)", "decimal(12,4)", ""),
    ("m", "numeric(6,2)", "decimal(6,2)", ""),
    ("n38", "numeric(38,10)", "decimal(38,10)", ""),
    ("b", "boolean", "boolean", ""),
    ("t", "text", "varchar(40)", "blank_safe 'on'"),
    ("u", "text", "varchar(40)", "blank_safe 'on'"),
    ("tb", "text", "varchar(40)", ""),
    ("c", "text", "char(6)", "blank_safe 'on'"),
    ("d", "date", "date", ""),
    ("ts", "timestamp", "timestamp", ""),
    ("tz", "timestamptz", "timestamptz", ""),
    ("f", "double precision", "double precision", ""),
    ("tag", "integer", "int", "column_name 'open'"),
]
# these sort in the database's own collation; all others by bytes
DEFAULT_COLLATION = {"u"}

EDGES = {
    "k": ["0", "1", "2", "3", "4", "5", "6"],
    "i2": ["0", "1", "-1", "7", "32767", "-32767", "-32768"],
    "i4": ["0", "1", "-10", "3", "10", "2147483647", "-2147483648"],
    "i8": ["0", "9", "-100", "1000000000000", "9223372036854775807", "-9223372036854775807"],
    "n": ["0", "1.5", "-1.5", "0.0001", "99999999.9999", "-99999999.9999", "2.25"],
    "m": ["0", "1.50", "-0.01", "9999.99", "2.25"],
    "n38": ["0", "1.0000000001", "-1.5", "1234567890123456789012345678.0123456789", "0.0000000003"],
    "b": ["true", "false"],
    "t": ["", "a", "A", "B", "Zürich", "äöü", "it's \\ \"x\"", "ab cd", "0", "100%", "日本"],
    "u": ["", "a", "A", "b", "B", "ä", "z"],
    "tb": ["", "a", "a ", "a  ", " a", "A", "b\t", "x"],
    "c": ["", "a", "B", "ab cd", "zz", "q"],
    "d": ["2024-01-31", "2024-02-29", "1970-01-01", "9999-12-31", "0001-01-01", "0044-03-15 BC", "2023-12-25"],
    "ts": ["2024-01-31 23:59:59.999999", "2024-02-29 00:00:00", "1970-01-01 00:00:00", "9999-12-31 12:00:00",
           "0044-03-15 12:00:00 BC", "2023-12-25 07:08:09.5", "2024-01-31 00:00:00"],
    "tz": ["2024-03-31 01:59:59+01", "2024-03-31 03:00:00+02", "2023-10-29 02:30:00+02", "2023-10-29 02:30:00+01",
           "1900-01-01 12:00:00+00", "2999-12-31 12:00:00+00"],
    "f": ["0", "0.1", "-0.3", "1e300", "-1e300", "2.5", "NaN", "Infinity"],
    "tag": ["1", "2", "3"],
}
TABLES = {"small": 9, "facts": 60, "none": 0, "dims": 14}


def quoted(text, far):
    text = text.replace("'", "''")
    return "'" + (text.replace("\\", "\\\\") if far else text) + "'"


def table_rows(name):
    """Rows of texts, None for NULL; always the same."""
    chance = random.Random(name)
    rows = []
    for number in range(1, TABLES[name] + 1):
        row = [str(number)]
        for column, *_ in COLUMNS[1:]:
            row.append(None if chance.random() < 0.2 else chance.choice(EDGES[column]))
        rows.append(row)
    return rows


def values(rows, far):
    types = [column[2 if far else 1] for column in COLUMNS]
    return ",\n".join("(" + ", ".join(
        "NULL" if value is None else f"{quoted(value, far)}::{kind}" for value, kind in zip(row, types)) + ")"
        for row in rows)


def collation(name, kind):
    return ' COLLATE "C"' if kind == "text" and name not in DEFAULT_COLLATION else ""


def setup(server, other):
    """The statements that create both sides, on two servers of the wrapper, which
    are the same one."""
    script = []
    for table in TABLES:
        script.append(f"SELECT rsfed.execute('{server}', 'DROP TABLE IF EXISTS random_{table}');")
        far = ", ".join(f'"{"open" if name == "tag" else name}" {kind}' for name, _, kind, _ in COLUMNS)
        script.append(f"SELECT rsfed.execute('{server}', 'CREATE TABLE random_{table} ({far})');")
        near = ", ".join(f"{name} {kind}{collation(name, kind)}" for name, kind, _, _ in COLUMNS)
        script.append(f"CREATE TABLE near.{table} ({near});")
        foreign = ", ".join(f"{name} {kind}" + (f" OPTIONS ({options})" if options else "") + collation(name, kind)
                            for name, kind, _, options in COLUMNS)
        script.append(f"CREATE FOREIGN TABLE far.{table} ({foreign}) SERVER {server}"
                      f" OPTIONS (schema_name 'public', table_name 'random_{table}');")
        rows = table_rows(table)
        if rows:
            script.append(f"SELECT rsfed.execute('{server}', $far$INSERT INTO random_{table} VALUES {values(rows, True)}$far$);")
            script.append(f"INSERT INTO near.{table} VALUES {values(rows, False)};")
        script.append(f"ANALYZE near.{table};")
    # a table that is known to be small is read in another way
    script.append("ANALYZE far.small;")
    script.append("CREATE TABLE near_only AS TABLE near.small;")
    script.append("ANALYZE near_only;")
    # one partitioned table with only foreign partitions, and one with some
    for kind in ("whole", "mixed"):
        for side in ("near", "far"):
            columns = ", ".join(f"{name} {of}{collation(name, of)}" for name, of, _, _ in COLUMNS)
            script.append(f"CREATE TABLE {side}.parted_{kind} ({columns}) PARTITION BY RANGE (id);")
            for number, (low, high) in enumerate((("MINVALUE", "20"), ("20", "40"), ("40", "MAXVALUE"))):
                bounds = f"PARTITION OF {side}.parted_{kind} FOR VALUES FROM ({low}) TO ({high})"
                source = f"random_{kind}_{number}"
                script.append(f"SELECT rsfed.execute('{server}', 'DROP TABLE IF EXISTS {source}');")
                if side == "near" or (kind == "mixed" and number == 1):
                    script.append(f"CREATE TABLE {side}.part_{kind}_{number} {bounds};")
                else:
                    low_id, high_id = (low if number else "0"), (high if number < 2 else "1000")
                    script.append(f"SELECT rsfed.execute('{server}', 'CREATE TABLE {source} AS SELECT * FROM random_facts"
                                  f" WHERE id >= {low_id} AND id < {high_id}');")
                    script.append(f"CREATE FOREIGN TABLE {side}.part_{kind}_{number} {bounds} SERVER {other if number == 1 else server}"
                                  f" OPTIONS (schema_name 'public', table_name '{source}');")
                    for name, _, _, given in COLUMNS:
                        if given:
                            script.append(f"ALTER FOREIGN TABLE {side}.part_{kind}_{number} ALTER {name} OPTIONS (ADD {given});")
        script.append(f"INSERT INTO near.parted_{kind} TABLE near.facts;")
    script.append("INSERT INTO far.part_mixed_1 SELECT * FROM near.facts WHERE id >= 20 AND id < 40;")
    # a table that foreign tables inherit from; all its rows have different ids, as
    # first_rows() and others require
    script.append(f"SELECT rsfed.execute('{server}', 'DROP TABLE IF EXISTS random_kin');"
                  f"SELECT rsfed.execute('{server}', 'CREATE TABLE random_kin AS SELECT * FROM random_small');"
                  f"SELECT rsfed.execute('{server}', 'UPDATE random_kin SET id = id + 1000');")
    for side in ("near", "far"):
        columns = ", ".join(f"{name} {of}{collation(name, of)}" for name, of, _, _ in COLUMNS)
        script.append(f"CREATE TABLE {side}.family ({columns});")
    script.append("CREATE TABLE near.family_far () INHERITS (near.family);")
    script.append(f"CREATE FOREIGN TABLE far.family_far () INHERITS (far.family) SERVER {other} OPTIONS (schema_name 'public', table_name 'random_dims');")
    script.append(f"CREATE FOREIGN TABLE far.family_small () INHERITS (far.family) SERVER {server} OPTIONS (schema_name 'public', table_name 'random_kin');")
    script.append("CREATE TABLE near.family_small () INHERITS (near.family);")
    for name, _, _, given in COLUMNS:
        if given:
            script.append(f"ALTER FOREIGN TABLE far.family_far ALTER {name} OPTIONS (ADD {given});")
            script.append(f"ALTER FOREIGN TABLE far.family_small ALTER {name} OPTIONS (ADD {given});")
    script.append("INSERT INTO near.family_far TABLE near.dims; INSERT INTO near.family_small TABLE near.small;"
                  "UPDATE near.family_small SET id = id + 1000;")
    for side in ("near", "far"):
        script.append(f"INSERT INTO {side}.family SELECT * FROM near.facts WHERE id < 5; UPDATE ONLY {side}.family SET id = id + 2000;")
    return "\n".join(script)
