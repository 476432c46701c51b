"""The desk: what waits for a focal point and for the secretariat, and the door of the hall."""

from fastapi import APIRouter

from app.corridor import Corridor
from app.pages.desk.agenda import router as agenda
from app.pages.desk.answers import router as answers
from app.pages.desk.attendance import router as attendance
from app.pages.desk.badges import router as badges
from app.pages.desk.citations import router as citations
from app.pages.desk.consultations import router as consultations
from app.pages.desk.copying import router as copying
from app.pages.desk.delegation import router as delegation
from app.pages.desk.document_sets import router as document_sets
from app.pages.desk.documents import router as documents
from app.pages.desk.door import router as door
from app.pages.desk.experts import router as experts
from app.pages.desk.focal_point import router as focal_point
from app.pages.desk.focal_points import router as focal_points
from app.pages.desk.forms import router as forms
from app.pages.desk.hall import router as hall
from app.pages.desk.inputs import router as inputs
from app.pages.desk.mailings import router as mailings
from app.pages.desk.nomination import router as nomination
from app.pages.desk.outcome import router as outcome
from app.pages.desk.presentations import router as presentations
from app.pages.desk.registrations import router as registrations
from app.pages.desk.secretariat import router as secretariat
from app.pages.desk.summary import router as summary
from app.pages.desk.view_as import router as view_as

router = APIRouter(include_in_schema=False)
PAGES = (
    delegation,
    nomination,
    focal_point,
    focal_points,
    secretariat,
    hall,
    attendance,
    experts,
    forms,
    inputs,
    agenda,
    document_sets,
    presentations,
    outcome,
    summary,
    citations,
    answers,
    badges,
    door,
    registrations,
    mailings,
    copying,
    view_as,
    consultations,
    documents,
)
for page in PAGES:
    router.include_router(Corridor(page))
