# rsfed: build with PGXS.  PG_CONFIG chooses the PostgreSQL to build for.
EXTENSION = rsfed
EXTVERSION := $(shell sed -n "s/^default_version = '\(.*\)'/\1/p" rsfed.control)

MODULE_big = rsfed
OBJS = $(patsubst %.c,%.o,$(sort $(wildcard src/*.c src/*/*.c)))

# The install script is put together from its pieces, in this order.
SQL_PIECES = $(addprefix sql/install/, schema.sql tables.sql serving.sql policies.sql budgets.sql options.sql servers.sql pushdown.sql foreign_schema.sql groups.sql \
	check_group.sql ask.sql lake.sql rollups.sql identity.sql sets.sql schedules.sql views.sql scheduler.sql costs.sql \
	publish.sql doctor.sql doctor_server.sql doctor_relations.sql doctor_sources.sql doctor_groups.sql doctor_lake.sql doctor_budget.sql \
	doctor_publish.sql doctor_pause.sql doctor_report.sql report.sql report_figures.sql report_relations.sql report_tables.sql report_page.sql \
	metrics.sql export.sql suggest.sql events.sql columns.sql dump.sql)
# The install scripts of versions that were released, as they were then, and the
# ways from one version to the next.  CREATE EXTENSION rsfed VERSION '...' and
# ALTER EXTENSION rsfed UPDATE find them.
DATA = $(shell sed '/^\#/d; s/.* //' sql/released.sha256) $(wildcard sql/rsfed--*--*.sql)
DATA_built = sql/rsfed--$(EXTVERSION).sql
EXTRA_CLEAN = sql/rsfed--$(EXTVERSION).sql

# The part of the tests that needs no warehouse: runs against any server that
# has the extension installed.  script/test runs everything.
REGRESS = install options offline after
REGRESS_OPTS = --inputdir=. --outputdir=.

PG_CPPFLAGS = -I$(srcdir)/src -I$(libpq_srcdir) -DRSFED_VERSION='"$(EXTVERSION)"'
# A compiler newer than this version knows warnings that this version has not seen:
# they stop the builds of the tests only (WERROR=-Werror).
PG_CFLAGS = -Wall -Wextra $(WERROR) -Wno-unused-parameter -Wno-sign-compare -Wno-missing-field-initializers -Wno-cast-function-type
SHLIB_LINK = $(libpq)

PG_CONFIG ?= pg_config
PGXS := $(shell $(PG_CONFIG) --pgxs)
include $(PGXS)

# every object depends on every header: the tree is small, a stale object costs more
$(OBJS): $(wildcard src/*/*.h)

# The script of subscribers is SQL of its own, which a function returns as text.
sql/rsfed--$(EXTVERSION).sql: $(SQL_PIECES) sql/subscriber/script.sql
	cat $(SQL_PIECES) | sed -e '/^@subscriber_script@$$/ { r sql/subscriber/script.sql' -e 'd }' > $@

# The archive for PGXN and the Debian packages: the former from what is committed,
# the latter from the files as they are.
.PHONY: dist deb
dist:
	git archive --format=zip --prefix=rsfed-$(EXTVERSION)/ -o rsfed-$(EXTVERSION).zip HEAD

deb:
	script/deb
