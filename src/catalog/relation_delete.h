/*-------------------------------------------------------------------------
 *
 * relation_delete.h
 *	  Removes a relation with all rows about it.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_RELATION_DELETE_H
#define RSFED_RELATION_DELETE_H

/* Removes it with all its dependents; runs stay as history. */
extern void relation_delete(int32 relation_id);

#endif							/* RSFED_RELATION_DELETE_H */
