# rsfed: build with PGXS.  PG_CONFIG chooses the PostgreSQL to build for.
EXTENSION = rsfed
EXTVERSION := $(shell sed -n "s/^default_version = '\(.*\)'/\1/p" rsfed.control)

MODULE_big = rsfed
OBJS = $(patsubst %.c,%.o,$(sort $(wildcard src/*.c src/*/*.c)))

# The install script consists of these files, in this order.
SQL_PIECES = $(addprefix sql/install/, schema.sql tables.sql serving.sql policies.sql budgets.sql options.sql servers.sql pushdown.sql foreign_schema.sql groups.sql \
	check_group.sql ask.sql lake.sql rollups.sql identity.sql sets.sql schedules.sql views.sql scheduler.sql costs.sql \
	publish.sql doctor.sql doctor_server.sql doctor_relations.sql doctor_sources.sql doctor_groups.sql doctor_lake.sql doctor_budget.sql \
	doctor_publish.sql doctor_pause.sql doctor_report.sql report.sql report_figures.sql report_relations.sql report_tables.sql report_page.sql \
	metrics.sql export.sql suggest.sql events.sql columns.sql dump.sql)
# The unchanged install scripts of released versions, and the update scripts
# between versions, for CREATE EXTENSION rsfed VERSION '...' and ALTER EXTENSION
# rsfed UPDATE.
DATA = $(shell sed '/^\#/d; s/.* //' sql/released.sha256) $(wildcard sql/rsfed--*--*.sql)
DATA_built = sql/rsfed--$(EXTVERSION).sql
EXTRA_CLEAN = sql/rsfed--$(EXTVERSION).sql src/exports.list

# Only functions of SQL and of background workers are visible to other libraries,
# before PostgreSQL 16, too.
SHLIB_EXPORTS = src/exports.txt

# The tests that need no warehouse: they run against any server with the
# extension installed.  script/test runs all tests.
REGRESS = install options offline after
REGRESS_OPTS = --inputdir=. --outputdir=.

PG_CPPFLAGS = -I$(srcdir)/src -I$(libpq_srcdir) -DRSFED_VERSION='"$(EXTVERSION)"'
# A newer compiler may raise new warnings: they stop only the builds of the tests
# (WERROR=-Werror).
PG_CFLAGS = -Wall -Wextra $(WERROR) -Wno-unused-parameter -Wno-sign-compare -Wno-missing-field-initializers -Wno-cast-function-type
SHLIB_LINK = $(libpq)

PG_CONFIG ?= pg_config
PGXS := $(shell $(PG_CONFIG) --pgxs)
include $(PGXS)

# every object depends on every header: the tree is small, and a stale object would
# cost more
$(OBJS): $(wildcard src/*/*.h)

# The script for subscribers is a separate SQL file, which a function returns as
# text.
sql/rsfed--$(EXTVERSION).sql: $(SQL_PIECES) sql/subscriber/script.sql
	cat $(SQL_PIECES) | sed -e '/^@subscriber_script@$$/ { r sql/subscriber/script.sql' -e 'd }' > $@

# The archive for PGXN contains the committed files; the Debian packages are built
# from the current files.
.PHONY: dist deb
dist:
	git archive --format=zip --prefix=rsfed-$(EXTVERSION)/ -o rsfed-$(EXTVERSION).zip HEAD

deb:
	script/deb
