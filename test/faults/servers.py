"""The servers of the fault tests: a primary, its replica, and the warehouse.

Each is started, stopped, killed and suspended by the process ids in its own
folder, never by a name.
"""

import datetime
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import time

SOURCES = pathlib.Path(__file__).resolve().parent.parent.parent
SEPARATOR = "\x1f"


class Failed(Exception):
    """An SQL statement or a program failed unexpectedly."""


def free_port():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


def children(pid):
    """All descendants of a process, the oldest first."""
    parents = {}
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                stat = (entry / "stat").read_text()
            except OSError:
                continue
            parents.setdefault(int(stat.rsplit(")", 1)[1].split()[1]), []).append(int(entry.name))
    found, queue = [], [pid]
    while queue:
        below = parents.get(queue.pop(0), [])
        found += below
        queue += below
    return found


def send_signal(pids, which):
    for pid in pids:
        try:
            os.kill(pid, which)
        except ProcessLookupError:
            pass


def wait_until(condition, seconds, what, pause=0.05):
    """Returns the first true result of condition(); raises Failed after that time."""
    until = time.time() + seconds
    while True:
        answer = condition()
        if answer:
            return answer
        if time.time() > until:
            raise Failed(f"{what}: not within {seconds} s")
        time.sleep(pause)


class Place:
    """The location of the servers' programs: here, or in a folder with a Debian of its own."""

    def __init__(self, bindir, root=None):
        self.bindir = bindir
        self.root = root
        if root:
            user = re.search(r"^postgres:[^:]*:(\d+):(\d+):", (root / "etc" / "passwd").read_text(), re.M)
            self.uid, self.gid = map(int, user.groups())

    def inside(self, path):
        """The name in that folder of a path here."""
        return pathlib.Path("/") / path.relative_to(self.root) if self.root else path

    def command(self, name, *arguments):
        """The command to run; paths in it are named as in that folder."""
        enter = ["chroot", f"--userspec=+{self.uid}:+{self.gid}", f"--groups=+{self.gid}", str(self.root)] \
            if self.root else []
        return [*enter, str(self.bindir / name),
                *(str(self.inside(word) if isinstance(word, pathlib.Path) else word) for word in arguments)]

    def make_folder(self, folder):
        """A folder that the servers may write to."""
        folder.mkdir(parents=True, exist_ok=True)
        if self.root:
            os.chown(folder, self.uid, self.gid)


