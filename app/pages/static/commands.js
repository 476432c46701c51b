// @ts-check
/** The command line of the console: a few words in the vocabulary of W3C's Zakim, and our own. */

import { listed } from "./floor.js";
import { _ } from "./i18n.js";
import { title } from "./people.js";

/**
 * @typedef {import("./floor.js").Floor} Floor
 * @typedef {{whom: string, guest: boolean, request: string, topic: string, item: number | null, stance: string | null}} Adding
 * @typedef {{kind: string, fields?: object} | {page: "help" | "run"} | Adding | {unknown: string}} Meaning
 */

/** Words of the language of the room's staff: not translated, so that they can be learned once. @type {[RegExp, (floor: Floor, found: RegExpMatchArray) => Meaning][]} */
const PHRASES = [
  [/^(?:next|ack next)$/i, () => ({ kind: "give-floor" })],
  [/^(?:give|ack)(?: to)? (.+)$/i, (floor, [, whom]) => about(floor, whom, "give-floor")],
  [/^(?:remove|q-) (.+)$/i, (floor, [, whom]) => about(floor, whom, "remove-request")],
  [/^qq\+ (.+)$/i, (_floor, [, whom]) => adding(whom, "point_of_order")],
  [/^(?:q\+|add)(?: (for|against))? (.+)$/i, (_floor, [, stance, whom]) => adding(whom, "intervention", stance)],
  [/^(for|against|no side)(?: for)? (.+)$/i, (floor, [, side, whom]) => siding(floor, side.toLowerCase(), whom)],
  [/^reply (.+)$/i, (_floor, [, whom]) => adding(whom, "right_of_reply")],
  [/^motion (.+)$/i, (_floor, [, whom]) => adding(whom, "motion")],
  [/^mic(?:rophone)? (\d{1,4})(?: (for|against))?(?: on (.+))?$/i, (_floor, [, num, stance, topic]) => ({ ...adding(topic ? `x on ${topic}` : "x", "intervention", stance), whom: _("Room microphone %(num)s", { num }), guest: true })],
  [/^move (.+?) (up|down|top|end|before (.+))$/i, (floor, [, whom, where, other]) => moving(floor, whom, where.toLowerCase(), other)],
  [/^last word(?: to)? (.+)$/i, (floor, [, whom]) => moving(floor, whom, "end")],
  [/^back$/i, () => ({ kind: "return-speaker" })],
  [/^points (newest|oldest)(?: first)?$/i, (_floor, [, which]) => ({ kind: "set-order", fields: { request: "point_of_order", newest_first: which.toLowerCase() === "newest" } })],
  [/^open (?:list|queue)$/i, () => ({ kind: "open-list" })],
  [/^close (?:list|queue)$/i, () => ({ kind: "close-list" })],
  [/^time (\d{1,2})(?::(\d\d)| ?(m|s))?$/i, (_floor, [text, number, seconds, unit]) => time(text, number, seconds, unit?.toLowerCase())],
  [/^time (?:none|off) (?:per|a) (person|body|entity)$/i, (_floor, [, per]) => ({ kind: "set-time", fields: { seconds: null, per: whose(per) } })],
  [/^time (\d{1,3})(?::(\d\d)| ?(m|s))? (?:per|a) (person|body|entity)$/i, (_floor, [text, number, seconds, unit, per]) => time(text, number, seconds, unit?.toLowerCase(), whose(per))],
  [/^(?:item|agenda|topic) (\d{1,3})$/i, (_floor, [, number]) => ({ kind: "take-item", fields: { number: Number(number) } })],
  [/^(?:no item|item none)$/i, () => ({ kind: "take-item", fields: { number: null } })],
  [/^close chat$/, () => ({ kind: "close-chat" })],
  [/^open chat$/, () => ({ kind: "open-chat" })],
  [/^(?:start|pause|resume)$/i, () => ({ page: "run" })],
  [/^end$/i, () => ({ kind: "end-speech" })],
  [/^(?:hands|show of hands) (.+)$/i, (_floor, [, question]) => ({ kind: "ask-hands", fields: { question } })],
  [/^close hands$/i, ({ hands }) => ({ kind: "close-hands", fields: { number: hands?.number ?? 1 } })],
  [/^captions (on|off|start|stop) ([a-z]{2})$/i, (_floor, [, what, language]) => ({ kind: /^(?:on|start)$/i.test(what) ? "start-captions" : "stop-captions", fields: { language: language.toLowerCase() } })],
  [/^undo$/i, () => ({ kind: "undo" })],
  [/^(?:announce|say) (.+)$/i, (_floor, [, text]) => ({ kind: "announce", fields: { text } })],
  [/^(?:help|\?)$/i, () => ({ page: "help" })],
];

