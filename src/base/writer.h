/*-------------------------------------------------------------------------
 *
 * writer.h
 *	  Identifies this server among all that may ever write these tables.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_WRITER_H
#define RSFED_WRITER_H

/*
 * System identifier, timeline and start of the server, as a text, which
 * differs after a restart, a promotion or a restore.  Not during recovery.
 * palloc'd.
 */
extern char *writer_epoch(void);

#endif							/* RSFED_WRITER_H */
