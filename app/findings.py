"""What a check of a receipt has found, and what happened to an input, in sentences."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

from app.i18n import words
from app.policy.receipt import Check, Finding, Happened, Step

Translate = Callable[[str], str]

HOLDS: Final[Mapping[Check, str]] = {
    Check.FORM: words("The file can be read."),
    Check.KEY: words("It is signed with the key %(key)s."),
    Check.SIGNATURE: words(
        "The head of the log was not altered since it was signed: %(size)s entries, at %(at)s."
    ),
    Check.ENTRY: words(
        "What it says is what was entered in the log: input %(number)s to the consultation"
        " %(consultation)s, version %(version)s, received at %(received_at)s, SHA-256 of the text"
        " %(digest)s."
    ),
    Check.PLACE: words("It is entry %(index)s of the %(size)s that the log had under that head."),
    Check.HELD: words(
        "The log with %(second)s entries begins with all %(first)s that the other head has:"
        " nothing was removed or changed between the two."
    ),
    Check.HELD_NEEDS_PROOF: words("The two heads were compared."),
    Check.TEXT: words("The text is the one that was received, to the last character."),
    Check.TEXT_PART: words("The part %(part)s is as it was received."),
    Check.KNOWN: words("The log of this service has it in that place."),
    Check.LENGTH: words("The log has at least as many entries as that head."),
    Check.LOG: words("The log as it is kept today begins with exactly the %(size)s of that head."),
    Check.NEWEST: words(
        "The newest head, with %(size)s entries, is signed and is of the log as it is kept today."
    ),
    Check.ROW: words("What is kept about it is what was entered."),
    Check.STORED: words(
        "The text that is kept as version %(version)s of input %(number)s is the one that was"
        " received, to the last character."
    ),
    Check.STORED_PART: words("The part %(part)s is kept as it was received."),
    Check.ERASED: words("The text was erased since; the place in the log stays, and proves it."),
    Check.PUBLISHED: words(
        "The text is what this service has published as version %(version)s of input %(number)s to"
        " the consultation %(consultation)s, to the last character."
    ),
    Check.PUBLISHED_PART: words("The part %(part)s is as it is published."),
}
FAILS: Final[Mapping[Check, str]] = {
    Check.FORM: words("It is neither a receipt nor a head of the log, nor a text as published."),
    Check.KEY: words(
        "It is signed with another key, %(key)s instead of %(expected)s: it is of another service,"
        " or forged. Do not trust it."
    ),
    Check.SIGNATURE: words("The head of the log was altered after it was signed. Do not trust it."),
    Check.ENTRY: words(
        "What it says is not what was entered in the log: it was altered since. Do not trust it."
    ),
    Check.PLACE: words(
        "The log that was signed does not hold this entry as number %(index)s of %(size)s: the"
        " receipt is forged, or the log was altered. Do not trust it."
    ),
    Check.HELD: words(
        "The log with %(second)s entries does not begin with the %(first)s of the other head:"
        " entries were removed or changed. Keep both files: together they prove it."
    ),
    Check.HELD_NEEDS_PROOF: words(
        "The heads have %(first)s and %(second)s entries: to compare them, the proof of consistency"
        " between the two is needed."
    ),
    Check.TEXT: words("The text is not the one that was received."),
    Check.TEXT_PART: words(
        "The part %(part)s differs: %(was)s bytes were received, %(now)s bytes are in the text."
    ),
    Check.KNOWN: words(
        "The log of this service has another entry as number %(index)s: the log was altered, or the"
        " receipt is of another one."
    ),
    Check.LENGTH: words(
        "The log of this service has %(has)s entries, and that head has %(size)s: entries are"
        " missing. Keep the file: it proves it."
    ),
    Check.LOG: words(
        "The log as it is kept today does not begin with the %(size)s entries of that head: entries"
        " were changed. Keep the file: it proves it."
    ),
    Check.NEWEST: words(
        "The newest head, with %(size)s entries, is not of the log as it is kept today, or not"
        " signed by this service: the log was altered."
    ),
    Check.ROW: words(
        "What is kept about it was altered since it was entered. It differs in: %(fields)s."
    ),
    Check.STORED: words(
        "The text that is kept as version %(version)s of input %(number)s is not the one that was"
        " received: it was altered since."
    ),
    Check.STORED_PART: words(
        "The part %(part)s was altered: %(was)s bytes were received, %(now)s bytes are kept."
    ),
    Check.ERASED: words("The text was erased since."),
    Check.PUBLISHED: words("This service has published no input with this text."),
    Check.PUBLISHED_PART: words(
        "The part %(part)s differs from what is published as input %(number)s: %(was)s bytes are"
        " published, %(now)s bytes are in the text."
    ),
}
HAPPENED: Final[Mapping[Happened, str]] = {
    Happened.RECEIVED: words("Received as input %(number)s"),
    Happened.CARRIED: words(
        "It came after the close of %(from)s, and was carried to %(to)s, the next consultation"
    ),
    Happened.REVISED: words("Revised: version %(version)s was received"),
    Happened.PUBLISHED: words("Published"),
    Happened.NOT_PUBLISHED: words(
        "Counted, and said to be there; its text is not published, as its author asked"
    ),
    Happened.WITHDRAWN: words("Withdrawn"),
    Happened.PRESENTED: words("Presented face to face, at the meeting of the consultation"),
    Happened.NOT_COME: words(
        "Called at the meeting of the consultation; nobody was there to present it"
    ),
    Happened.SUMMARIZED: words("Cited in paragraph %(number)s of the brief summary"),
    Happened.CONSIDERED: words("Considered under item %(item)s of the agenda"),
    Happened.CONSIDERED_ELSEWHERE: words(
        "Considered under an item of a part of the meeting that is not open to everybody"
    ),
    Happened.REFLECTED: words("Reflected in %(paragraph)s"),
    Happened.PARTLY: words("Reflected in part in %(paragraph)s"),
    Happened.NOTED: words("Noted"),
    Happened.NOT_TAKEN_UP: words("Not taken up"),
}
BECAUSE: Final = words("%(what)s. The reason that was given: %(why)s")
PLANNED: Final[Mapping[Happened, str]] = {
    Happened.PUBLISHED: words("To be published, with all others, when the consultation has closed"),
}
PARTS: Final[Mapping[str, str]] = {
    "consultation": words("“consultation”"),
    "language": words("“language”"),
    "summary": words("“summary”"),
    "answers": words("“answer to question %(number)s”"),
    "free": words("“further remarks”"),
    "attachments": words("“attachment %(number)s”"),
}
ALL_WELL: Final = words("Genuine: everything that could be checked holds.")
NOT_WELL: Final = words("Something does not hold. Read what, below.")
_HIDDEN: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")


def sentence(found: Finding, gettext: Translate) -> str:
    """What was found; what a file says of itself can turn no line and no direction."""
    messages = HOLDS if found.holds else FAILS
    facts = {name: _plain(str(value)) for name, value in found.facts.items()}
    if "part" in facts:
        facts["part"] = part(facts["part"], gettext)
    return gettext(messages[found.check]) % facts


def _plain(said: str) -> str:
    return _HIDDEN.sub("\N{REPLACEMENT CHARACTER}", said)


def part(name: str, gettext: Translate) -> str:
    """What a part of a text is called; one that has no word is legible as it is."""
    kind, _, number = name.partition("/")
    if kind not in PARTS:
        return f"“{name}”"
    return gettext(PARTS[kind]) % {"number": number}


def step(of: Step, now: datetime, gettext: Translate) -> str:
    """What happened, or will."""
    message = HAPPENED[of.what] if of.at <= now else PLANNED.get(of.what, HAPPENED[of.what])
    told = gettext(message) % of.facts
    why = of.facts.get("why")
    return gettext(BECAUSE) % {"what": told, "why": why} if why else told
