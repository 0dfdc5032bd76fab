/*-------------------------------------------------------------------------
 *
 * extension.h
 *	  The extension in this database: who owns it, and of which version it is.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_EXTENSION_H
#define RSFED_EXTENSION_H

/* How the SQL objects of a database and this library go together. */
typedef enum ExtensionFit
{
	EXTENSION_FITS,				/* also if a little older or newer */
	EXTENSION_TOO_OLD,			/* ALTER EXTENSION ... UPDATE is needed */
	EXTENSION_TOO_NEW			/* a newer library is needed */
} ExtensionFit;

/* The owner of the extension, who owns rsfed's tables; 42704 if it is not there. */
extern Oid	extension_owner(void);

/* As extension_owner; 55000, with what to run, if its version does not fit. */
extern Oid	extension_require(void);

/* The text of the extension's version, palloc'd; NULL if it is not there. */
extern char *extension_version(void);

/* Does this library work with SQL objects of that version?  Pure. */
extern ExtensionFit extension_fit(const char *version);

/* What to do about versions that do not fit, or only just do. */
extern const char *extension_hint(ExtensionFit fit);

#endif							/* RSFED_EXTENSION_H */
