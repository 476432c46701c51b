// @ts-check
/** What happened, in one sentence: for the live region, for "while you were away", for the last line. */

import { named as called } from "./caption_lines.js";
import { tally } from "./hands.js";
import { listed } from "./floor.js";
import { _ } from "./i18n.js";
import { title, word } from "./people.js";
import { speaker as speakerOf } from "./speaker.js";
import { length } from "./time.js";

/** @typedef {import("./floor.js").Floor} Floor */

/**
 * @param {{kind: string, body: any}} event @param {Floor} before @param {Floor} after
 * @returns {string}
 */
export function sentence({ kind, body }, before, after) {
  const who = () => named(before, body.number);
  const speaker = () => (before.speaking ? title(before.speaking.request.speaker) : "");
  switch (kind) {
    case "sitting-opened":
      return _("The sitting is open.");
    case "sitting-closing":
      return _("The sitting is closing. The list of speakers is kept as it is.");
    case "sitting-closed":
      return _("The sitting is closed.");
    case "list-opened":
      return _("The list of speakers is open.");
    case "list-closed":
      return _("The list of speakers is closed.");
    case "time-set":
      return (body.seconds ? LIMITS : LIFTED)[body.per ?? "speech"](length(body.seconds ?? 0));
    case "item-taken":
      return body.item ? _("Item %(number)s is in hand: %(title)s", body.item) : _("No item is in hand.");
    case "floor-requested":
      return ASKING[body.stance ?? body.request ?? "intervention"](title(speakerOf(body.speaker)));
    case "order-set":
      return body.newest_first ? _("%(kind)s: the newest goes first now.", { kind: kindOf(body.request) }) : _("%(kind)s: the oldest goes first now.", { kind: kindOf(body.request) });
    case "stance-set":
      return SIDES[body.stance ?? "none"](sided(after, body.number));
    case "request-moved":
      return moved(after, body.number, who());
    case "request-returned":
      return _("%(who)s is back on the list.", { who: named(after, body.number) });
    case "request-withdrawn":
      return _("%(who)s has withdrawn.", { who: who() });
    case "request-removed":
      return _("The chair has taken %(who)s off the list.", { who: who() });
    case "floor-given":
      return _("%(who)s has the floor.", { who: given(after) });
    case "speech-started":
      return _("%(who)s speaks.", { who: speaker() });
    case "speech-paused":
      return _("%(who)s: the clock is stopped.", { who: speaker() });
    case "speech-resumed":
      return _("%(who)s: the clock runs again.", { who: speaker() });
    case "speech-ended":
      return _("%(who)s has finished.", { who: speaker() });
    case "speech-restored":
      return after.speaking
        ? _("%(who)s has the floor again.", { who: given(after) })
        : _("Taken back: nobody has the floor.");
    case "announced":
      return _("The chair announces: %(text)s", { text: body.notice.text });
    case "announcement-retracted":
      return _("The chair takes an announcement back.");
    case "hands-asked":
      return _("The chair asks for a show of hands, which is no vote and decides nothing: %(question)s", { question: body.show.question });
    case "hands-closed":
      return _("Hands counted: %(counts)s. This is no vote.", { counts: after.hands?.counts ? tally(after.hands, after.hands.counts) : "" });
    case "hands-restored":
      return body.show && body.show.number === before.hands?.number ? _("The show of hands goes on.") : _("The question was taken back: no hands are counted.");
    case "captions-started":
      return _("Captions have started: %(language)s.", { language: called(body.language) });
    case "captions-stopped":
      return _("Captions have stopped: %(language)s.", { language: called(body.language) });
    case "chat-said":
      return body.text === null ? "" : _("%(who)s writes: %(text)s", { who: title(speakerOf(body.speaker)), text: body.text });
    case "chat-retracted":
      return _("The moderator has removed a message.");
    case "chat-restored":
      return putBack(after, body.number);
    case "chat-closed":
      return _("Chat is paused.");
    case "chat-opened":
      return _("Chat is open again.");
    case "statement-recorded":
      return _("A written statement is on record: %(who)s.", { who: title(speakerOf(body.speaker)) });
    case "statement-unrecorded":
      return _("A written statement is not on record after all.");
    default:
      return "";
  }
}