class Psql:
    """Runs SQL by psql, one or more statements per call."""

    def __init__(self, place, connection, environment=None):
        self.program = [*place.command("psql"), "-X", "-A", "-t", "-q", "-F", SEPARATOR, "-v", "ON_ERROR_STOP=1"]
        self.connection = connection
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("PG")},
            "PGCONNECT_TIMEOUT": "30", **(environment or {}),
        }

    def command(self, name="faults"):
        return self.program + ["-d", f"{self.connection} application_name={name}"]

    def run(self, *statements, timeout=180):
        """The rows of all statements as lists of text; raises Failed."""
        arguments = [word for statement in statements for word in ("-c", statement)]
        try:
            done = subprocess.run(self.command() + arguments, env=self.environment, stdin=subprocess.DEVNULL,
                                  capture_output=True, text=True, timeout=timeout, check=False)
        except subprocess.TimeoutExpired as error:
            raise Failed(f"no answer within {timeout} s: {statements[-1]}") from error
        if done.returncode != 0:
            raise Failed(f"{done.stderr.strip()} ({statements[-1][:200]})")
        return [line.split(SEPARATOR) for line in done.stdout.splitlines()]

    def value(self, statement, **options):
        rows = self.run(statement, **options)
        return rows[0][0] if rows else None

    def start(self, *statements, name="faults_call", stops=True):
        """Starts the statements in a session of their own, which stops at an
        error or not; returns the process."""
        arguments = [word for statement in statements for word in ("-c", statement)]
        if not stops:
            arguments = ["-v", "ON_ERROR_STOP=0", *arguments]
        return subprocess.Popen(self.command(name) + arguments, env=self.environment, stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


class Server:
    """A PostgreSQL with rsfed."""

    def __init__(self, place, folder, name, disk=None):
        self.place = place
        self.folder = folder
        self.name = name
        self.disk = disk         # a small file system of its own, or None
        self.data = (disk or folder) / f"data-{name}"
        self.log = folder / f"{name}.log"
        self.port = free_port()
        self.sql = Psql(place, f"host={place.inside(folder)} port={self.port} dbname=postgres user=postgres")
        self.seen = 0            # bytes of the log that were checked

    def program(self, name, *arguments, check=True):
        done = subprocess.run(self.place.command(name, *arguments), stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=300, check=False)
        if check and done.returncode != 0:
            raise Failed(f"{name}: {done.stdout.strip()}")
        return done.returncode == 0

    def create(self, settings):
        self.program("initdb", "-D", self.data, "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8",
                     "-A", "trust", "--no-sync")
        with open(self.data / "postgresql.conf", "a", encoding="utf-8") as file:
            file.write(settings)
        self.own_settings()

    def clone(self, primary):
        """Makes this server a streaming replica of a primary."""
        shutil.rmtree(self.data, ignore_errors=True)
        self.program("pg_basebackup", "-D", self.data, "-h", self.folder, "-p", primary.port, "-U", "postgres",
                     "-R", "-X", "stream", "-c", "fast", "--no-sync")
        self.own_settings()

    def own_settings(self):
        with open(self.data / "postgresql.auto.conf", "a", encoding="utf-8") as file:
            file.write(f"port = {self.port}\n"
                       f"unix_socket_directories = '{self.place.inside(self.folder)}'\n")

    def start(self):
        # with -l, the server would keep this process's pipe open
        self.program("pg_ctl", "start", "-w", "-s", "-t", "240", "-D", self.data, "-l", self.log)

    def stop(self, mode="fast", check=True):
        self.program("pg_ctl", "stop", "-w", "-s", "-t", "240", "-m", mode, "-D", self.data, check=check)

    def promote(self):
        self.program("pg_ctl", "promote", "-w", "-s", "-D", self.data)

    def postmaster(self):
        """The postmaster's process id, None if it does not run."""
        try:
            return int((self.data / "postmaster.pid").read_text().split()[0])
        except (OSError, IndexError):
            return None

    def is_up(self):
        try:
            return self.sql.value("SELECT NOT pg_is_in_recovery()", timeout=10) == "t"
        except Failed:
            return False

    def wait_up(self, after=0, seconds=240):
        """Waits until it accepts statements as a primary, again after that time;
        returns since when."""
        wait_until(lambda: self.ready_since() > after and self.is_up(), seconds,
                   f"server {self.name} takes connections again", 0.02)
        return self.ready_since()

    def ready_since(self):
        """The time when it began to accept connections, according to its log; 0
        if it has not yet."""
        lines = re.findall(r"^(\S+ \S+) UTC .*: {2}database system is ready to accept connections$",
                           self.log.read_text("utf-8", "replace"), re.M)
        return datetime.datetime.fromisoformat(lines[-1] + "+00:00").timestamp() if lines else 0

    def set(self, **settings):
        for name, value in settings.items():
            self.sql.run(f"ALTER SYSTEM SET {name.replace('__', '.')} = {value}")
        self.sql.run("SELECT pg_reload_conf()")

    def processes(self, kind):
        """Process ids by backend_type."""
        return [int(row[0]) for row in self.sql.run(
            f"SELECT pid FROM pg_stat_activity WHERE backend_type = '{kind}'")]

    def new_log(self):
        """The lines of its log since the last call."""
        if not self.log.exists():
            return []
        with open(self.log, "rb") as file:
            file.seek(self.seen)
            text = file.read()
        end = text.rfind(b"\n") + 1
        self.seen += end
        return text[:end].decode("utf-8", "replace").splitlines()


class Warehouse:
    """A Redshift stand-in of these tests."""

    def __init__(self, folder):
        self.folder = folder
        self.script = SOURCES / "test" / "warehouse" / "warehouse"
        self.place = Place(pathlib.Path(os.environ.get("WAREHOUSE_PG_BIN", "/usr/lib/postgresql/15/bin")))
        self.env = {}
        self.direct = self.control = None

    def run(self, command):
        # its output must not go to a pipe: the servers that it starts keep that
        # open
        with open(self.folder.parent / "warehouse.log", "a", encoding="utf-8") as log:
            done = subprocess.run(["bash", str(self.script), command, str(self.folder)], stdin=subprocess.DEVNULL,
                                  stdout=log, stderr=log, timeout=180, check=False)
        if done.returncode != 0:
            raise Failed(f"warehouse {command} failed, see {log.name}")

    def start(self):
        self.folder.mkdir(exist_ok=True)
        self.run("start")
        text = (self.folder / "env").read_text()
        self.env = {name: value.strip("'") for name, value in re.findall(r"^export (\w+)=(.*)$", text, re.M)}
        address = f"host=127.0.0.1 dbname={self.env['WAREHOUSE_DBNAME']} user={self.env['WAREHOUSE_USER']}"
        password = {"PGPASSWORD": self.env["WAREHOUSE_PASSWORD"]}
        self.direct = Psql(self.place, f"{address} port={self.env['WAREHOUSE_DIRECT_PORT']}",
                           {**password, "PGOPTIONS": "-c standin.loading=on"})
        self.control = Psql(self.place, f"{address} port={self.env['WAREHOUSE_CONTROL_PORT']}", password)

    def stop(self):
        self.run("stop")

    def fault(self, words):
        self.control.run(f"STANDIN FAULT {words}")

    def reset(self):
        self.control.run("STANDIN RESET")

    def processes(self):
        """The proxy, the server behind it, and all of its backends."""
        roots = []
        for file in (self.folder / "proxy.pid", self.folder / "data" / "postmaster.pid"):
            try:
                roots.append(int(file.read_text().split()[0]))
            except (OSError, IndexError):
                pass
        return [pid for root in roots for pid in [root, *children(root)]]

    def kill(self):
        pids = self.processes()
        send_signal(pids, signal.SIGKILL)
        wait_until(lambda: not any(pathlib.Path(f"/proc/{pid}").exists() for pid in pids), 60,
                   "the end of the warehouse's processes")

    def is_up(self):
        try:
            self.control.run("STANDIN STATUS", timeout=5)
            self.direct.run("SELECT 1", timeout=5)
            return True
        except Failed:
            return False

    def sessions(self, only_busy=False):
        """Sessions of rsfed there: process id, state and statement."""
        busy = " AND state <> 'idle'" if only_busy else ""
        return self.direct.run(
            "SELECT pid, state, application_name, left(query, 80) FROM pg_stat_activity "
            f"WHERE backend_type = 'client backend' AND application_name LIKE 'rsfed%'{busy}")
