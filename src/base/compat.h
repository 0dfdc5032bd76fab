/*-------------------------------------------------------------------------
 *
 * compat.h
 *	  Differences between the PostgreSQL and libpq versions rsfed builds on.
 *
 * Policy: this is the only file that may look at PG_VERSION_NUM or at a
 * LIBPQ_HAS_* macro.  Every wrapper has the signature of the newest version
 * and names the release that brought it; everything else is written as if
 * only that version existed.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_COMPAT_H
#define RSFED_COMPAT_H

#if PG_VERSION_NUM < 130000 || PG_VERSION_NUM >= 190000
#error "rsfed supports PostgreSQL 13 to 18"
#endif

/* 18: the module's name and version are part of the magic block */
#if PG_VERSION_NUM >= 180000
#define RSFED_MODULE_MAGIC PG_MODULE_MAGIC_EXT(.name = "rsfed", .version = RSFED_VERSION)
#else
#define RSFED_MODULE_MAGIC PG_MODULE_MAGIC
#endif

/* 15: MarkGUCPrefixReserved replaces EmitWarningsOnPlaceholders */
#if PG_VERSION_NUM < 150000
#define MarkGUCPrefixReserved(prefix) EmitWarningsOnPlaceholders(prefix)
#endif

/* 15: NULLS NOT DISTINCT in unique indexes */
#if PG_VERSION_NUM >= 150000
#define RSFED_HAVE_NULLS_NOT_DISTINCT 1
#else
#define RSFED_HAVE_NULLS_NOT_DISTINCT 0
#endif

/* 17: the MAINTAIN privilege */
#if PG_VERSION_NUM >= 170000
#define RSFED_HAVE_MAINTAIN 1
#else
#define RSFED_HAVE_MAINTAIN 0
#endif

/* 16: one ownership check for all kinds of objects (afbfc02983) */
#if PG_VERSION_NUM < 160000
#define object_ownercheck(classid, objectid, roleid) \
	((void) (classid), pg_class_ownercheck(objectid, roleid))
#endif

/* 17: wait events of extensions have names */
#if PG_VERSION_NUM >= 170000
#define RSFED_WAIT_EVENT_NEW(name) WaitEventExtensionNew(name)
#else
#define RSFED_WAIT_EVENT_NEW(name) PG_WAIT_EXTENSION
#endif

#endif							/* RSFED_COMPAT_H */

/*
 * What the libpq at hand can do; it may be newer than the server.  Only for
 * src/remote/, which includes libpq-fe.h before this file.
 */
#if defined(LIBPQ_FE_H) && !defined(RSFED_COMPAT_LIBPQ_H)
#define RSFED_COMPAT_LIBPQ_H

/* 17: rows arrive some at a time, which saves a PGresult per row */
#ifdef LIBPQ_HAS_CHUNK_MODE
#define RSFED_TUPLES_CHUNK PGRES_TUPLES_CHUNK
#define RSFED_SET_ROW_MODE(pg, rows) PQsetChunkedRowsMode(pg, rows)
#else
#define RSFED_TUPLES_CHUNK PGRES_SINGLE_TUPLE
#define RSFED_SET_ROW_MODE(pg, rows) PQsetSingleRowMode(pg)
#endif

/* 17: a cancel request that does not block */
#ifdef LIBPQ_HAS_ASYNC_CANCEL
#define RSFED_HAVE_ASYNC_CANCEL 1
#else
#define RSFED_HAVE_ASYNC_CANCEL 0
#endif

#endif							/* RSFED_COMPAT_LIBPQ_H */
