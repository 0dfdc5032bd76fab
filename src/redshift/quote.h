/*-------------------------------------------------------------------------
 *
 * quote.h
 *		Names, literals and comments of Redshift SQL.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_REDSHIFT_QUOTE_H
#define RSFED_REDSHIFT_QUOTE_H

extern char *redshift_quote_identifier(const char *name);
extern char *redshift_quote_literal(const char *value);

#endif							/* RSFED_REDSHIFT_QUOTE_H */
