/*-------------------------------------------------------------------------
 *
 * format.h
 *	  psprintf() for functions that take a format themselves.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_FORMAT_H
#define RSFED_FORMAT_H

#include <stdarg.h>

/* As psprintf(), with the arguments of a caller that has done va_start; palloc'd. */
extern char *format_arguments(const char *format, va_list args) pg_attribute_printf(1, 0);

#endif							/* RSFED_FORMAT_H */