/** @type {Record<string, (time: string) => string>} */
const LIMITS = {
  speech: (time) => _("Each speech may take %(time)s.", { time }),
  person: (time) => _("All speeches of one person together may take %(time)s.", { time }),
  body: (time) => _("All speeches for one body together may take %(time)s.", { time }),
};

/** @type {Record<string, () => string>} */
const LIFTED = {
  person: () => _("The time of one person is not limited any more."),
  body: () => _("The time of one body is not limited any more."),
};

/** @type {Record<string, (who: string) => string>} */
const ASKING = {
  point_of_order: (who) => _("%(who)s raises a point of order.", { who }),
  motion: (who) => _("%(who)s moves a motion.", { who }),
  intervention: (who) => _("%(who)s asks for the floor.", { who }),
  for: (who) => _("%(who)s asks for the floor, to speak for it.", { who }),
  against: (who) => _("%(who)s asks for the floor, to speak against it.", { who }),
  right_of_reply: (who) => _("%(who)s asks for a right of reply.", { who }),
};

/** @type {Record<string, (who: string) => string>} */
const SIDES = {
  for: (who) => _("%(who)s is listed as for.", { who }),
  against: (who) => _("%(who)s is listed as against.", { who }),
  none: (who) => _("%(who)s is listed as neither for nor against.", { who }),
};

/** @type {Record<string, () => string>} */
const KINDS = {
  point_of_order: () => _("Point of order"),
  motion: () => _("Motion"),
  intervention: () => _("Intervention"),
  right_of_reply: () => _("Right of reply"),
};

/** What a kind of request is called. @param {string} kind */
export function kindOf(kind) {
  return KINDS[kind]?.() ?? kind;
}

/** Whether chat tells it in its own way, so that a lively room drowns nothing else. @param {string} kind */
export function isChat(kind) {
  return ["chat-said", "chat-retracted", "chat-restored"].includes(kind);
}

/** The place that people see: in the list of the item in hand, not among all that wait. @param {Floor} after @param {number} number @param {string} who */
function moved(after, number, who) {
  const place = listed(after).findIndex((request) => request.number === number) + 1;
  return place ? _("The chair has moved %(who)s: place %(place)s.", { who, place }) : _("The chair has moved %(who)s in the list of another item.", { who });
}

/** Whoever waits or speaks with that number. @param {Floor} floor @param {number} number */
function sided(floor, number) {
  const speaks = floor.speaking?.request;
  return speaks?.number === number ? title(speaks.speaker) : named(floor, number);
}

/** @param {Floor} floor @param {number} number */
function named(floor, number) {
  const request = floor.waiting.find((waits) => waits.number === number);
  return request ? title(request.speaker) : _("Somebody");
}

/** @param {Floor} floor @param {number} number */
function putBack({ chat }, number) {
  const message = chat.messages.find((each) => each.number === number);
  if (!message) return _("The moderator has put a message back.");
  return _("The moderator has put a message back. %(who)s: %(text)s", { who: title(message.speaker), text: message.text });
}

/** @param {Floor} floor */
function given({ speaking }) {
  if (!speaking) return "";
  const { speaker } = speaking.request;
  return `${title(speaker)} (${word("category", speaker.category)})`;
}

/** A place in words: 1st, 2nd, 3rd. @param {number} place */
export function ordinal(place) {
  const values = { place };
  switch (new Intl.PluralRules(document.documentElement.lang.split("-")[0], { type: "ordinal" }).select(place)) {
    case "one":
      return _("%(place)sst", values);
    case "two":
      return _("%(place)snd", values);
    case "few":
      return _("%(place)srd", values);
    default:
      return _("%(place)sth", values);
  }
}
