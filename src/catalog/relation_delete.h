/*-------------------------------------------------------------------------
 *
 * relation_delete.h
 *	  A relation goes, with all rows that speak of it.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_RELATION_DELETE_H
#define RSFED_RELATION_DELETE_H

/* Removes it with all that hangs on it; runs stay as history. */
extern void relation_delete(int32 relation_id);

#endif							/* RSFED_RELATION_DELETE_H */
