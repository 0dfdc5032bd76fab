/*-------------------------------------------------------------------------
 *
 * first_row.c
 *	  The time from sending a statement to its first row, by libpq alone.
 *
 *	  first_row CONNINFO STATEMENT
 *
 * The statement is sent as it is, and its rows are read one by one, as psql
 * reads them for FETCH_COUNT from version 17 on. It runs twice; the program
 * prints the time of the second run in milliseconds.
 *
 *-------------------------------------------------------------------------
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <libpq-fe.h>

static void
die(PGconn *conn)
{
	fprintf(stderr, "%s", PQerrorMessage(conn));
	exit(1);
}

static double
now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1e3 + now.tv_nsec / 1e6;
}

/* Ends the statement and reads what has already arrived. */
static void
leave(PGconn *conn)
{
	PGcancel   *cancel = PQgetCancel(conn);
	PGresult   *result;
	char		error[256];

	if (cancel == NULL || !PQcancel(cancel, error, sizeof(error)))
		die(conn);
	PQfreeCancel(cancel);
	while ((result = PQgetResult(conn)) != NULL)
		PQclear(result);
}

static double
first_row_ms(PGconn *conn, const char *statement)
{
	double		begun = now_ms();
	double		ms;
	PGresult   *result;

	if (!PQsendQueryParams(conn, statement, 0, NULL, NULL, NULL, NULL, 0) || !PQsetSingleRowMode(conn))
		die(conn);
	result = PQgetResult(conn);
	ms = now_ms() - begun;
	if (PQresultStatus(result) != PGRES_SINGLE_TUPLE)
		die(conn);
	PQclear(result);
	leave(conn);
	return ms;
}

int
main(int argc, char **argv)
{
	PGconn	   *conn;

	if (argc != 3)
	{
		fprintf(stderr, "usage: first_row CONNINFO STATEMENT\n");
		return 2;
	}
	conn = PQconnectdb(argv[1]);
	if (PQstatus(conn) != CONNECTION_OK)
		die(conn);
	(void) first_row_ms(conn, argv[2]);
	printf("%.2f\n", first_row_ms(conn, argv[2]));
	PQfinish(conn);
	return 0;
}
