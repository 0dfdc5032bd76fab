#!/usr/bin/env python3
"""Compares schedule_next with a count of every minute.

The rule for the count (top of src/schedule/cron.c): a schedule with a star in
minute or hour is due at each minute whose wall clock matches; any other is due
when the wall clock first reaches or passes a matching minute.
"""
import os
import random
import subprocess
import sys
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

UTC = timezone.utc
MINUTE = timedelta(minutes=1)
DAYS = 12           # counted from each starting point
TIMES = 6           # compared for each case
ZONES = [
    "Europe/Berlin", "Europe/London", "America/New_York", "America/St_Johns", "America/Sao_Paulo",
    "Australia/Lord_Howe", "Pacific/Apia", "Pacific/Chatham", "Africa/Casablanca", "Africa/Cairo",
    "Antarctica/Troll", "Asia/Tehran", "Asia/Beirut", "Asia/Kolkata", "UTC",
]
MONTH_DAYS = {2: 29, 4: 30, 6: 30, 9: 30, 11: 30}


def changes_of_clock(name):
    zone, found, last = ZoneInfo(name), [], None
    time = datetime(2008, 1, 1, tzinfo=UTC)
    while time < datetime(2026, 1, 1, tzinfo=UTC):
        offset = time.astimezone(zone).utcoffset()
        if last is not None and offset != last:
            found.append(time)
        last = offset
        time += timedelta(hours=6)
    return found


def random_field(low, high, stars, limit=None):
    """Text, set of values, begins with a star."""
    dice = random.random()
    if dice < stars:
        return "*", set(range(low, high + 1)), True
    if dice < stars + 0.15:
        step = random.randint(2, max(2, high // 2))
        return f"*/{step}", set(range(low, high + 1, step)), True
    parts, values = [], set()
    for _ in range(random.choice([1, 1, 2, 3])):
        first = random.randint(low, limit or high)
        if random.random() < 0.4:
            last, step = random.randint(first, high), random.choice([1, 1, 2, 3])
            parts.append(f"{first}-{last}" + (f"/{step}" if step > 1 else ""))
            values |= set(range(first, last + 1, step))
        else:
            parts.append(str(first))
            values.add(first)
    return ",".join(parts), values, False


class Case:
    def __init__(self, changes):
        minute, self.minutes, minute_star = random_field(0, 59, 0.2)
        hour, self.hours, hour_star = random_field(0, 23, 0.3, random.choice([3, None]))
        day, self.days, day_star = random_field(1, 31, 0.7)
        month, self.months, _ = random_field(1, 12, 0.8)
        weekday, self.weekdays, weekday_star = random_field(0, 6, 0.7)
        self.text = f"{minute} {hour} {day} {month} {weekday}"
        self.real_time = minute_star or hour_star
        self.either_day = not day_star and not weekday_star
        self.zone = random.choice(ZONES)
        if changes[self.zone] and random.random() < 0.85:
            self.after = random.choice(changes[self.zone]) + timedelta(
                minutes=random.randint(-3000, 200), seconds=random.choice([0, 0, 59, -1]),
                microseconds=random.choice([0, 0, 1, 999999]))
        else:
            self.after = datetime(2010, 1, 1, tzinfo=UTC) + random.randint(0, 8000000) * MINUTE

    def matches(self, wall):
        if (wall.minute not in self.minutes or wall.hour not in self.hours
                or wall.month not in self.months):
            return False
        by_date, by_weekday = wall.day in self.days, wall.isoweekday() % 7 in self.weekdays
        return by_date or by_weekday if self.either_day else by_date and by_weekday

    def never(self):
        return not self.either_day and all(
            d > MONTH_DAYS.get(m, 31) for m in self.months for d in self.days)

    def count(self):
        zone, found, reached = ZoneInfo(self.zone), [], None
        time = self.after.replace(second=0, microsecond=0) - timedelta(days=3)
        while time < self.after + timedelta(days=DAYS) and len(found) < TIMES:
            wall, due = time.astimezone(zone).replace(tzinfo=None), False
            if self.real_time:
                due = self.matches(wall)
            elif reached is None:
                reached = wall
            else:
                while reached < wall:
                    reached += MINUTE
                    due = due or self.matches(reached)
            if due and time > self.after:
                found.append(int(time.timestamp()))
            time += MINUTE
        return found


def ask_server(cases):
    """The next times of each case, or None if the schedule was refused."""
    library = os.path.join(os.path.dirname(os.path.abspath(__file__)), "schedule_oracle")
    rows = "".join(f"{i}\t{c.text}\t{c.zone}\t{c.after.isoformat()}\n" for i, c in enumerate(cases))
    script = f"""BEGIN;
CREATE FUNCTION pg_temp.next_time(text, text, timestamptz, timestamptz) RETURNS timestamptz
    LANGUAGE c STRICT AS '{library}', 'schedule_oracle_next';
CREATE FUNCTION pg_temp.next_times(schedule text, zone text, t timestamptz) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
    result text := '';
BEGIN
    FOR i IN 1..{TIMES} LOOP
        t := pg_temp.next_time(schedule, zone, t, t);
        result := result || ' ' || coalesce(extract(epoch FROM t)::bigint::text, '');
    END LOOP;
    RETURN result;
EXCEPTION WHEN invalid_parameter_value THEN
    RETURN 'refused';
END $$;
CREATE TEMP TABLE cases (n integer, schedule text, zone text, after timestamptz);
COPY cases FROM stdin;
{rows}\\.
SELECT pg_temp.next_times(schedule, zone, after) FROM cases ORDER BY n;
ROLLBACK;
"""
    output = subprocess.run(["psql", "-XqAt", "-v", "ON_ERROR_STOP=1"], input=script, check=True,
                            stdout=subprocess.PIPE, text=True).stdout
    return [None if line == "refused" else [int(x) for x in line.split()]
            for line in output.splitlines()]


def main():
    random.seed(int(sys.argv[1]) if len(sys.argv) > 1 else 1)
    number = int(sys.argv[2]) if len(sys.argv) > 2 else 300
    changes = {zone: changes_of_clock(zone) for zone in ZONES}
    cases = [Case(changes) for _ in range(number)]
    answers = ask_server(cases)
    assert len(answers) == number
    bad = compared = 0
    for case, answer in zip(cases, answers):
        if answer is None:
            wrong = not case.never()
        else:
            end = (case.after + timedelta(days=DAYS)).timestamp()
            answer, counted = [t for t in answer if t < end], case.count()
            wrong = answer != counted
            compared += len(counted)
        if wrong:
            bad += 1
            print("differs:", case.text, case.zone, case.after, answer)
    print(f"{number} schedules, {compared} times compared, {bad} differ")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
