"""Changes of definitions and of the publication, with the steps of doc/aurora.md.

A server may be down at any step: each step contains its complete statements, and
is repeated until it succeeds.
"""

import time

from servers import Failed
from subscriber_content import Rollup

CHANGES = {}
STEP_S = 90


def change(function):
    CHANGES[function.__name__] = function
    return function


def step(what):
    """Repeats a step until it succeeds; returns its result."""
    until = time.time() + STEP_S
    while True:
        try:
            return what()
        except Failed as error:
            if time.time() > until:
                raise Failed(f"a step did not work within {STEP_S} s: {error}") from error
            time.sleep(0.2)


def script(world):
    step(world.run_script)


def unpublish(world, *rollups):
    names = ", ".join(f"'{rollup.name}'" for rollup in rollups)
    step(lambda: world.node.sql.run("SELECT rsfed.unpublish(array_agg(relation)) FROM rsfed.publications "
                                    f"WHERE relation::text IN ({names}) HAVING count(*) > 0"))


def publish(world, *rollups):
    """New columns are refused until the subscriber has connected with the new script."""
    step(lambda: world.node.sql.run(f"SELECT rsfed.publish(ARRAY{[rollup.name for rollup in rollups]}::regclass[])"))


def alter(world, rollup):
    """Queries the warehouse, which does not change meanwhile."""
    def once():
        with world.quiet:
            world.settle()
            world.node.sql.run(rollup.alter())
            world.settle()
            world.know_definition(rollup)
    step(once)


def other_number(round_, rollup):
    rollup.d += round_.random.randint(1, 9)


def pause(round_):
    round_.sleep(0, 0.8)


def any_of(round_, *bases):
    return round_.world.rollups[round_.random.choice(bases)]


@change
def values(round_):
    """Another query with the same columns."""
    for _ in range(2):
        pause(round_)
        rollup = any_of(round_, "merged", "nulls", "bare")
        other_number(round_, rollup)
        alter(round_.world, rollup)


@change
def columns(round_):
    """A column is added, is published once it exists, and is removed again."""
    world, rollup = round_.world, any_of(round_, "merged")
    pause(round_)
    rollup.more = True
    other_number(round_, rollup)
    alter(world, rollup)
    pause(round_)
    script(world)
    pause(round_)
    rollup.more_checked = True
    publish(world, rollup)
    pause(round_)
    rollup.more_checked = False
    rollup.more = False
    other_number(round_, rollup)
    alter(world, rollup)

    def gone():
        world.run_script()
        if world.aurora.sql.value(f"SELECT count(*) FROM pg_attribute WHERE attrelid = '{rollup.name}'::regclass "
                                  "AND attname = 'more' AND NOT attisdropped") != "0":
            raise Failed("the script has not dropped the column yet")
    step(gone)


@change
def another_type(round_):
    """A rollup is removed from the publication, and added again with another type."""
    world, rollup = round_.world, any_of(round_, "merged", "nulls", "bare")
    pause(round_)
    unpublish(world, rollup)
    script(world)
    rollup.type = "integer" if rollup.type != "integer" else "varchar(20)"
    other_number(round_, rollup)
    alter(world, rollup)
    publish(world, rollup)
    pause(round_)
    script(world)


@change
def copied_again(round_):
    world = round_.world
    rollups = round_.random.sample(list(world.rollups.values()), 2)
    pause(round_)
    unpublish(world, *rollups)
    script(world)
    pause(round_)
    publish(world, *rollups)
    script(world)


@change
def out_and_in(round_):
    """Without the script in between: its content is not reliable."""
    world = round_.world
    rollup = round_.random.choice(list(world.rollups.values()))
    pause(round_)
    unpublish(world, rollup)
    publish(world, rollup)
    pause(round_)
    unpublish(world, rollup)
    script(world)
    publish(world, rollup)
    script(world)


@change
def renamed(round_):
    """A rename: the subscriber waits for the script."""
    world, rollup = round_.world, any_of(round_, "merged", "bare", "one")
    pause(round_)
    old, rollup.name = rollup.name, f"{rollup.base}_{round_.number}"
    step(lambda: world.node.sql.run(f"ALTER TABLE IF EXISTS {old} RENAME TO {rollup.name}"))
    pause(round_)
    script(world)


@change
def defined_and_dropped(round_):
    world = round_.world
    extra = Rollup(f"extra_{round_.number}", options='{"not_null": ["k"]}')
    pause(round_)

    def define():
        with world.quiet:
            world.settle()
            world.node.sql.run(extra.define(world.first_day))
            world.settle()
    step(define)
    world.rollups["extra"] = extra
    publish(world, extra)
    pause(round_)
    script(world)
    step(lambda: world.in_step(30))
    pause(round_)
    with world.quiet:
        del world.rollups["extra"]
        step(lambda: world.node.sql.run(f"SELECT rsfed.drop_rollup(rollup) FROM rsfed.rollups WHERE rollup::text = '{extra.name}'"))
    script(world)


@change
def script_again(round_):
    """The script at any time; and with a new connection."""
    for variables in ((), ("reconnect=on",), ()):
        pause(round_)
        step(lambda variables=variables: round_.world.run_script(*variables))


@change
def paused(round_):
    world, rollup = round_.world, any_of(round_, "merged", "windowed")
    pause(round_)
    step(lambda: world.node.sql.run(f"SELECT rsfed.pause('{rollup.name}')"))
    pause(round_)
    step(lambda: world.node.sql.run(f"SELECT rsfed.resume('{rollup.name}')"))
