"""A service in a process of its own, which a test may kill: ``python -m tests.client.serve``."""

import asyncio
import sys
from datetime import UTC, datetime
from pathlib import Path

from app import schema
from app.database import Database
from app.live.serving import running
from app.main import create_app
from tests.world import build, settings


async def serve(data: Path, port: int) -> None:
    """Serve the small meeting of the data folder, made where there is none, until killed."""
    given = settings(data, port=port, base_url=f"http://127.0.0.1:{port}")
    if not (data / "cwg.sqlite").exists():
        database = Database(given.database)
        await schema.upgrade(database.engine)
        async with database.writing() as db:
            world = await build(db, datetime.now(UTC))
        await database.close()
        (data / "sitting").write_text(str(world.sittings["first"]))
    async with running(create_app(given), port=port):
        (data / "serving").touch()
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1]), int(sys.argv[2])))
