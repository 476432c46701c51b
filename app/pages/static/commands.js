// @ts-check
/** The command line of the console: a few words in the vocabulary of W3C's Zakim, and our own. */

import { title } from "./people.js";

/**
 * @typedef {import("./floor.js").Floor} Floor
 * @typedef {{kind: string, fields?: object} | {page: "help" | "run"} | {unknown: string}} Meaning
 */

/** Words of the language of the room's staff: not translated, so that they can be learned once. @type {[RegExp, (floor: Floor, found: RegExpMatchArray) => Meaning][]} */
const PHRASES = [
  [/^(?:next|ack next)$/, () => ({ kind: "give-floor" })],
  [/^(?:give|ack)(?: to)? (.+)$/, (floor, [, whom]) => about(floor, whom, "give-floor")],
  [/^(?:remove|q-) (.+)$/, (floor, [, whom]) => about(floor, whom, "remove-request")],
  [/^open (?:list|queue)$/, () => ({ kind: "open-list" })],
  [/^close (?:list|queue)$/, () => ({ kind: "close-list" })],
  [/^time (\d{1,2})(?::(\d\d)| ?(m|s))?$/, (_floor, [text, number, seconds, unit]) => time(text, number, seconds, unit)],
  [/^(?:item|agenda|topic) (\d{1,3})$/, (_floor, [, number]) => ({ kind: "take-item", fields: { number: Number(number) } })],
  [/^(?:no item|item none)$/, () => ({ kind: "take-item", fields: { number: null } })],
  [/^(?:start|pause|resume)$/, () => ({ page: "run" })],
  [/^end$/, () => ({ kind: "end-speech" })],
  [/^undo$/, () => ({ kind: "undo" })],
  [/^(?:announce|say) (.+)$/i, (_floor, [, text]) => ({ kind: "announce", fields: { text } })],
  [/^(?:help|\?)$/, () => ({ page: "help" })],
];

/** What a line asks for. @param {string} line @param {Floor} floor @returns {Meaning} */
export function meaning(line, floor) {
  const text = line.trim().replace(/\s+/g, " ");
  const announces = /^(?:announce|say) /i.test(text);
  for (const [phrase, means] of PHRASES) {
    const found = (announces ? text : text.toLowerCase()).match(phrase);
    if (found) return means(floor, found);
  }
  return { unknown: text };
}

/** What a speech may take: 3, 3m, 2:30 or 90s. @param {string} text @param {string} number @param {string} [seconds] @param {string} [unit] @returns {Meaning} */
function time(text, number, seconds = "0", unit = "m") {
  const whole = Number(number) * (unit === "s" ? 1 : 60) + Number(seconds);
  return whole >= 10 && whole <= 3600 ? { kind: "set-time", fields: { seconds: whole } } : { unknown: text };
}

/** A row by its place in the list, or by the beginning of a name. @param {Floor} floor @param {string} whom @param {string} kind @returns {Meaning} */
function about({ waiting }, whom, kind) {
  const place = /^\d+$/.test(whom) ? Number(whom) : 0;
  const named = waiting.filter(({ speaker }) => [title(speaker), speaker.name].some((name) => name.toLowerCase().startsWith(whom)));
  const request = place ? waiting[place - 1] : named.length === 1 ? named[0] : undefined;
  return request ? { kind, fields: { number: request.number } } : { unknown: whom };
}
