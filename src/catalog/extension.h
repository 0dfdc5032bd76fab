/*-------------------------------------------------------------------------
 *
 * extension.h
 *	  The owner and the version of the extension in this database.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_EXTENSION_H
#define RSFED_EXTENSION_H

/* Compatibility of the SQL objects of a database with this library. */
typedef enum ExtensionFit
{
	EXTENSION_FITS,				/* also if they are a little older or newer */
	EXTENSION_TOO_OLD,			/* ALTER EXTENSION ... UPDATE is needed */
	EXTENSION_TOO_NEW			/* a newer library is needed */
} ExtensionFit;

/*
 * The owner of the extension, who owns rsfed's tables; raises 42704 if it does
 * not exist.
 */
extern Oid	extension_owner(void);

/*
 * As extension_owner, but raises 55000, with the command to run, if its
 * version does not fit.
 */
extern Oid	extension_require(void);

/* The text of the extension's version, palloc'd; NULL if it does not exist. */
extern char *extension_version(void);

/* Does this library work with SQL objects of that version?  Pure. */
extern ExtensionFit extension_fit(const char *version);

/* The next step for versions that do not fit, or only partly. */
extern const char *extension_hint(ExtensionFit fit);

#endif							/* RSFED_EXTENSION_H */