/** How each begins, for completion: what takes somebody who waits, somebody who is registered, or nothing. */
export const VERBS = {
  waiting: ["give", "remove", "q-", "move", "last word", "for", "against", "no side"],
  registered: ["q+ for", "q+ against", "q+", "qq+", "reply", "motion"],
  others: ["next", "mic", "back", "open list", "close list", "time", "item", "no item", "points newest first", "points oldest first", "start", "pause", "end", "undo", "announce", "hands", "close hands", "captions on", "captions off", "help"],
};

/** What a line asks for. @param {string} line @param {Floor} floor @returns {Meaning} */
export function meaning(line, floor) {
  const text = line.trim().replace(/\s+/g, " ");
  for (const [phrase, means] of PHRASES) {
    const found = text.match(phrase);
    if (found) return means(floor, found);
  }
  return { unknown: text };
}

/** What a speech, a person or a body may take: 3, 3m, 2:30 or 90s. @param {string} text @param {string} number @param {string} [seconds] @param {string} [unit] @param {string} [per] @returns {Meaning} */
function time(text, number, seconds = "0", unit = "m", per = "speech") {
  const whole = Number(number) * (unit === "s" ? 1 : 60) + Number(seconds);
  const most = per === "speech" ? 3600 : 36000;
  const fields = per === "speech" ? { seconds: whole } : { seconds: whole, per };
  return whole >= 10 && whole <= most ? { kind: "set-time", fields } : { unknown: text };
}

/** @param {string} per */
function whose(per) {
  return per.toLowerCase() === "person" ? "person" : "body";
}

/** Somebody, and perhaps on what: an item of the agenda, or a topic. A name in quotes is of someone without an account. @param {string} said @param {string} request @param {string} [stance] @returns {Adding} */
function adding(said, request, stance) {
  const [, name, on = ""] = /** @type {RegExpMatchArray} */ (said.match(/^(.+?)(?: on (.+))?$/i));
  const item = on.match(/^item (\d{1,3})(?:[ :,]+(.*))?$/i);
  const quoted = name.match(/^["“„«'](.+)["”“»']$/);
  return { whom: (quoted ? quoted[1] : name).trim(), guest: Boolean(quoted), request, topic: item ? item[2] ?? "" : on, item: item ? Number(item[1]) : null, stance: stance?.toLowerCase() ?? null };
}

/** @param {Floor} floor @param {string} whom @param {string} where @param {string} [other] @returns {Meaning} */
function moving(floor, whom, where, other = "") {
  const waiting = listed(floor);
  const request = one(floor, whom);
  if (!request) return { unknown: whom };
  const from = waiting.indexOf(request);
  const before = { up: waiting[from - 1] ?? request, down: waiting[from + 2], top: waiting[0], end: undefined }[where] ?? (where.startsWith("before") ? one(floor, other) : null);
  if (before === undefined) return { unknown: other };
  return { kind: "move-request", fields: { number: request.number, before: before?.number ?? null } };
}

/** On which side somebody is who waits, or, by a name, speaks. @param {Floor} floor @param {string} side @param {string} whom @returns {Meaning} */
function siding(floor, side, whom) {
  const speaks = floor.speaking?.request;
  const request = one(floor, whom) ?? (speaks && title(speaks.speaker).toLowerCase().startsWith(whom.toLowerCase()) ? speaks : undefined);
  if (!request) return { unknown: whom };
  return { kind: "set-stance", fields: { number: request.number, stance: side === "no side" ? null : side } };
}

/** @param {Floor} floor @param {string} whom @param {string} kind @returns {Meaning} */
function about(floor, whom, kind) {
  const request = one(floor, whom);
  return request ? { kind, fields: { number: request.number } } : { unknown: whom };
}

/** A row by its place in the list, or by the beginning of a name. @param {Floor} floor @param {string} whom */
function one(floor, whom) {
  const waiting = listed(floor);
  const said = whom.toLowerCase();
  const place = /^\d+$/.test(said) ? Number(said) : 0;
  const named = waiting.filter(({ speaker }) => [title(speaker), speaker.name].some((name) => name.toLowerCase().startsWith(said)));
  return place ? waiting[place - 1] : named.length === 1 ? named[0] : undefined;
}
