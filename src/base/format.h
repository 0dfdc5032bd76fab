/*-------------------------------------------------------------------------
 *
 * format.h
 *	  Formats text with the arguments of a caller.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_FORMAT_H
#define RSFED_FORMAT_H

#include <stdarg.h>

#include "lib/stringinfo.h"

/*
 * As psprintf(), with the arguments of a caller that has called va_start;
 * palloc'd.
 */
extern char *format_arguments(const char *format, va_list args) pg_attribute_printf(1, 0);

/* Adds a sentence to a run's note. */
extern void note_append(StringInfo note, const char *format,...) pg_attribute_printf(2, 3);

#endif							/* RSFED_FORMAT_H */
