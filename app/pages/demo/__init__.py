"""The demo's own pages, on loopback only: whom to be, and the letters that nobody sends."""

from fastapi import APIRouter, Depends

from app.corridor import Corridor
from app.pages.demo.gate import at_home
from app.pages.demo.outbox import router as outbox
from app.pages.demo.roles import router as roles

router = APIRouter(include_in_schema=False, dependencies=[Depends(at_home)])
for page in (roles, outbox):
    router.include_router(Corridor(page))
