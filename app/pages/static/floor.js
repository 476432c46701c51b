// @ts-check
/**
 * The floor as a client keeps it: a snapshot, and every event after it. The twin of
 * `app/policy/floor.py`; both pass the same vectors.
 */

import { WRITTEN } from "./messages.js";
import { speaker } from "./speaker.js";

/**
 * @typedef {{name: string, entity: string, capacity: string, category: string, remote: boolean}} Speaker
 * @typedef {{number: number, request: string, speaker: Speaker, asked_at: string, topic: string, item: number | null, stance: string | null}} Request
 * @typedef {{request: Request, given_at: string, started_at: string | null, running_since: string | null, spoken_before: number, by_person: number, by_body: number}} Speech
 * @typedef {{number: number, text: string, at: string}} Notice
 * @typedef {{number: number, title: string}} Item
 * @typedef {{state: string, list_open: boolean, seconds_each: number, seconds_person: number | null, seconds_body: number | null, waiting: Request[], speaking: Speech | null, notices: Notice[], item: Item | null, newest_first: string[], captions: string[], chat: import("./messages.js").Chat, statements: import("./messages.js").OnRecord[], hands: import("./hands.js").Show | null, kept: Kept}} Floor
 * @typedef {{requests: Request[], speeches: Speech[]}} Kept  what an undo may bring back
 * @typedef {{kind: string, body: any, at: string}} Event
 */

/** Raised whatever item is in hand, and put in from the top. */
export const PROCEDURAL = ["point_of_order", "motion"];

/** An event that this page does not know, or that does not fit: the picture must be fetched anew. */
export class Unreadable extends Error {}

/** @type {Record<string, "seconds_each" | "seconds_person" | "seconds_body">} */
const LIMITS = { speech: "seconds_each", person: "seconds_person", body: "seconds_body" };

/** What an event leaves out where it is so. */
const CLOCK = { started_at: null, running_since: null, spoken_before: 0 };

const MOST_KEPT = 20;

/** The rows of a table of hands, in this order. */
const ROWS = ["service", "member_state", "sector_member", "associate", "academia", "res_99", "un_organization", "intergovernmental_organization", "stakeholder", "public"];

/** @type {Record<string, (floor: Floor, body: any, at: string) => Floor>} */
const CHANGES = {
  ...WRITTEN,
  "sitting-opened": (floor) => ({ ...floor, state: "open" }),
  "sitting-closing": (floor) => ({ ...floor, state: "closing" }),
  "sitting-closed": (floor) => ({ ...floor, state: "closed", list_open: false, captions: [], kept: { requests: [], speeches: [] } }),
  "list-opened": (floor) => ({ ...floor, list_open: true }),
  "list-closed": (floor) => ({ ...floor, list_open: false }),
  "time-set": (floor, { seconds, per = "speech" }) => ({ ...floor, [LIMITS[per]]: seconds }),
  "item-taken": (floor, { item }) => ({ ...floor, item }),
  "order-set": (floor, { request, newest_first }) => {
    const others = floor.newest_first.filter((kind) => kind !== request);
    return { ...floor, newest_first: newest_first ? [...others, request] : others };
  },
  "floor-requested": (floor, body, at) => ({ ...floor, waiting: put(floor.waiting, asked(body, at), body.place ?? floor.waiting.length) }),
  "request-returned": returned,
  "request-moved": (floor, { number, place }) => ({ ...floor, waiting: put(without(floor.waiting, number), numbered(floor.waiting, number), place) }),
  "stance-set": sided,
  "request-withdrawn": (floor, { number }) => ({ ...floor, waiting: without(floor.waiting, number) }),
  "request-removed": removed,
  "floor-given": given,
  "speech-started": (floor, body, at) => speech(floor, { started_at: body.at ?? at, running_since: body.at ?? at }),
  "speech-paused": (floor, { spoken }) => speech(floor, { running_since: null, spoken_before: spoken }),
  "speech-resumed": (floor, body, at) => speech(floor, { running_since: body.at ?? at }),
  "speech-ended": ended,
  "speech-restored": restored,
  announced: (floor, { notice }) => ({ ...floor, notices: [...floor.notices, notice] }),
  "announcement-retracted": (floor, { number }) => ({ ...floor, notices: without(floor.notices, number) }),
  "hands-asked": (floor, { show }) => ({ ...floor, hands: { counts: null, ...show } }),
  "hands-closed": (floor, { table = [] }) => ({ ...floor, hands: floor.hands && { ...floor.hands, counts: counted(table, floor.hands.choices.length) } }),
  "hands-restored": (floor, { show }) => ({ ...floor, hands: show && { counts: null, ...show } }),
  "captions-started": (floor, { language }) => ({ ...floor, captions: [...others(floor, language), language].sort() }),
  "captions-stopped": (floor, { language }) => ({ ...floor, captions: others(floor, language) }),
};

/** @param {Floor} floor @param {string} language */
function others({ captions }, language) {
  return captions.filter((one) => one !== language);
}

/** The picture after the event. @param {Floor} floor @param {Event} event @returns {Floor} */
export function apply(floor, { kind, body, at }) {
  if (!Object.hasOwn(CHANGES, kind)) throw new Unreadable(kind);
  return CHANGES[kind](floor, body, at);
}

