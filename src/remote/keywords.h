/*-------------------------------------------------------------------------
 *
 * keywords.h
 *	  Which connection keywords of libpq a server or mapping may carry.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_KEYWORDS_H
#define RSFED_KEYWORDS_H

/*
 * Is it a keyword that is passed on to libpq, and does the libpq at hand know
 * it?  False for keywords that reach files of the server, other hosts or
 * Kerberos tickets, whatever a hand-made server says.
 */
extern bool remote_keyword_usable(const char *keyword);

#endif							/* RSFED_KEYWORDS_H */
