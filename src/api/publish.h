/*-------------------------------------------------------------------------
 *
 * publish.h
 *	  Publications of rollups that other commands change.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_API_PUBLISH_H
#define RSFED_API_PUBLISH_H

/*
 * Follows a publication that the current command renamed, if rsfed knows it.
 * Raises 55000 if it has subscribers.
 */
extern void publish_renamed(const char *old_name, const char *new_name);

#endif							/* RSFED_API_PUBLISH_H */
