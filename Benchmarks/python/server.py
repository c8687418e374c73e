"""A PostgreSQL of the benchmarks' own: made in a temporary folder, gone with the run."""

import os
import pathlib
import shutil
import subprocess
import tempfile
import time

import psycopg

# As a user finds it, but for what would add noise: work that the server starts by itself, and JIT,
# which only the rivals' long statements would set off.
SETTINGS = {
    "listen_addresses": "",
    "shared_buffers": "512MB",
    "maintenance_work_mem": "512MB",
    "max_wal_size": "8GB",
    "checkpoint_timeout": "1h",
    "autovacuum": "off",
    "jit": "off",
}
NOBODY = 65534


class Server:
    """Start with `with Server(bin) as server:`; `server.uri(database)` connects."""

    def __init__(self, installation, settings=None):
        """`installation` is the folder that holds `bin`, `lib` and `share`; `settings` go before the usual ones."""
        self._settings = SETTINGS | (settings or {})
        self._as_root = os.getuid() == 0
        self._folder = pathlib.Path(tempfile.mkdtemp(prefix="dbtool-bench-", dir="/tmp"))
        self.bin = pathlib.Path(installation).resolve() / "bin"
        self._data = self._folder / "data"
        self._postmaster = None

    def __enter__(self):
        try:
            if self._as_root:
                self._give_to_nobody()
            self._run("initdb", "--pgdata", self._data, "--username", "postgres", "--no-sync",
                      "--auth", "trust", "--encoding", "UTF8", "--locale", "C.UTF-8")
            options = [f"--{name}={value}" for name, value in self._settings.items()]
            log = open(self._folder / "log", "w")
            self._postmaster = subprocess.Popen(
                [*self._user(), self.bin / "postgres", "-D", self._data,
                 f"--unix_socket_directories={self._folder}", *options],
                stdout=log, stderr=log, start_new_session=True)
            self._wait()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        if self._postmaster:
            self._postmaster.terminate()  # setpriv executes the server: this is the postmaster
            try:
                self._postmaster.wait(timeout=5)
            except subprocess.TimeoutExpired:
                self._postmaster.send_signal(2)  # fast: sessions of killed workers may be left
                self._postmaster.wait()
        shutil.rmtree(self._folder, ignore_errors=True)

    def uri(self, database="postgres"):
        return f"postgresql://postgres@/{database}?host={self._folder}"

    def processes(self):
        """The ids of the postmaster and of all processes that it started."""
        postmaster = self._postmaster.pid
        children = pathlib.Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text()
        return [postmaster, *map(int, children.split())]

    def environment(self, database="postgres"):
        """The variables by which psql and dbtool find a database, and nothing of the caller's."""
        kept = {key: value for key, value in os.environ.items()
                if not key.startswith("PG") and key != "DATABASE_URL"}
        return kept | {"PGHOST": str(self._folder), "PGUSER": "postgres", "PGDATABASE": database,
                       "DATABASE_URL": self.uri(database), "DBTOOL_POSTGRES_BIN": str(self.bin)}

    def connect(self, database="postgres"):
        return psycopg.connect(self.uri(database), autocommit=True)

    def create(self, database, template="template0"):
        """A fresh database; one of the name that is there goes first."""
        with self.connect() as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)')
            connection.execute(f'CREATE DATABASE "{database}" TEMPLATE "{template}"')

    def checkpoint(self):
        """Writes what is dirty now, so that the next measurement does not."""
        with self.connect() as connection:
            connection.execute("CHECKPOINT")

    def _user(self):
        if not self._as_root:
            return []
        return ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]

    def _run(self, program, *arguments):
        done = subprocess.run([*self._user(), self.bin / program, *arguments],
                              cwd="/", capture_output=True, text=True)
        if done.returncode != 0:
            raise SystemExit(f"bench: {program} failed: {done.stderr.strip()}")

    def _give_to_nobody(self):
        """The server refuses to run as root, and its user may not be able to read our checkout."""
        os.chmod(self._folder, 0o755)
        os.chown(self._folder, NOBODY, NOBODY)
        copy = self._folder / "server"
        parent = self.bin.parent.parent
        shutil.copytree(self.bin.parent, copy / parent.name / self.bin.parent.name, symlinks=True)
        for libraries in parent.parent.glob("*.libs"):  # the wheel's programs look for them there
            shutil.copytree(libraries, copy / libraries.name)
        self.bin = copy / parent.name / self.bin.parent.name / "bin"

    def _wait(self):
        for _ in range(300):
            try:
                self.connect().close()
                return
            except psycopg.OperationalError:
                if self._postmaster.poll() is not None:
                    break
                time.sleep(0.1)
        raise SystemExit("bench: the server did not start: " + (self._folder / "log").read_text())