/** The request of an event, with what it left out. @param {any} body @param {string} at @returns {Request} */
export function asked(body, at) {
  return { number: body.number, request: body.request ?? "intervention", speaker: speaker(body.speaker), asked_at: body.asked_at ?? at, topic: body.topic ?? "", item: body.item ?? null, stance: body.stance ?? null };
}

/** Hands for each choice, together and by category. @param {number[][]} table @param {number} choices @returns {import("./hands.js").Counts} */
function counted(table, choices) {
  const by_choice = Array.from({ length: choices }, (_, place) => table.reduce((sum, row) => sum + (row[place] ?? 0), 0));
  return { by_choice, by_category: Object.fromEntries(table.map((row, place) => [ROWS[place], row]).filter(([, row]) => row.length)) };
}

/** Who waits for what is in hand; requests for other items keep their places meanwhile. @param {Floor} floor */
export function listed({ waiting, item }) {
  return waiting.filter((request) => PROCEDURAL.includes(request.request) || request.item === null || request.item === item?.number);
}

/** @param {Request[]} requests @param {Request} request @param {number} place */
function put(requests, request, place) {
  return [...requests.slice(0, place), request, ...requests.slice(place)];
}

/** @param {Request[]} requests @param {number} number */
function numbered(requests, number) {
  const request = requests.find((each) => each.number === number);
  if (!request) throw new Unreadable(`no request ${number}`);
  return request;
}

/** The newest that an undo may bring back, with one more. @template One @param {One[]} those @param {One} one */
function keep(those, one) {
  return [...those, one].slice(-MOST_KEPT);
}

/** @param {Floor} floor @param {{number: number, stance?: string}} body @returns {Floor} */
function sided(floor, { number, stance = null }) {
  const side = (/** @type {Request} */ request) => (request.number === number ? { ...request, stance } : request);
  const { speaking } = floor;
  return { ...floor, waiting: floor.waiting.map(side), speaking: speaking && { ...speaking, request: side(speaking.request) } };
}

/** @param {Floor} floor @param {{number: number}} body @returns {Floor} */
function removed(floor, { number }) {
  const requests = keep(floor.kept.requests, numbered(floor.waiting, number));
  return { ...floor, waiting: without(floor.waiting, number), kept: { ...floor.kept, requests } };
}

/** @param {Floor} floor @param {{number: number, place: number}} body @returns {Floor} */
function returned(floor, { number, place }) {
  if (floor.speaking?.request.number === number) return { ...floor, waiting: put(floor.waiting, floor.speaking.request, place), speaking: null };
  const waiting = put(floor.waiting, numbered(floor.kept.requests, number), place);
  return { ...floor, waiting, kept: { ...floor.kept, requests: without(floor.kept.requests, number) } };
}

/** Nobody speaks; the speech is kept without its clock, which an undo would bring. @param {Floor} floor @returns {Floor} */
function ended(floor) {
  if (!floor.speaking) return floor;
  const speeches = keep(floor.kept.speeches, { ...floor.speaking, ...CLOCK });
  return { ...floor, speaking: null, kept: { ...floor.kept, speeches } };
}

/** @param {Floor} floor @param {Partial<Speech> & {number?: number}} body @returns {Floor} */
function restored(floor, { number, ...clock }) {
  if (number === undefined) return { ...floor, speaking: null };
  const those = floor.speaking ? [floor.speaking, ...floor.kept.speeches] : floor.kept.speeches;
  const speech = those.find(({ request }) => request.number === number);
  if (!speech) throw new Unreadable(`no speech ${number}`);
  const speeches = floor.kept.speeches.filter((each) => each !== speech);
  return { ...floor, speaking: { ...speech, ...CLOCK, ...clock }, kept: { ...floor.kept, speeches } };
}

/** @template {{number: number}} Numbered @param {Numbered[]} items @param {number} number */
function without(items, number) {
  return items.filter((item) => item.number !== number);
}

/** @param {Floor} floor @param {{number: number, at?: string, by_person?: number, by_body?: number}} body @param {string} at */
function given(floor, body, at) {
  const { number, by_person = 0, by_body = 0 } = body;
  const speaking = { ...CLOCK, request: numbered(floor.waiting, number), given_at: body.at ?? at, by_person, by_body };
  return { ...ended(floor), waiting: without(floor.waiting, number), speaking };
}

/** @param {Floor} floor @param {Partial<Speech>} changes */
function speech(floor, changes) {
  return floor.speaking ? { ...floor, speaking: { ...floor.speaking, ...changes } } : floor;
}

/**
 * Where someone with these numbers stands.
 * @param {Floor} floor @param {Set<number>} own
 * @returns {{state: "speaking" | "waiting" | "none", place: number, request: Request | null}}
 */
export function standing(floor, own) {
  if (floor.speaking && own.has(floor.speaking.request.number))
    return { state: "speaking", place: 0, request: floor.speaking.request };
  const waiting = listed(floor);
  const before = waiting.findIndex((request) => own.has(request.number));
  if (before < 0) return { state: "none", place: 0, request: null };
  return { state: "waiting", place: before + 1, request: waiting[before] };
}
