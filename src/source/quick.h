/*-------------------------------------------------------------------------
 *
 * quick.h
 *	  Reads values of the most common types without their input functions.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_QUICK_H
#define RSFED_QUICK_H

/*
 * Reads one value from a text of that length.  False if it is not in the usual
 * format: then the type's input function reads or refuses it.
 */
typedef bool (*QuickReader) (const char *text, int length, Datum *value);

/* The reader for a type with that typmod; NULL if there is none. */
extern QuickReader quick_reader(Oid type, int32 typmod);

#endif							/* RSFED_QUICK_H */
