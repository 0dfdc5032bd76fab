/*-------------------------------------------------------------------------
 *
 * json.h
 *	  JSON that is read from a text, and the scalars in it.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_JSON_H
#define RSFED_JSON_H

#include "utils/jsonb.h"

/*
 * A text as jsonb, palloc'd; NULL if it is no JSON.  The error, which would quote
 * the text, is not raised.
 */
extern Jsonb *json_parse(const char *text);

/*
 * The text of a string, a number or a boolean, palloc'd; NULL for null, and for
 * an array or object.
 */
extern char *json_scalar_text(const JsonbValue *value);

/* Appends the value of a key to an object that is being made; NULL is a null. */
extern void json_push(JsonbParseState **state, Jsonb *inner);

#endif							/* RSFED_JSON_H */
