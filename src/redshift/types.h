/*-------------------------------------------------------------------------
 *
 * types.h
 *		The types of Redshift and their local types.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_REDSHIFT_TYPES_H
#define RSFED_REDSHIFT_TYPES_H

/* OIDs of Redshift's own types; the others are those of PostgreSQL */
#define RS_ABSTIME_OID			702
#define RS_INTERVAL_YM_OID		1188
#define RS_INTERVAL_DS_OID		1190
#define RS_HLLSKETCH_OID		2935
#define RS_GEOMETRY_OID			3000
#define RS_GEOGRAPHY_OID		3001
#define RS_GEOMETRY_HEX_OID		3999
#define RS_SUPER_OID			4000
#define RS_VARBYTE_OID			6551

/* the largest precision of a decimal */
#define DECIMAL_MAX_DIGITS		38
/* ... of which so many are after the point */
#define DECIMAL_MAX_SCALE		37
/* a decimal of so many digits is kept in 64 bits, which hold no number above 9223372036854775807 */
#define DECIMAL_64_BIT_DIGITS	19

typedef enum RedshiftKind
{
	RS_INTEGER,					/* smallint, integer, bigint, oid */
	RS_DECIMAL,
	RS_FLOAT,
	RS_BOOL,
	RS_TEXT,					/* varchar, untyped literals, catalog names */
	RS_CHAR,					/* char(n): blank-padded on the wire */
	RS_DATE,
	RS_TIMESTAMP,
	RS_TIMESTAMPTZ,
	RS_TIME,
	RS_TIMETZ,
	RS_INTERVAL,
	RS_SUPER,
	RS_BYTES,					/* varbyte */
	RS_OTHER					/* all others, and unknown types */
} RedshiftKind;

typedef enum RedshiftFit
{
	RS_FIT_YES,					/* every value arrives, or its input function
								 * raises an error */
	RS_FIT_LOSSY,				/* a part of the value may be lost silently */
	RS_FIT_NO
} RedshiftFit;

extern RedshiftKind redshift_type_kind(Oid oid);
extern const char *redshift_type_name(Oid oid, int32 typmod);
extern Oid	redshift_local_type(Oid oid, int32 typmod);
extern const char *redshift_local_type_name(Oid oid, int32 typmod);
extern const char *redshift_type_note(Oid oid, int32 typmod);
extern bool redshift_type_widens(Oid old_oid, int32 old_typmod, Oid new_oid, int32 new_typmod);
extern RedshiftFit redshift_type_fits(Oid remote, int32 typmod, Oid local, int32 local_typmod);
extern bool redshift_needs_hex_prefix(Oid remote, Oid local);
extern bool redshift_trims_blanks(Oid remote);

#endif							/* RSFED_REDSHIFT_TYPES_H */
