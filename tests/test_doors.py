"""Every door with its rule, knocked at by everyone; and outsiders before and during a sitting."""

import asyncio
import shutil
from collections.abc import AsyncGenerator, Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeAlias, get_args
from uuid import uuid4

import pytest
from sqlmodel import select
from structlog.testing import capture_logs

from app.database import load
from app.main import create_app
from app.models import Entity, News, Person, Registration
from app.policy.letters import LetterKind
from app.policy.registration import RegistrationState
from app.protocol import messages, news, wishes
from app.services import identity, letters
from app.settings import Environment
from tests.knocking import (
    AHEAD,
    ITEM,
    LATE,
    ON_RECORD,
    PAPER,
    SAID,
    TITLE,
    TOGETHER,
    Caller,
    Door,
    Scene,
    addresses,
    doors,
    hand_in_two,
    let_through,
    scene,
)
from tests.live.test_fence import close_open_part
from tests.provider import elsewhere
from tests.world import Guest, add_person, settings

DOORS = doors("""\
# The service                                       who is let in                 when
GET     /health/live                                everyone
GET     /health/ready                               everyone
GET     /api/v1/openapi.json                        everyone
GET     /api/v1/asyncapi.json                       everyone
GET     /static/{digest}/{path:path}                everyone
GET     /i18n/{language}.json                       everyone
# Oneself
POST    /api/v1/sign-in-links                       everyone
GET     /sign-in                                    everyone
POST    /sign-in                                    everyone
GET     /sign-in/{token}                            whoever has the link
POST    /sign-in/{token}                            whoever has the link
GET     /sign-in/with/{key}                         everyone
GET     /sign-in/with/{key}/back                    everyone
POST    /sign-out                                   everyone
GET     /api/v1/me                                  signed in
PATCH   /api/v1/me                                  signed in
GET     /account                                    signed in
POST    /account                                    signed in
GET     /api/v1/logins                              signed in
DELETE  /api/v1/logins                              signed in
DELETE  /api/v1/logins/{login_id}                   their own
POST    /account/logins                             signed in
POST    /account/logins/{login_id}                  their own
POST    /passkeys/sign-in                           everyone
GET     /api/v1/passkeys                            signed in
POST    /account/passkeys                           signed in
POST    /account/passkeys/{passkey_id}              their own
POST    /account/passkeys/{passkey_id}/remove       their own
GET     /api/v1/provider-accounts                   signed in
DELETE  /api/v1/provider-accounts/{account_id}      their own
POST    /account/providers/{account_id}/unlink      their own
POST    /account/providers/{account_id}/allow       their own
GET     /api/v1/tokens                              signed in
POST    /api/v1/tokens                              signed in, by no token
DELETE  /api/v1/tokens/{token_id}                   their own
POST    /account/tokens                             signed in, by no token
POST    /account/tokens/{token_id}                  their own
GET     /api/v1/me/data                             signed in, by no token
POST    /api/v1/me/erase                            signed in, by no token
GET     /account/data                               signed in
GET     /account/data.json                          signed in, by no token
POST    /account/data                               signed in, by no token
GET     /api/v1/me/calendar                         signed in
PUT     /api/v1/me/calendar                         signed in, by no token
DELETE  /api/v1/me/calendar                         signed in
POST    /account/calendar                           signed in, by no token
POST    /account/calendar/revoke                    signed in
GET     /calendars/{token}.ics                      whoever has the link
# Meetings
GET     /                                           everyone
GET     /rule                                       everyone
GET     /api/v1/meetings                            everyone
POST    /api/v1/meetings                            a secretariat
GET     /api/v1/meetings/{slug}                     everyone: what they may read  members' part
GET     /meetings/{slug}                            everyone: what they may read  members' part
GET     /meetings/{slug}.ics                        everyone
POST    /api/v1/meetings/{slug}/sittings            secretariat of the meeting
POST    /api/v1/meetings/{slug}/agenda-items        secretariat of the meeting
PUT     /api/v1/meetings/{slug}/boundary            secretariat of the meeting
GET     /api/v1/meetings/{slug}/functions           secretariat of the meeting
PUT     /api/v1/meetings/{slug}/functions           secretariat of the meeting
DELETE  /api/v1/meetings/{slug}/functions/{function}/{person_id}  secretariat of the meeting
# Topics and consultations
GET     /topics                                     everyone
GET     /topics/{topic}                             everyone
POST    /topics/{topic}                             presides, secretariat
GET     /meetings/{slug}/topics                     delegate of a State, secretariat
POST    /meetings/{slug}/topics                     delegate of a State, secretariat
GET     /api/v1/topics                              everyone
GET     /api/v1/topics/{topic}                      everyone
POST    /api/v1/meetings/{slug}/topics              delegate of a State, secretariat
POST    /api/v1/topics/{topic}/decisions            presides, secretariat
POST    /api/v1/topics/{topic}/withdraw             their own
GET     /consultations                              everyone
GET     /consultations.ics                          everyone
GET     /consultations/{consultation}.ics           everyone
GET     /consultations/{consultation}               everyone
POST    /consultations/follow                       signed in
POST    /consultations/unfollow                     signed in
POST    /consultations/{consultation}/follow        signed in
POST    /consultations/{consultation}/unfollow      signed in
GET     /api/v1/consultations                       everyone
GET     /api/v1/consultations/{consultation}        everyone
PUT     /api/v1/consultations/{consultation}        secretariat of the meeting
POST    /api/v1/consultations/{consultation}/announce  secretariat of the meeting
POST    /api/v1/consultations/{consultation}/extensions  secretariat of the meeting
POST    /api/v1/consultations/{consultation}/skip   secretariat of the meeting
GET     /api/v1/consultations/{consultation}/following  signed in
PUT     /api/v1/consultations/{consultation}/following  signed in
DELETE  /api/v1/consultations/{consultation}/following  signed in
POST    /api/v1/meetings/{slug}/consultations       secretariat of the meeting
GET     /desk/meetings/{slug}/consultations         secretariat of the meeting
GET     /desk/meetings/{slug}/consultations/new     secretariat of the meeting
POST    /desk/meetings/{slug}/consultations/new     secretariat of the meeting
GET     /desk/consultations/{consultation}          secretariat of the meeting
POST    /desk/consultations/{consultation}          secretariat of the meeting
POST    /desk/consultations/{draft}/announce        secretariat of the meeting
POST    /desk/consultations/{consultation}/extend   secretariat of the meeting
POST    /desk/consultations/{consultation}/skip     secretariat of the meeting
# Entities
GET     /api/v1/entities                            everyone
GET     /api/v1/entities/{entity_id}                everyone
GET     /api/v1/entities/{entity_id}/focal-points   focal point, a secretariat
POST    /api/v1/entities/{entity_id}/focal-points   a secretariat
DELETE  /api/v1/entities/{entity_id}/focal-points/{person_id}  a secretariat
PUT     /api/v1/entities/{entity_id}/stand-in       theirs to decide
DELETE  /api/v1/entities/{entity_id}/stand-in       theirs to decide
PUT     /api/v1/entities/{entity_id}/domains        a secretariat
GET     /desk/focal-points                          a secretariat
GET     /desk/focal-points/{entity_id}              a secretariat
POST    /desk/focal-points/{entity_id}              a secretariat
# Registrations
GET     /api/v1/registrations                       signed in
GET     /api/v1/meetings/{slug}/registrations       signed in: theirs to know
POST    /api/v1/meetings/{slug}/registrations       signed in
GET     /meetings/{slug}/register                   signed in
POST    /meetings/{slug}/register                   signed in
GET     /meetings/{slug}/register/entities          signed in
GET     /api/v1/meetings/{slug}/registration-draft  their own
PUT     /api/v1/meetings/{slug}/registration-draft  signed in
PATCH   /api/v1/meetings/{slug}/registration-draft  signed in
DELETE  /api/v1/meetings/{slug}/registration-draft  signed in
GET     /api/v1/registrations/{reference}           theirs to know
GET     /registrations/{reference}                  theirs to know
GET     /registrations/{reference}/calendar.ics     theirs to know
PATCH   /api/v1/registrations/{reference}           their own
POST    /api/v1/registrations/{reference}/withdraw  their own
POST    /registrations/{reference}/withdraw         their own
POST    /api/v1/registrations/{reference}/approve   theirs to decide
POST    /api/v1/registrations/{reference}/reject    theirs to decide
GET     /api/v1/meetings/{slug}/form                everyone
PUT     /api/v1/meetings/{slug}/form                secretariat of the meeting
GET     /meetings/{slug}/data                       everyone
GET     /desk/forms/{slug}                          secretariat of the meeting
POST    /desk/forms/{slug}                          secretariat of the meeting
GET     /desk/forms/{slug}/question                 secretariat of the meeting
POST    /desk/forms/{slug}/question                 secretariat of the meeting
GET     /api/v1/registrations/{reference}/answers   theirs to know
PUT     /api/v1/registrations/{reference}/answers   their own
POST    /api/v1/registrations/{reference}/answers/read  theirs to read
GET     /desk/registrations/{reference}/answers     theirs to read
POST    /desk/registrations/{reference}/answers     theirs to read
GET     /api/v1/sittings/{sitting_id}/places        everyone
PUT     /api/v1/sittings/{sitting_id}/places        secretariat of the meeting
PUT     /api/v1/registrations/{reference}/listing   their own
DELETE  /api/v1/registrations/{reference}/listing   their own
POST    /registrations/{reference}/listing          their own
GET     /api/v1/meetings/{slug}/participants        everyone
GET     /meetings/{slug}/participants               everyone
POST    /registrations/{reference}                  theirs to decide
POST    /api/v1/registrations/{reference}/questions  theirs to decide
POST    /api/v1/registrations/{reference}/answers   their own
POST    /api/v1/registrations/{reference}/accept    their own
POST    /api/v1/registrations/{reference}/substitute  theirs to decide
GET     /api/v1/delegation                          signed in: theirs to know
POST    /api/v1/delegation/decisions                signed in: theirs to decide
POST    /api/v1/delegation/decisions/{batch}/undo   signed in: theirs to decide
GET     /delegation                                 signed in: theirs to know
POST    /delegation                                 theirs to decide
POST    /delegation/undo                            theirs to decide
POST    /delegation/away                            theirs to decide
POST    /api/v1/meetings/{slug}/nominations         theirs to decide
GET     /delegation/register                        signed in: theirs to know
POST    /delegation/register                        theirs to decide
GET     /delegation/register/{draft_id}             theirs to decide
POST    /delegation/register/{draft_id}             theirs to decide
GET     /meetings/{slug}/statistics                 everyone
GET     /meetings/{slug}/statistics.csv             everyone
GET     /statistics                                 everyone
GET     /statistics.csv                             everyone
GET     /api/v1/meetings/{slug}/statistics          everyone
GET     /api/v1/statistics                          everyone
GET     /meetings/{slug}/participation              everyone
GET     /api/v1/meetings/{slug}/participation       everyone
GET     /desk/registrations/{slug}                  secretariat of the meeting
GET     /api/v1/meetings/{slug}/registrations/counts  secretariat of the meeting
GET     /desk/registrations/{slug}/list             secretariat of the meeting
POST    /desk/registrations/{slug}/export           secretariat of the meeting
GET     /api/v1/meetings/{slug}/registrations/selected  secretariat of the meeting
POST    /api/v1/meetings/{slug}/registrations/exports  secretariat of the meeting
GET     /desk/registrations/{slug}/mail             secretariat of the meeting
POST    /desk/registrations/{slug}/mail             secretariat of the meeting
GET     /desk/registrations/{slug}/mail/{mailing_id}  secretariat of the meeting
GET     /api/v1/meetings/{slug}/mailings            secretariat of the meeting
GET     /api/v1/meetings/{slug}/mailings/{mailing_id}  secretariat of the meeting
POST    /api/v1/meetings/{slug}/mailings/preview    secretariat of the meeting
POST    /api/v1/meetings/{slug}/mailings            secretariat of the meeting
GET     /desk/meetings/{slug}/copy                  secretariat of the meeting
POST    /desk/meetings/{slug}/copy                  secretariat of the meeting
POST    /api/v1/meetings/{slug}/copies              secretariat of the meeting
GET     /desk/meetings/{slug}/view-as               secretariat of the meeting
POST    /desk/meetings/{slug}/view-as               secretariat of the meeting    open part
POST    /view-as/end                                everyone
GET     /desk/focal-point                           signed in: theirs to decide
POST    /desk/focal-point                           theirs to decide
GET     /desk/secretariat                           a secretariat
POST    /desk/secretariat                           secretariat of the meeting
# Inputs to consultations
GET     /inputs                                     signed in
GET     /api/v1/inputs                              signed in
GET     /consultations/{slug}/input                 signed in
POST    /consultations/{slug}/input                 signed in
POST    /api/v1/consultations/{slug}/inputs         signed in
GET     /inputs/{input_id}                          their own
GET     /inputs/{input_id}/revise                   their own
POST    /inputs/{input_id}                          their own
GET     /inputs/{input_id}/files/{attachment_id}    their own
GET     /api/v1/inputs/{input_id}                   their own
DELETE  /api/v1/inputs/{input_id}                   their own
PUT     /api/v1/inputs/{input_id}/fields/{field}    their own
POST    /api/v1/inputs/{input_id}/asides/{aside_id}  their own
DELETE  /api/v1/inputs/{input_id}/asides/{aside_id}  their own
POST    /api/v1/inputs/{input_id}/submit            their own
POST    /api/v1/inputs/{input_id}/withdraw          their own
POST    /api/v1/inputs/{input_id}/disown            their own
POST    /api/v1/inputs/{input_id}/authors           their own
POST    /api/v1/inputs/{input_id}/authors/agree     their own
DELETE  /api/v1/inputs/{input_id}/authors/{person_id}  their own
PUT     /api/v1/inputs/{input_id}/files/{name}      their own
GET     /api/v1/inputs/{input_id}/files/{attachment_id}  their own
DELETE  /api/v1/inputs/{input_id}/files/{attachment_id}  their own
# A sitting
GET     /api/v1/sittings/{sitting_id}               everyone: what they may read  members' part
GET     /api/v1/sittings/{sitting_id}/access        everyone
GET     /sittings/{sitting_id}/why                  everyone
POST    /api/v1/sittings/{sitting_id}/tickets       may attend                    members' part
POST    /api/v1/sittings/{sitting_id}/tickets/screen  steers, secretariat, steward  members' part
WS      /api/v1/live                                may attend                    members' part
GET     /api/v1/sittings/{sitting_id}/floor         may attend                    members' part
GET     /api/v1/sittings/{sitting_id}/speeches      may read                      members' part
GET     /sittings/{sitting_id}/speeches             may read                      members' part
PATCH   /api/v1/sittings/{sitting_id}/speeches/{number}  steers, secretariat      members' part
POST    /sittings/{sitting_id}/speeches             steers, secretariat           members' part
GET     /api/v1/sittings/{sitting_id}/balance       steers, secretariat           members' part
GET     /sittings/{sitting_id}/statements           may read                      members' part
GET     /api/v1/sittings/{sitting_id}/speakers      steers                        members' part
GET     /api/v1/sittings/{sitting_id}/hands         may read                      members' part
POST    /api/v1/sittings/{sitting_id}/wishes        by the kind of wish           members' part
GET     /api/v1/sittings/{sitting_id}/captions      may read                      members' part
GET     /api/v1/sittings/{sitting_id}/captions/{language}  may read               members' part
GET     /api/v1/sittings/{sitting_id}/captions/{language}.txt  everyone           open part
GET     /api/v1/sittings/{sitting_id}/captions/{language}.vtt  everyone           open part
GET     /captions/{sitting_id}                      captions                      open part
GET     /api/v1/sittings/{sitting_id}/chat          may read                      members' part
GET     /api/v1/sittings/{sitting_id}/chat/mine     may read                      members' part
GET     /api/v1/sittings/{sitting_id}/chat/asides   steers, secretariat           members' part
GET     /api/v1/sittings/{sitting_id}/statements    may read                      members' part
POST    /api/v1/sittings/{sitting_id}/statements    may speak                     members' part
GET     /api/v1/sittings/{sitting_id}/statements/mine      may read               members' part
GET     /api/v1/sittings/{sitting_id}/statements/filed     steers, secretariat    members' part
GET     /api/v1/sittings/{sitting_id}/statements/{statement}  may read             members' part
GET     /room/{sitting_id}                          everyone: what they may read  members' part
GET     /text/{sitting_id}                          everyone: what they may read  members' part
POST    /text/{sitting_id}/wish                     by the kind of wish           members' part
GET     /text/{sitting_id}/written                  may attend                    members' part
POST    /text/{sitting_id}/chat                     may speak                     members' part
POST    /text/{sitting_id}/statement                may speak                     members' part
GET     /api/v1/sittings/{sitting_id}/minutes       steers, secretariat           members' part
PUT     /api/v1/sittings/{sitting_id}/minutes/{paragraph_id}  presides, secretariat  members' part
DELETE  /api/v1/sittings/{sitting_id}/minutes/{paragraph_id}  presides, secretariat  members' part
GET     /api/v1/sittings/{sitting_id}/minutes/{paragraph_id}/versions  steers, secretariat  members' part
GET     /minutes/{sitting_id}                       steers, secretariat           open part
GET     /api/v1/sittings/{sitting_id}/notes         steers, secretariat           members' part
PUT     /api/v1/sittings/{sitting_id}/notes/{note_id}  steers, secretariat        members' part
DELETE  /api/v1/sittings/{sitting_id}/notes/{note_id}  signed in
GET     /console/{sitting_id}                       steers, secretariat           open part
GET     /screen/{sitting_id}                        steers, secretariat, steward  open part
POST    /api/v1/sittings/{sitting_id}/open          presides, secretariat         after a close
POST    /api/v1/sittings/{sitting_id}/close         presides, secretariat         open part
# Badges and the doors of the hall
GET     /api/v1/meetings/{slug}/badges              secretariat of the meeting
POST    /api/v1/meetings/{slug}/badges/check        secretariat, steward
POST    /api/v1/meetings/{slug}/badges/read         secretariat, steward
POST    /api/v1/meetings/{slug}/badges              secretariat of the meeting
GET     /api/v1/meetings/{slug}/badges/list         secretariat of the meeting
GET     /api/v1/meetings/{slug}/badges/notes        secretariat of the meeting
POST    /api/v1/meetings/{slug}/badges/notes        secretariat of the meeting
GET     /desk/badges/worker.js                      everyone
POST    /api/v1/meetings/{slug}/badges/reprint      secretariat of the meeting
POST    /api/v1/meetings/{slug}/badges/print        secretariat of the meeting
POST    /api/v1/meetings/{slug}/badges/revoke       secretariat of the meeting
GET     /desk/badges/{slug}                         secretariat of the meeting
POST    /desk/badges/{slug}/find                    secretariat of the meeting
POST    /desk/badges/{slug}/print                   secretariat of the meeting
POST    /desk/badges/{slug}/{registration_id}       secretariat of the meeting
GET     /desk/badges/{slug}/{registration_id}/badge.pdf  secretariat of the meeting
GET     /desk/badges/{slug}/{registration_id}/photo.jpg  secretariat of the meeting
GET     /registrations/{reference}/photo.jpg        their own
GET     /api/v1/registrations/{reference}/photo     their own, badge desk
POST    /desk/badges/{slug}/{registration_id}/photo  secretariat of the meeting
POST    /registrations/{reference}/photo            their own
PUT     /api/v1/registrations/{reference}/photo     their own, badge desk once confirmed
DELETE  /api/v1/registrations/{reference}/photo     their own, badge desk
GET     /door/worker.js                             everyone
GET     /door/{sitting_id}                          steward                       open part
POST    /door/{sitting_id}                          steward                       open part
GET     /api/v1/sittings/{sitting_id}/door          steward                       open part
GET     /api/v1/sittings/{sitting_id}/door/list     steward                       open part
POST    /api/v1/sittings/{sitting_id}/door/scans    steward                       open part
# Attendance
GET     /api/v1/attendance                          signed in
GET     /api/v1/sittings/{sitting_id}/attendance    presides, secretariat         open part
POST    /api/v1/sittings/{sitting_id}/attendance/scans  steward                   open part
POST    /api/v1/sittings/{sitting_id}/attendance/stays  secretariat of the meeting
POST    /api/v1/stays/{stay_id}                     secretariat of the meeting
POST    /api/v1/stays/{stay_id}/strike              secretariat of the meeting
GET     /desk/attendance/{sitting_id}               presides, secretariat         open part
POST    /desk/attendance/{sitting_id}/stays         secretariat of the meeting
POST    /desk/stays/{stay_id}                       secretariat of the meeting
# Records
GET     /api/v1/sittings/{sitting_id}/records       everyone: what they may read  members' part
GET     /api/v1/sittings/{sitting_id}/records.zip   may read                      members' part
GET     /sittings/{sitting_id}/records              everyone: what they may read  members' part
# Receipts of inputs, and the log that they are in
GET     /receipts/{receipt}                         whoever has the reference
GET     /receipts/{receipt}/receipt.pdf             whoever has the reference
GET     /api/v1/receipts/{receipt}                  whoever has the reference
GET     /api/v1/receipts/{receipt}/timeline         whoever has the reference
POST    /api/v1/receipts/check                      everyone
GET     /verify                                     everyone
POST    /verify                                     everyone
GET     /log                                        everyone
GET     /api/v1/log/head                            everyone
GET     /api/v1/log/heads                           everyone
GET     /api/v1/log/proof                           everyone
GET     /api/v1/log/consistency                     everyone
GET     /api/v1/log/leaves                          everyone
# Experts for one item
GET     /api/v1/sittings/{sitting_id}/invitations   presides, secretariat         members' part
POST    /api/v1/sittings/{sitting_id}/invitations   presides                      members' part
POST    /api/v1/invitations/{invitation_id}/confirm  second person                members' part
POST    /api/v1/invitations/{invitation_id}/end     presides, secretariat         members' part
GET     /desk/experts/{slug}                        presides, secretariat         open part
POST    /desk/experts/{slug}                        presides                      open part
POST    /desk/experts/{slug}/{invitation_id}/confirm  second person               open part
POST    /desk/experts/{slug}/{invitation_id}/end    presides, secretariat         open part
# Published inputs
GET     /consultations/{slug}/inputs                everyone
GET     /consultations/{slug}/inputs/numbers        everyone
GET     /consultations/{slug}/inputs/{input_number}  everyone
GET     /consultations/{slug}/inputs/{input_number}/files/{sha256}  everyone
GET     /consultations/{slug}/inputs.csv            everyone
GET     /consultations/{slug}/inputs.atom           everyone
GET     /consultations/{slug}/inputs.json           everyone
GET     /consultations/{slug}/compiled.pdf          everyone
GET     /consultations/{slug}/compiled.docx         everyone
GET     /consultations/{slug}/compiled.json         everyone
GET     /api/v1/consultations/{slug}/compiled       everyone
GET     /search                                     everyone
GET     /api/v1/search                              everyone
GET     /api/v1/consultations/{slug}/inputs         everyone
GET     /api/v1/consultations/{slug}/inputs/numbers  everyone
GET     /api/v1/consultations/{slug}/inputs/{input_number}  everyone
GET     /api/v1/consultations/{slug}/inputs/{input_number}/files/{sha256}  everyone
PUT     /api/v1/consultations/{slug}/inputs/{input_number}/off-topic  secretariat of the meeting
POST    /api/v1/consultations/{slug}/inputs/{input_number}/off-topic/remove  secretariat of the meeting
POST    /api/v1/consultations/{slug}/inputs/{input_number}/redactions  secretariat of the meeting
POST    /api/v1/consultations/{slug}/inputs/{input_number}/redactions/{redaction_id}/lift  secretariat of the meeting
POST    /api/v1/consultations/{slug}/inputs/{input_number}/translations  secretariat of the meeting
POST    /api/v1/consultations/{slug}/inputs/{input_number}/original  secretariat of the meeting
# What became of inputs
GET     /api/v1/outcome                             everyone
GET     /api/v1/meetings/{slug}/outcome             everyone
GET     /api/v1/consultations/{consultation}/outcome  everyone
POST    /api/v1/consultations/{slug}/dispositions   secretariat of the meeting
GET     /api/v1/consultations/{slug}/inputs/{input_number}/dispositions  everyone
GET     /consultations/{slug}/summary               everyone
GET     /api/v1/consultations/{slug}/summary        everyone
GET     /api/v1/consultations/{slug}/summary/draft  presides, secretariat
POST    /api/v1/consultations/{slug}/summary/paragraphs  secretariat of the meeting
PUT     /api/v1/consultations/{slug}/summary/paragraphs/{paragraph}  secretariat of the meeting
DELETE  /api/v1/consultations/{slug}/summary/paragraphs/{paragraph}  secretariat of the meeting
GET     /api/v1/consultations/{slug}/summary/paragraphs/{paragraph}/versions  presides, secretariat
POST    /api/v1/consultations/{slug}/summary/present  secretariat of the meeting
POST    /api/v1/consultations/{slug}/summary/agree  presides, secretariat
POST    /api/v1/consultations/{slug}/summary/reopen  secretariat of the meeting
GET     /desk/summary/{slug}                        presides, secretariat
POST    /desk/summary/{slug}                        presides, secretariat         open part
GET     /api/v1/consultations/{slug}/inputs/{input_number}/citations  everyone
GET     /api/v1/meetings/{slug}/citations           everyone
PUT     /api/v1/meetings/{slug}/agenda-items/{item}/citations  secretariat of the meeting
GET     /api/v1/sittings/{sitting_id}/minutes/{noted_id}/citations  steers, secretariat  members' part
PUT     /api/v1/sittings/{sitting_id}/minutes/{noted_id}/citations  presides, secretariat  members' part
GET     /desk/meetings/{slug}/citations             secretariat of the meeting
POST    /desk/meetings/{slug}/citations             secretariat of the meeting
GET     /desk/sittings/{sitting_id}/citations       presides, secretariat         members' part
POST    /desk/sittings/{sitting_id}/citations       presides, secretariat         members' part
GET     /desk/outcome/{slug}                        secretariat of the meeting
POST    /desk/outcome/{slug}                        secretariat of the meeting
GET     /desk/outcome/{slug}/{input_number}         secretariat of the meeting
POST    /desk/outcome/{slug}/{input_number}         secretariat of the meeting
GET     /desk/inputs/{slug}                         secretariat of the meeting
GET     /desk/inputs/{slug}/{input_number}          secretariat of the meeting
POST    /desk/inputs/{slug}/{input_number}          secretariat of the meeting
# Documents of a meeting
GET     /meetings/{slug}/documents                  everyone
GET     /meetings/{slug}/documents/{document_number}  everyone
GET     /meetings/{slug}/documents/{document_number}/files/{language}  everyone
GET     /meetings/{slug}/contribute                 files contributions
POST    /meetings/{slug}/contribute                 files contributions
GET     /documents/{document_id}                    their own, secretariat
POST    /documents/{document_id}                    their own, secretariat
GET     /documents/{document_id}/files/{text_id}    their own, secretariat
GET     /desk/documents/{slug}                      secretariat of the meeting
POST    /desk/documents/{slug}                      secretariat of the meeting
GET     /desk/documents/{slug}/{document_id}        secretariat of the meeting
POST    /desk/documents/{slug}/{document_id}        secretariat of the meeting
GET     /api/v1/meetings/{slug}/documents           everyone
POST    /api/v1/meetings/{slug}/documents           secretariat of the meeting
GET     /api/v1/meetings/{slug}/documents/{document_number}  everyone
GET     /api/v1/meetings/{slug}/documents/{document_number}/files/{language}  everyone
POST    /api/v1/meetings/{slug}/contributions       files contributions
PUT     /api/v1/meetings/{slug}/document-deadlines/{document_class}  secretariat of the meeting
PUT     /api/v1/meetings/{slug}/symbol              secretariat of the meeting
GET     /api/v1/documents                           signed in
GET     /api/v1/documents/{document_id}             their own, secretariat
PUT     /api/v1/documents/{document_id}             secretariat of the meeting
PUT     /api/v1/documents/{document_id}/texts/{language}  their own, secretariat
GET     /api/v1/documents/{document_id}/texts/{text_id}  their own, secretariat
POST    /api/v1/documents/{document_id}/post        secretariat of the meeting
POST    /api/v1/documents/{document_id}/return      secretariat of the meeting
POST    /api/v1/documents/{document_id}/withdraw    their own, secretariat
# The agenda
GET     /meetings/{slug}/agenda                     everyone: what they may read  members' part
GET     /api/v1/meetings/{slug}/agenda              everyone: what they may read  members' part
PUT     /api/v1/meetings/{slug}/agenda              secretariat of the meeting    open part
POST    /api/v1/meetings/{slug}/agenda/adoption     presides, secretariat         open part
GET     /desk/meetings/{slug}/agenda                secretariat of the meeting
POST    /desk/meetings/{slug}/agenda                secretariat of the meeting    open part
POST    /desk/meetings/{slug}/agenda/adopt          presides, secretariat         open part
# Documents that belong together
GET     /api/v1/sittings/{sitting_id}/documents     may read                      members' part
GET     /meetings/{slug}/document-groups            everyone
GET     /api/v1/meetings/{slug}/document-groups     everyone
POST    /api/v1/meetings/{slug}/document-groups     secretariat of the meeting
PUT     /api/v1/meetings/{slug}/document-groups/{group_number}  secretariat of the meeting
DELETE  /api/v1/meetings/{slug}/document-groups/{group_number}  secretariat of the meeting
GET     /api/v1/meetings/{slug}/documents.zip       everyone
GET     /desk/meetings/{slug}/document-groups       secretariat of the meeting
POST    /desk/meetings/{slug}/document-groups       secretariat of the meeting
# Inputs that are presented
GET     /api/v1/sittings/{sitting_id}/presentations  steers, secretariat          members' part
POST    /api/v1/sittings/{sitting_id}/presentations  steers, secretariat
POST    /api/v1/sittings/{sitting_id}/presentations/calls  steers
GET     /desk/presentations/{sitting_id}            steers, secretariat           open part
POST    /desk/presentations/{sitting_id}            steers, secretariat
# The fence
GET     /api/v1/sittings/{sitting_id}/fence         steers, secretariat, steward  open part
POST    /api/v1/sittings/{sitting_id}/fence         presides                      open part
POST    /api/v1/sittings/{sitting_id}/fence/hall    steward, or chair's reason    fence
GET     /desk/hall/{sitting_id}                     steers, secretariat, steward  open part
POST    /desk/hall/{sitting_id}/count               steward                       fence
POST    /desk/hall/{sitting_id}/without             presides                      fence
GET     /api/v1/certificates/{fence_id}             everyone                      members' part
GET     /certificates/{fence_id}                    everyone                      members' part
GET     /api/v1/keys                                everyone
""")  # noqa: E501 - a line of the table is a door
DEMO = doors("""\
GET     /demo                                       this machine
POST    /demo/sign-in/{role}                        this machine
GET     /demo/outbox                                this machine
GET     /demo/outbox/{letter_id}                    this machine
""")
WISHES = doors("""\
SAY     open-list                 steers
SAY     request-floor             may speak, or raise a point of order
SAY     withdraw-request          their own
SAY     remove-request            steers
SAY     give-floor                steers
SAY     start-speech              steers
SAY     pause-speech              steers
SAY     resume-speech             steers
SAY     end-speech                steers, or their own
SAY     announce                  presides
SAY     undo                      steers
SAY     set-time                  steers
SAY     close-list                steers
SAY     ask-hands                 presides
SAY     raise-hand                may speak
SAY     lower-hand                their own
SAY     close-hands               presides
SAY     start-captions            presides
SAY     stop-captions             presides
SAY     write-caption             captions
SAY     correct-caption           captions
SAY     spell-caption             captions
SAY     take-item                 steers
SAY     add-speaker               steers
SAY     move-request              steers
SAY     return-speaker            steers
SAY     set-order                 steers
SAY     set-stance                steers
SAY     send-chat                 may speak
SAY     tell-moderator            may attend
SAY     answer-aside              steers
SAY     retract-chat              steers
SAY     mute-chat                 steers
SAY     unmute-chat               steers
SAY     close-chat                steers
SAY     open-chat                 steers
SAY     withdraw-statement        their own
SAY     read-statement            steers
SAY     record-statement          presides
""")
HEARD = doors("""\
# What everyone in the room hears
HEAR    sitting-opened            may attend
HEAR    sitting-closing           may attend
HEAR    sitting-closed            may attend
HEAR    list-opened               may attend
HEAR    list-closed               may attend
HEAR    time-set                  may attend
HEAR    item-taken                may attend
HEAR    order-set                 may attend
HEAR    request-moved             may attend
HEAR    stance-set                may attend
HEAR    floor-requested           may attend
HEAR    request-withdrawn         may attend
HEAR    request-removed           may attend
HEAR    request-returned          may attend
HEAR    floor-given               may attend
HEAR    speech-started            may attend
HEAR    speech-paused             may attend
HEAR    speech-resumed            may attend
HEAR    speech-ended              may attend
HEAR    speech-restored           may attend
HEAR    announced                 may attend
HEAR    announcement-retracted    may attend
HEAR    hands-asked               may attend
HEAR    hands-closed              may attend
HEAR    hands-restored            may attend
HEAR    hands-counted             may attend
HEAR    captions-started          may attend
HEAR    captions-stopped          may attend
HEAR    chat-said                 may attend
HEAR    chat-retracted            may attend
HEAR    chat-restored             may attend
HEAR    chat-closed               may attend
HEAR    chat-opened               may attend
HEAR    statement-recorded        may attend
HEAR    statement-unrecorded      may attend
HEAR    presence                  may attend
# What those hear who chose the language
HEAR    caption-heading           may attend, and chose it
HEAR    caption                   may attend, and chose it
HEAR    caption-corrected         may attend, and chose it
HEAR    caption-interim           may attend, and chose it
# What the console hears
HEAR    lines                     steers, secretariat, steward
HEAR    fence-moved               steers, secretariat, steward
HEAR    minutes-changed           steers, secretariat, steward
HEAR    invitation-moved          steers, secretariat, steward
HEAR    aside-told                steers, secretariat, steward
HEAR    chat-muted                steers, secretariat, steward
HEAR    chat-unmuted              steers, secretariat, steward
HEAR    statement-filed           steers, secretariat, steward
HEAR    statement-moved           steers, secretariat, steward
# What one connection hears
HEAR    welcome                   may attend
HEAR    moved                     may attend
HEAR    resync                    may attend
HEAR    answer                    whoever wished
HEAR    note                      whom it concerns
HEAR    beat                      a screen
HEAR    farewell                  who leaves
""")

