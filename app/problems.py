"""How a refusal leaves the house: problem+json for programs (RFC 9457), a page for people."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from enum import StrEnum
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse, Response
from sqlalchemy.exc import IntegrityError
from starlette.exceptions import HTTPException

from app import errors
from app.depends import house_of, maybe_me, whom, words_of
from app.explain import explain, refusal
from app.i18n import words
from app.pages.look import render
from app.pages.reader import reader
from app.policy.decision import Denied
from app.policy.refusal import No
from app.protocol.messages import Explanation
from app.reasons import CATALOGUE, Translate, said

log = structlog.get_logger()

TITLES: Mapping[int, str] = {
    400: words("This request cannot be understood."),
    401: words("Please sign in first."),
    403: words("This is not open to you."),
    404: words("There is nothing here that you may see."),
    405: words("This cannot be done here."),
    409: words("This has changed meanwhile."),
    412: words("This has changed since you looked at it."),
    413: words("This is too large."),
    422: words("Something needs to be corrected."),
    428: words("Say in If-Match which edition you have seen."),
    429: words("This was asked too often."),
    500: words("Something went wrong on our side."),
}
OTHER = words("This did not work.")


def install(app: FastAPI) -> None:
    """Have every refusal answered in one way, whatever door it leaves by."""
    app.add_exception_handler(errors.Refusal, _refusal)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _malformed)
    app.add_exception_handler(IntegrityError, _integrity)
    app.add_exception_handler(Exception, _bug)


async def _refusal(request: Request, refused: Exception) -> Response:
    match refused:
        case errors.NotSignedIn():
            return _sign_in(request)
        case errors.NotFound():
            return _answer(request, 404, "not-found")
        case errors.Foreign():
            return _answer(request, 403, "foreign-request", detail=_say(request, FOREIGN))
        case errors.Refused(decision=decision):
            return _refused(request, decision)
        case errors.Answered(status=status, content=content, tag=tag):
            headers = {"Idempotency-Replayed": "true"} | ({"ETag": tag} if tag else {})
            return Response(content, status, headers, "application/json")
        case errors.Stale(reason=reason):
            return _answer(request, 412, reason, detail=_said_or_empty(request, reason))
        case errors.Conflict(reason=reason, facts=facts):
            detail = _said_or_empty(request, reason)
            return _answer(
                request, 409, reason, detail=detail % facts if "%(" in detail else detail
            )
        case errors.Malformed(faults=faults):
            return _answer(request, 422, "malformed", faults=_spoken(request, faults))
        case errors.TooMany(retry_after=after):
            return _answer(request, 429, "too-many", headers={"Retry-After": str(after)})
        case _:
            raise refused


FOREIGN = words("The request came from another site, or the page was too old. Nothing was done.")


def _sign_in(request: Request) -> Response:
    if _for_program(request):
        return _answer(request, 401, "not-signed-in", headers={"WWW-Authenticate": "Bearer"})
    onward = request.url.path if request.method == "GET" else "/"
    return RedirectResponse(f"/sign-in?onward={quote(onward)}", HTTPStatus.SEE_OTHER)


def _refused(request: Request, decision: object) -> Response:
    say = words_of(request)
    match decision:
        case Denied():
            why = explain(decision, say)
            return _answer(
                request, 403, decision.reason, detail=why.sentence, why=why, decision=decision
            )
        case No(reason=reason):
            why = refusal(reason, say)
            return _answer(request, 403, reason, detail=why.sentence, why=why)
        case _:
            return _answer(request, 403, str(decision))


KINDS: Mapping[int, str] = {404: "not-found", 405: "method-not-allowed", 413: "too-large"}


async def _http(request: Request, fault: Exception) -> Response:
    if not isinstance(fault, HTTPException):
        raise fault
    if not _for_program(request):
        await _recognize(request)
    kind = KINDS.get(fault.status_code, "http")
    return _answer(request, fault.status_code, kind, headers=fault.headers)


async def _recognize(request: Request) -> None:
    """Where there is no door nobody has asked who it is; the page has their name all the same."""
    at = house_of(request)
    with suppress(errors.NotSignedIn, errors.Refused):
        me, seen_as = await maybe_me(request), await whom(request)
        await reader(request, at, me, seen_as, datetime.now(UTC))


async def _malformed(request: Request, fault: Exception) -> Response:
    if not isinstance(fault, RequestValidationError):
        raise fault
    faults = {".".join(str(at) for at in each["loc"]): str(each["msg"]) for each in fault.errors()}
    return _answer(request, 422, "malformed", faults=faults)


async def _integrity(request: Request, fault: Exception) -> Response:
    """Two did the same at once, and the database let one through."""
    log.info("integrity", fault=str(fault))
    return _answer(request, 409, "changed-meanwhile")


async def _bug(request: Request, fault: Exception) -> Response:
    log.error("bug", path=request.url.path, exc_info=fault)
    return _answer(request, 500, "bug")


def _answer(
    request: Request,
    status: int,
    kind: str,
    *,
    detail: str = "",
    why: Explanation | None = None,
    decision: Denied | None = None,
    faults: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    title = _say(request, TITLES.get(status, OTHER))
    if not _for_program(request):
        return render(
            request,
            "error.html",
            status,
            headers,
            status=status,
            title=title,
            detail=detail,
            decision=decision,
            faults=faults or {},
        )
    problem: dict[str, Any] = {"type": f"urn:cwg:{kind}", "title": title, "status": status}
    problem |= {"detail": detail} if detail else {}
    problem |= {"decision": why.model_dump(mode="json")} if why else {}
    problem |= {"faults": dict(faults)} if faults else {}
    return JSONResponse(
        problem,
        status,
        headers=headers,
        media_type="application/problem+json",
    )


def _for_program(request: Request) -> bool:
    return request.url.path.startswith(("/api/", "/health/"))


def _say(request: Request, message: str) -> str:
    return words_of(request)(message)


def _said_or_empty(request: Request, reason: str) -> str:
    sentence = CONFLICTS.get(reason)
    return _in_words(request, reason) or (_say(request, sentence) if sentence else "")


def _spoken(request: Request, faults: Mapping[str, str]) -> dict[str, str]:
    say: Translate = words_of(request)
    return {field: _in_words(request, fault) or say(fault) for field, fault in faults.items()}


def _in_words(request: Request, value: str) -> str:
    """What a value of a vocabulary says; nothing for what is no such value."""
    if isinstance(value, StrEnum) and (type(value), value.value) in CATALOGUE:
        return said(value, words_of(request))
    return ""


CONFLICTS: Mapping[str, str] = {
    "changed-meanwhile": words("Somebody else was faster. Look at it again, then decide."),
}
