/*
 * standin.h
 *		Declarations for the files of the stand-in's C module.
 */
#ifndef STANDIN_H
#define STANDIN_H

#include "nodes/parsenodes.h"
#include "parser/parse_node.h"

#if PG_VERSION_NUM < 150000 || PG_VERSION_NUM >= 160000
#error "the Redshift stand-in is built on PostgreSQL 15 only"
#endif

/* standin.c: do Redshift's rules apply to this session? */
extern bool standin_is_strict(void);
extern bool standin_is_client_text(const char *text);
extern bool standin_through_proxy;
extern bool standin_single_node;

/* standin.c: numbers of the statements of this session, as in error messages */
extern int	standin_query_number;

/* standin.c: the settings that Redshift knows */
extern void standin_check_setting_name(const char *name);
extern void standin_check_shown_name(const char *name);
extern void standin_check_setting_value(const char *name, const char *value);

/* statements.c */
extern void standin_statements_init(void);

/* analyze.c */
extern bool standin_on_compute_nodes;
extern void standin_analyze_init(void);

/* subqueries.c */
extern void standin_check_subqueries(Query *query);

/* nested.c */
extern void standin_read_nested(Query *query, const char *source);

/* decimals.c */
extern void standin_shape_decimals(Query *query);

#endif							/* STANDIN_H */
