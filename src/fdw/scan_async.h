/*-------------------------------------------------------------------------
 *
 * scan_async.h
 *	  Scans below an Append that wait concurrently.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_FDW_SCAN_ASYNC_H
#define RSFED_FDW_SCAN_ASYNC_H

#include "base/compat.h"

#if RSFED_HAVE_ASYNC_APPEND

#include "nodes/execnodes.h"
#include "nodes/pathnodes.h"

/* Callbacks of the executor and the planner. */
extern bool async_capable(ForeignPath *path);
extern void async_request(AsyncRequest *request);
extern void async_configure_wait(AsyncRequest *request);
extern void async_notify(AsyncRequest *request);

#endif							/* RSFED_HAVE_ASYNC_APPEND */

#endif							/* RSFED_FDW_SCAN_ASYNC_H */
