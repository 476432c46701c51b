"""The portal: registering, following, and asking what one may do, and why."""

from fastapi import APIRouter

from app.corridor import Corridor
from app.pages.portal.account import router as account
from app.pages.portal.agenda import router as agenda
from app.pages.portal.certificate import router as certificate
from app.pages.portal.compiled import router as compiled
from app.pages.portal.consultations import router as consultations
from app.pages.portal.contribute import router as contribute
from app.pages.portal.data import router as data
from app.pages.portal.document_sets import router as document_sets
from app.pages.portal.documents import router as documents
from app.pages.portal.feeds import router as feeds
from app.pages.portal.home import router as home
from app.pages.portal.inputs import router as inputs
from app.pages.portal.listing import router as listing
from app.pages.portal.meeting import router as meeting
from app.pages.portal.participation import router as participation
from app.pages.portal.passkeys import router as passkeys
from app.pages.portal.personal import router as personal
from app.pages.portal.photo import router as photo
from app.pages.portal.providers import router as providers
from app.pages.portal.published import (
    router as published,
)
from app.pages.portal.receipts import (
    router as receipts,
)
from app.pages.portal.records import router as records
from app.pages.portal.register import router as register
from app.pages.portal.rule import router as rule
from app.pages.portal.search import router as search
from app.pages.portal.sign_in import router as sign_in
from app.pages.portal.speeches import router as speeches
from app.pages.portal.statements import router as statements
from app.pages.portal.statistics import router as statistics
from app.pages.portal.summary import router as summary
from app.pages.portal.topics import router as topics
from app.pages.portal.track import router as track
from app.pages.portal.why import router as why

router = APIRouter(include_in_schema=False)
for page in (
    home,
    feeds,  # before the meeting: its address ends in .ics
    meeting,
    consultations,
    topics,
    register,
    data,
    personal,
    listing,
    participation,
    statistics,
    photo,
    track,
    why,
    speeches,
    statements,
    inputs,
    records,
    receipts,
    published,
    documents,
    contribute,
    search,
    compiled,
    agenda,
    document_sets,
    summary,
    rule,
    certificate,
    sign_in,
    providers,
    passkeys,
    account,
):
    router.include_router(Corridor(page))
