/*-------------------------------------------------------------------------
 *
 * keywords.h
 *	  The connection keywords of libpq that a server or mapping may have.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_KEYWORDS_H
#define RSFED_KEYWORDS_H

/*
 * Is it a keyword that is passed on to libpq, and does the libpq in use know
 * it?  False for keywords that reach files of the server, other hosts or
 * Kerberos tickets, whatever a server made by hand says.
 */
extern bool remote_keyword_usable(const char *keyword);

#endif							/* RSFED_KEYWORDS_H */
