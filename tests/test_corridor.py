"""Doors behind one look at the address: whoever knocks is answered as without it."""

import httpx2
import pytest
from fastapi import APIRouter, FastAPI

from app.corridor import Corridor

inner = APIRouter()


@inner.get("/things/{key}")
async def one(key: str) -> str:
    return f"one {key}"


@inner.post("/things")
async def add() -> str:
    return "added"


outer = APIRouter()


@outer.get("/files/{path:path}")
async def file(path: str) -> str:
    return f"file {path}"


outer.include_router(Corridor(inner))


@pytest.mark.parametrize(
    ("method", "path", "status", "text"),
    [
        ("GET", "/things/7", 200, '"one 7"'),
        ("POST", "/things", 200, '"added"'),
        ("GET", "/files/a/b", 200, '"file a/b"'),
        ("GET", "/things", 405, '{"detail":"Method Not Allowed"}'),
        ("GET", "/things/7/more", 404, '{"detail":"Not Found"}'),
        ("GET", "/thing/7", 404, '{"detail":"Not Found"}'),
        ("POST", "/things/", 307, ""),
    ],
)
async def test_each_door_answers_as_without_it(method, path, status, text):
    found = []
    for router in (outer, Corridor(outer)):
        app = FastAPI()
        app.include_router(router)
        transport = httpx2.ASGITransport(app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://here") as client:
            answer = await client.request(method, path)
        found.append((answer.status_code, answer.text))
    assert found == [(status, text)] * 2


async def test_what_is_no_address_of_its_doors_is_not_asked_of_them(monkeypatch):
    asked = []
    monkeypatch.setattr(APIRouter, "matches", lambda _, scope: asked.append(scope["path"]))
    corridor = Corridor(inner)
    for path in ("/things/7", "/other", "/things"):
        corridor.matches({"type": "http", "path": path, "method": "GET"})
    assert asked == ["/things/7", "/things"]
