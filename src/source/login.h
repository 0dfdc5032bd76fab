/*-------------------------------------------------------------------------
 *
 * login.h
 *	  Checks whether a role may use a source, and finds its log-in there.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_LOGIN_H
#define RSFED_LOGIN_H

#include "foreign/foreign.h"

/*
 * Raises 42501 unless userid has USAGE on a server or group, and 42704 unless
 * it can log in there, at least at one member.
 */
extern void login_check(ForeignServer *source, Oid userid);

/*
 * Does userid have a user mapping, its own or PUBLIC's, for a source or one of
 * its members?
 */
extern bool login_exists(ForeignServer *source, Oid userid);

/* The same for one server, as a member of that group (InvalidOid: of none). */
extern bool login_exists_at(Oid userid, Oid serverid, Oid group);

/*
 * The mapping that userid uses at a server, as a member of that group (NULL: of
 * none); palloc'd.  42704 if there is none.
 */
extern UserMapping *login_mapping(ForeignServer *server, ForeignServer *group, Oid userid);

/* Raises 55000 for a group without a member that can be used. */
pg_noreturn extern void login_refuse_empty(ForeignServer *group);

#endif							/* RSFED_LOGIN_H */