SERVICE = {"chair", "moderator", "steward", "secretariat"}
INSIDE = {"kenya", "captioner"} | SERVICE
KNOWN = INSIDE | {"newcomer", "stakeholder", "owner", "focal", "elsewhere"}
EVERYONE: set[str | None] = {None} | KNOWN  # None is nobody: a stranger, not signed in
RULES: Mapping[str, set[str | None] | set[str]] = {
    "everyone": EVERYONE,
    "everyone: what they may read": EVERYONE,
    "whoever has the link": EVERYONE,
    "whoever has the reference": EVERYONE,
    "signed in": KNOWN,
    "signed in, by no token": KNOWN,
    "signed in: theirs to know": KNOWN,
    "signed in: theirs to decide": KNOWN,
    "their own": {"owner"},
    "their own, secretariat": {"owner", "secretariat"},
    "files contributions": {"kenya"},
    "their own, badge desk": {"owner", "secretariat"},
    "their own, badge desk once confirmed": {"owner"},
    "theirs to know": {"owner", "focal", "secretariat"},
    "theirs to decide": {"focal"},
    "theirs to read": {"focal", "secretariat"},
    "focal point, a secretariat": {"focal", "secretariat", "elsewhere"},
    "a secretariat": {"secretariat", "elsewhere"},
    "delegate of a State, secretariat": {"kenya", "secretariat"},
    "secretariat of the meeting": {"secretariat"},
    "may attend": INSIDE,
    "may attend, and chose it": INSIDE,
    "may read": INSIDE,
    "may speak": {"kenya", "chair", "secretariat"},
    "captions": {"captioner"},
    "may speak, or raise a point of order": {"kenya", "chair", "secretariat"},
    "by the kind of wish": {"kenya"},  # what is wished here is a point of order
    "steers": {"chair", "moderator"},
    "steers, or their own": {"chair", "moderator", "kenya"},
    "steers, secretariat": {"chair", "moderator", "secretariat"},
    "steers, secretariat, steward": SERVICE,
    "presides": {"chair"},
    "second person": {"secretariat"},  # the chair has invited
    "presides, secretariat": {"chair", "secretariat"},
    "steward": {"steward"},
    "secretariat, steward": {"secretariat", "steward"},
    "steward, or chair's reason": {"steward"},  # who signs here does so with a head count
}


