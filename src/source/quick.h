/*-------------------------------------------------------------------------
 *
 * quick.h
 *	  Values of the commonest types, read without their input functions.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_QUICK_H
#define RSFED_QUICK_H

/*
 * Reads one value from a text of that length.  False where it is not written
 * in the plainest way: the type's input function then reads it, or refuses it.
 */
typedef bool (*QuickReader) (const char *text, int length, Datum *value);

/* The reader for a type with that typmod; NULL if there is none. */
extern QuickReader quick_reader(Oid type, int32 typmod);

#endif							/* RSFED_QUICK_H */