# Nothing is there that is not listed.


@pytest.mark.parametrize("demo", [False, True])
def test_every_door_is_listed_with_its_rule(tmp_path: Path, demo: bool) -> None:
    listed = DOORS + DEMO if demo else DOORS
    app = create_app(settings(tmp_path, demo=demo))
    assert sorted(addresses(app.routes)) == sorted((each.method, each.path) for each in listed)


def test_every_wish_and_everything_that_is_heard_is_listed_with_its_rule() -> None:
    assert sorted(kinds(wishes.AnyWish)) == sorted(each.path for each in WISHES)
    said = {*kinds(news.AnyEvent), *kinds(messages.Heard)}
    assert sorted(said) == sorted(each.path for each in HEARD)


def kinds(union: Any) -> set[str]:
    """The words by which the messages of a union begin; one that has any kind is an event."""
    first, *_ = get_args(union)
    members = get_args(first) or get_args(union)
    written = [each.__annotations__["kind"] for each in members]
    return {word for kind in written for word in get_args(kind)}


# Every rule is what it says.


@pytest.fixture(autouse=True)
def no_fault_of_its_own() -> Iterator[None]:
    with capture_logs() as logs:
        yield
    assert [each for each in logs if each["log_level"] in {"error", "critical"}] == []


@pytest.fixture(scope="module")
async def open_part(
    sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> AsyncGenerator[Scene]:
    folder = tmp_path_factory.mktemp("open")
    async with elsewhere() as there:
        with_it = {"providers": (there.settings(),)}
        async with staged(sqlite_template, folder, "open part", **with_it) as made:
            yield made


@pytest.fixture(scope="module")
async def members_part(
    sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> AsyncGenerator[Scene]:
    folder = tmp_path_factory.mktemp("members")
    async with staged(sqlite_template, folder, "members' part") as made:
        yield made


def staged(
    template: Path, folder: Path, when: str, **more: Any
) -> AbstractAsyncContextManager[Scene]:
    """The meeting with everyone in it, come as far as that."""
    file = shutil.copyfile(template, folder / "tables.sqlite")
    return scene(f"sqlite+aiosqlite:///{file}", folder, EVERYONE - {"owner"}, when, **more)


@pytest.mark.parametrize("door", DOORS, ids=str)
async def test_a_door_lets_in_whom_its_rule_names_and_nobody_else(
    door: Door, open_part: Scene, members_part: Scene, sqlite_template: Path, tmp_path: Path
) -> None:
    async with AsyncExitStack() as stack:
        at = members_part if door.when == "members' part" else open_part
        changes = door.when and not door.looks and (at is open_part or door.for_people)
        if changes:
            at = await stack.enter_async_context(staged(sqlite_template, tmp_path, door.when))
        elif not door.looks:
            await at.renew()
        named = RULES[door.rule] if door.looks else {min(RULES[door.rule], key=str)}
        if named >= KNOWN and not door.when:
            named = named & {None, "newcomer"}  # who is the least known stands for all
        assert await let_in(at, door, EVERYONE - RULES[door.rule]) == set()
        assert await let_in(at, door, named) == named
        if door.rule == "whoever has the link":
            at.ids["token"] = "another"
            assert await let_in(at, door, {None}) == set()
        if door.rule == "whoever has the reference":
            another = Scene(at.meeting, at.ids | {"receipt": "0" * 24}, at.within, at.callers)
            assert await let_in(another, door, {None}) == set()
        if door.rule == "signed in, by no token":
            at.callers["program"] = await at.program("kenya")
            assert await let_in(at, door, {"program"}) == set()
        if door.method == "GET" and door.when == "members' part":
            reads = INSIDE if door.rule == "everyone: what they may read" else set()
            assert {key for key in EVERYONE if TITLE.encode() in at.callers[key].last} == reads


async def let_in(
    at: Scene, door: Door, people: Iterable[str | None], said: Mapping[str, Any] | None = None
) -> set[str | None]:
    """Who of these people is let in; they all knock at the same time."""
    asked, said = list(people), said or SAID.get(str(door))
    got = await asyncio.gather(*(at.callers[key].knock(door, at.ids, said) for key in asked))
    return {key for key, answer in zip(asked, got, strict=True) if answer.let_in}


DEVELOPMENT = {"environment": Environment.DEVELOPMENT, "base_url": ""}


async def test_the_demo_is_for_whoever_sits_at_this_machine(
    open_part: Scene, sqlite_template: Path, tmp_path: Path
) -> None:
    async with staged(sqlite_template, tmp_path, "", demo=True, **DEVELOPMENT) as at:
        now = datetime.now(UTC)
        async with at.meeting.house.database.writing() as db:
            await add_person(db, at.meeting.world, "role", now, registered=False)
            person = await load(db, Person, at.meeting.world.people["role"])
            person.email = "chair@demo.example"
            letter = await letters.write(db, LetterKind.SIGN_IN, person, now, link_id=str(uuid4()))
        ids = at.ids | {"role": "chair", "letter_id": str(letter.id)}
        at.callers["elsewhere"].http.headers["Host"] = "meetings.example"
        for door in DEMO:
            assert (await at.callers[None].knock(door, ids)).let_in
            assert not (await at.callers["elsewhere"].knock(door, ids)).let_in
            assert not (await open_part.callers[None].knock(door, ids)).let_in


# Every wish and all news.

PLAYED = (
    ("moderator", "open-list"),
    ("kenya", "request-floor"),
    ("kenya", "withdraw-request"),
    ("kenya", "request-floor"),
    ("moderator", "remove-request"),
    ("moderator", "undo"),
    ("moderator", "give-floor"),
    ("moderator", "start-speech"),
    ("moderator", "pause-speech"),
    ("moderator", "undo"),
    ("moderator", "pause-speech"),
    ("moderator", "resume-speech"),
    ("kenya", "end-speech"),
    ("chair", "announce"),
    ("moderator", "undo"),
    ("moderator", "set-time"),
    ("moderator", "close-list"),
    ("chair", "ask-hands"),
    ("kenya", "raise-hand"),
    ("kenya", "lower-hand"),
    ("chair", "close-hands"),
    ("moderator", "undo"),
    ("chair", "start-captions"),
    ("captioner", "write-caption"),
    ("captioner", "correct-caption"),
    ("captioner", "spell-caption"),
    ("chair", "stop-captions"),
    ("moderator", "take-item"),
    ("moderator", "set-order"),
    ("moderator", "add-speaker"),
    ("moderator", "return-speaker"),
    ("moderator", "move-request"),
    ("moderator", "set-stance"),
    ("kenya", "send-chat"),
    ("moderator", "retract-chat"),
    ("moderator", "undo"),
    ("moderator", "mute-chat"),
    ("moderator", "unmute-chat"),
    ("moderator", "close-chat"),
    ("moderator", "open-chat"),
    ("kenya", "tell-moderator"),
    ("moderator", "answer-aside"),
    ("kenya", "withdraw-statement"),
    ("moderator", "read-statement"),
    ("chair", "record-statement"),
    ("moderator", "undo"),
)
MORE: Mapping[str, Mapping[str, Any]] = {
    "remove-request": {"number": 2},
    "announce": {"text": "Welcome"},
    "set-time": {"seconds": 120},
    "ask-hands": {"question": "Shall we break?"},
    "raise-hand": {"number": 1, "choice": 1},
    "lower-hand": {"number": 1},
    "close-hands": {"number": 1},
    "start-captions": {"language": "en"},
    "stop-captions": {"language": "en"},
    "write-caption": {"language": "en", "text": "A line", "of": "interpretation"},
    "correct-caption": {"language": "en", "number": 1, "text": "Corrected"},
    "spell-caption": {"language": "en", "text": "A li"},
    "take-item": {"number": 1},
    "set-order": {"request": "point_of_order", "newest_first": True},
    "add-speaker": {"name": "Room microphone 14"},
    "move-request": {"number": 4},
    "set-stance": {"number": 4, "stance": "against"},
    "send-chat": {"text": "Hello"},
    "tell-moderator": {"text": "I cannot hear"},
    "answer-aside": {"number": 1, "text": "Turn it up"},
    "retract-chat": {"number": 1},
    "mute-chat": {"number": 1},
    "unmute-chat": {"number": 1},
    "withdraw-statement": {"number": 2},
    "read-statement": {"number": 3},
    "record-statement": {"number": 3},
}
WISH = next(each for each in DOORS if each.path.endswith("/wishes"))
MINUTES = next(each for each in DOORS if each.method == "PUT" and "/minutes/" in each.path)
CHANNELS = {
    "may attend": {"room"},
    "may attend, and chose it": {"captions:en"},
    "steers, secretariat, steward": {"console"},
}


async def test_a_wish_is_granted_to_whom_its_rule_names_and_to_nobody_else(
    sqlite_template: Path, tmp_path: Path
) -> None:
    rules = {each.path: RULES[each.rule] for each in WISHES}
    async with staged(sqlite_template, tmp_path, "members' part") as at:
        await hand_in_two(at)
        for by, kind in PLAYED:
            own = kind.startswith("withdraw-") or kind == "lower-hand"
            named = {"kenya"} if own else rules[kind]
            said = {"kind": kind, "id": str(uuid4()), **MORE.get(kind, {})}
            assert (kind, await let_in(at, WISH, at.callers.keys() - named, said)) == (kind, set())
            assert (kind, await let_in(at, WISH, {by}, said)) == (kind, {by})
        assert {kind for _, kind in PLAYED} == rules.keys()
        assert await let_in(at, MINUTES, {"secretariat"}) == {"secretariat"}
        assert await written(at) == {
            each.path: CHANNELS[each.rule] for each in HEARD if each.path in kinds(news.AnyEvent)
        }


async def written(at: Scene) -> dict[str, set[str]]:
    """Every kind of news, and the channels on which it was told."""
    async with at.meeting.house.database.reading() as db:
        found = (await db.exec(select(News.kind, News.channel))).all()
    told: dict[str, set[str]] = {}
    for kind, channel in found:
        told.setdefault(kind, set()).add(channel.split("/")[1])
    return told


async def test_a_channel_is_heard_by_whom_its_rule_names_and_by_nobody_else(
    members_part: Scene,
) -> None:
    second, heard = members_part.ids["second"], dict[str | None, set[str]]()
    for key in EVERYONE - {"owner"}:
        caller = members_part.callers[key]
        heard[key] = set((await caller.say(await caller.ticket(second))).get("channels", ()))
    for rule, channel in CHANNELS.items():
        assert {key for key, told in heard.items() if channel <= told} == RULES[rule]


# Outsiders.

NAME, BODY = "Delegate of the Vermilion Ibis", "Republic of the Ochre Plover"
TOPIC, NOTICE = "Topic of the Indigo Wren", "Notice of the Umber Curlew"
CAPTION = "Caption of the Sable Dunlin"
MESSAGE, ASIDE = "Chat of the Teal Ouzel", "Aside of the Fawn Knot"
STATEMENT = "Draft of the Sable Plover"
PAPERS = {PAPER, TOGETHER}  # documents of the members' part, and what they are taken under
PRIVATE = {ASIDE, STATEMENT}  # for those alone who follow the console, and for nobody over a socket
TOLD_INSIDE = {TITLE, ITEM, NAME, BODY, TOPIC, NOTICE, CAPTION, MESSAGE, ON_RECORD, PAPER}
OUTSIDERS = (None, "newcomer", "stakeholder", "university", "rejected", "withdrawn", "recalled")
# Bodies have names that everyone may know: what is kept is that one of them waits to speak.
DIRECTORY = {each.path for each in DOORS if "entit" in each.path}
Knock: TypeAlias = tuple[Door, Mapping[str, Any] | None]
AROUND: tuple[Knock, ...] = tuple(
    (each, SAID.get(str(each))) for each in DOORS if each.looks or each.when
)
OF_THE_MEETING = tuple((door, said) for door, said in AROUND if door.of_a_meeting)
WISHED: tuple[Knock, ...] = tuple(
    (WISH, {"kind": each.path, "id": "{wish}", **MORE.get(each.path, {})}) for each in WISHES
)


@pytest.mark.timeout(900)
async def test_no_outsider_gets_in_or_hears_anything_by_any_door(
    sqlite_template: Path, tmp_path: Path
) -> None:
    async with (
        staged(sqlite_template, tmp_path, "") as at,
        asyncio.timeout(28 * LATE),  # everybody knocks at every door, three times over
        asyncio.TaskGroup() as held,
        AsyncExitStack() as lines,
    ):
        await with_outsiders(at)
        callers = {key: at.callers[key] for key in OUTSIDERS}
        await go_round(at, callers, OF_THE_MEETING, reads={"recalled"})
        tickets = {key: await each.ticket(at.ids["first"]) for key, each in callers.items()}
        inside = {key for key, ticket in tickets.items() if ticket != "none"}
        assert inside == {"stakeholder", "university", "recalled"}
        for key in inside:
            held.create_task(callers[key].listen(await callers[key].enter(lines)))
        await recall(at)
        kenya = await lines.enter_async_context(at.meeting.attending("kenya", captions=["en"]))
        await lines.enter_async_context(at.meeting.attending("brazil"))
        assert (await close_open_part(at.meeting)).status_code == 200
        await go_round(at, callers, OF_THE_MEETING)
        assert (await callers["stakeholder"].say(tickets["stakeholder"]))["kind"] == "farewell"
        await let_through(at)
        await speak_inside(at)
        await go_round(at, callers, AROUND + WISHED)
        assert (await callers["university"].say(tickets["university"]))["kind"] == "farewell"
        assert (await callers["recalled"].say(tickets["recalled"]))["kind"] == "farewell"
        assert await told_live(kenya) == TOLD_INSIDE - {ITEM, ON_RECORD, PAPER}
        async with at.meeting.attending("kenya", "second", cursors=AHEAD, captions=["en"]) as again:
            assert await told_live(again) == {NAME, BODY, TOPIC, NOTICE, CAPTION, MESSAGE}
        assert await hers(at) == {
            "GET /api/v1/meetings/{slug}": {TITLE, ITEM},
            "GET /meetings/{slug}": {TITLE, ITEM},
            "GET /api/v1/meetings/{slug}/citations": {ITEM},
            "GET /api/v1/meetings/{slug}/documents": {PAPER},
            "GET /meetings/{slug}/documents": {PAPER, ITEM},
            "GET /meetings/{slug}/contribute": {ITEM},
            "GET /meetings/{slug}/agenda": {TITLE, ITEM},
            "GET /api/v1/meetings/{slug}/agenda": {TITLE, ITEM},
            "GET /meetings/{slug}/document-groups": {ITEM, PAPER, TOGETHER},
            "GET /api/v1/meetings/{slug}/document-groups": {PAPER, TOGETHER},
            "GET /api/v1/sittings/{sitting_id}": {TITLE},
            "GET /api/v1/sittings/{sitting_id}/records": {TITLE},
            "GET /sittings/{sitting_id}/records": {TITLE},
            "GET /api/v1/sittings/{sitting_id}/floor": {NAME, BODY, TOPIC, NOTICE, MESSAGE},
            "GET /api/v1/sittings/{sitting_id}/captions/{language}": {CAPTION},
            "GET /api/v1/sittings/{sitting_id}/chat": {NAME, BODY, MESSAGE},
            "GET /api/v1/sittings/{sitting_id}/statements": {ON_RECORD},
            "GET /sittings/{sitting_id}/statements": {ON_RECORD},
            "GET /api/v1/sittings/{sitting_id}/statements/{statement}": {ON_RECORD},
            "GET /room/{sitting_id}": {TITLE},
            "GET /text/{sitting_id}": {TITLE, NAME, BODY, TOPIC, NOTICE},
            "GET /text/{sitting_id}/written": {BODY, MESSAGE},
            "WS /api/v1/live": TOLD_INSIDE - {ITEM, ON_RECORD, PAPER},
        }
    heard = {key: told(b"\n".join(each.heard)) for key, each in callers.items()}
    assert heard == {key: set() for key in OUTSIDERS}
    shown_out = {key for key in inside if b"received 45" in b"\n".join(callers[key].heard)}
    assert shown_out == inside


def told(heard: bytes) -> set[str]:
    """What is told in the members' part only, of all that was heard."""
    return {each for each in TOLD_INSIDE | PRIVATE | PAPERS if each.encode() in heard}


async def told_live(guest: Guest) -> set[str]:
    """The same over a socket, up to the notice and the caption."""
    heard = b""
    while not told(heard) >= {NOTICE, CAPTION}:
        heard += str(await guest.socket.recv()).encode()
    return told(heard)


async def with_outsiders(at: Scene) -> None:
    """People whose claim to represent Kenya does not hold, and a State whose name is a marker."""
    now, world = datetime.now(UTC), at.meeting.world
    async with at.meeting.house.database.writing() as db:
        for key in ("rejected", "withdrawn", "recalled"):
            await add_person(db, world, key, now, entity="kenya")
            found = select(Registration).where(Registration.person_id == world.people[key])
            if key != "recalled":
                (await db.exec(found)).one().state = RegistrationState(key)
        (await load(db, Entity, world.entities["brazil"])).name = BODY
        found = select(Registration).where(Registration.person_id == world.people["brazil"])
        (await db.exec(found)).one().name = NAME
    await at.come(("rejected", "withdrawn", "university"))
    at.callers["recalled"] = await at.program("recalled")


async def recall(at: Scene) -> None:
    """A delegate's token is revoked while its holder is in the room; what was heard was theirs."""
    at.callers["recalled"].heard.clear()
    async with at.meeting.house.database.writing() as db:
        person = await load(db, Person, at.meeting.world.people["recalled"])
        (token,) = await identity.access_tokens(db, person, datetime.now(UTC))
        await identity.revoke_token(db, token.id, person, datetime.now(UTC))


async def go_round(
    at: Scene,
    callers: Mapping[str | None, Caller],
    knocks: Iterable[Knock],
    *,
    reads: AbstractSet[str] = frozenset(),
) -> None:
    """Everyone at every door that shows something or belongs to a sitting, for both sittings.

    Those of ``reads`` are members as yet: they read what they may not enter before it opens.
    """
    for door, said in knocks:
        for sitting in ("first", "second") if door.looks and door.of_a_sitting else ("second",):
            ids = at.ids | {"sitting_id": at.ids[sitting], "wish": str(uuid4())}
            got = await asyncio.gather(*(each.knock(door, ids, said) for each in callers.values()))
            if door.path in DIRECTORY:
                assert set().union(*(told(each.heard.pop()) for each in callers.values())) <= {BODY}
            if sitting == "second" and door.when and not door.rule.startswith("everyone"):
                known = reads if door.rule == "may read" else set()
                let = {key for key, answer in zip(callers, got, strict=True) if answer.let_in}
                assert let == known


async def speak_inside(at: Scene) -> None:
    """A State asks for the floor, writes, hands a statement in; the chair announces something."""
    async with at.meeting.http("brazil") as http:
        said = {"id": str(uuid4()), "text": STATEMENT}
        path = f"/api/v1/sittings/{at.ids['second']}/statements"
        assert (await http.post(path, json=said)).status_code == 201
    for by, kind, more in (
        ("chair", "open-list", {}),
        ("brazil", "request-floor", {"topic": TOPIC}),
        ("chair", "start-captions", {"language": "en"}),
        ("captioner", "write-caption", {"language": "en", "text": CAPTION}),
        ("brazil", "send-chat", {"text": MESSAGE}),
        ("brazil", "tell-moderator", {"text": ASIDE}),
        ("chair", "announce", {"text": NOTICE}),
    ):
        async with at.meeting.http(by) as http:
            path = f"/api/v1/sittings/{at.ids['second']}/wishes"
            got = await http.post(path, json={"kind": kind, "id": str(uuid4()), **more})
            assert got.json()["ok"] is True


async def hers(at: Scene) -> dict[str, set[str]]:
    """What a delegate of Kenya is told at each door, of what is told in the members' part only."""
    kenya, found = at.callers["kenya"], dict[str, set[str]]()
    for door in (each for each in DOORS if each.looks and each.path not in DIRECTORY):
        await kenya.knock(door, at.ids)
        found[str(door)] = told(kenya.last)
    return {door: texts for door, texts in found.items() if texts}
