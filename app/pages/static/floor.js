// @ts-check
/**
 * The floor as a client keeps it: a snapshot, and every event after it. The twin of
 * `app/policy/floor.py`; both pass the same vectors.
 */

import { WRITTEN } from "./messages.js";

/**
 * @typedef {{name: string, entity: string, capacity: string, category: string, remote: boolean}} Speaker
 * @typedef {{number: number, request: string, speaker: Speaker, asked_at: string, topic: string, item: number | null}} Request
 * @typedef {{request: Request, given_at: string, started_at: string | null, running_since: string | null, spoken_before: number, by_person: number, by_body: number}} Speech
 * @typedef {{number: number, text: string, at: string}} Notice
 * @typedef {{number: number, title: string}} Item
 * @typedef {{state: string, list_open: boolean, seconds_each: number, seconds_person: number | null, seconds_body: number | null, waiting: Request[], speaking: Speech | null, notices: Notice[], item: Item | null, newest_first: string[], captions: string[], chat: import("./messages.js").Chat, statements: import("./messages.js").OnRecord[], hands: import("./hands.js").Show | null}} Floor
 * @typedef {{kind: string, body: any, at: string}} Event
 */

/** Raised whatever item is in hand, and put in from the top. */
export const PROCEDURAL = ["point_of_order", "motion"];

/** An event that this page does not know, or that does not fit: the picture must be fetched anew. */
export class Unreadable extends Error {}

/** @type {Record<string, "seconds_each" | "seconds_person" | "seconds_body">} */
const LIMITS = { speech: "seconds_each", person: "seconds_person", body: "seconds_body" };

/** What an event leaves out where it is so. */
const SPEECH = { started_at: null, running_since: null, spoken_before: 0, by_person: 0, by_body: 0 };

/** @type {Record<string, (floor: Floor, body: any, at: string) => Floor>} */
const CHANGES = {
  ...WRITTEN,
  "sitting-opened": (floor) => ({ ...floor, state: "open" }),
  "sitting-closing": (floor) => ({ ...floor, state: "closing" }),
  "sitting-closed": (floor) => ({ ...floor, state: "closed", list_open: false, captions: [] }),
  "list-opened": (floor) => ({ ...floor, list_open: true }),
  "list-closed": (floor) => ({ ...floor, list_open: false }),
  "time-set": (floor, { seconds, per = "speech" }) => ({ ...floor, [LIMITS[per]]: seconds }),
  "item-taken": (floor, { item }) => ({ ...floor, item }),
  "order-set": (floor, { request, newest_first }) => {
    const others = floor.newest_first.filter((kind) => kind !== request);
    return { ...floor, newest_first: newest_first ? [...others, request] : others };
  },
  "floor-requested": (floor, { request, place }, at) => ({ ...floor, waiting: put(floor.waiting, asked(request, at), place) }),
  "request-returned": (floor, { request, place }, at) => ({ ...floor, waiting: put(floor.waiting, asked(request, at), place) }),
  "request-moved": (floor, { number, place }) => ({ ...floor, waiting: put(without(floor.waiting, number), waits(floor, number), place) }),
  "request-withdrawn": (floor, { number }) => ({ ...floor, waiting: without(floor.waiting, number) }),
  "request-removed": (floor, { number }) => ({ ...floor, waiting: without(floor.waiting, number) }),
  "floor-given": given,
  "speech-started": (floor, { at }) => speech(floor, { started_at: at, running_since: at }),
  "speech-paused": (floor, { spoken }) => speech(floor, { running_since: null, spoken_before: spoken }),
  "speech-resumed": (floor, { at }) => speech(floor, { running_since: at }),
  "speech-ended": (floor) => ({ ...floor, speaking: null }),
  "speech-restored": (floor, body, at) => ({ ...floor, speaking: body.speech && { ...SPEECH, ...body.speech, request: asked(body.speech.request, at) } }),
  announced: (floor, { notice }) => ({ ...floor, notices: [...floor.notices, notice] }),
  "announcement-retracted": (floor, { number }) => ({ ...floor, notices: without(floor.notices, number) }),
  "hands-asked": (floor, { show }) => ({ ...floor, hands: { counts: null, ...show } }),
  "hands-closed": (floor, { counts }) => ({ ...floor, hands: floor.hands && { ...floor.hands, counts: counted(counts) } }),
  "hands-restored": (floor, { show }) => ({ ...floor, hands: show && { ...show, counts: show.counts ? counted(show.counts) : null } }),
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

/** A request with what its event left out. @param {Request} request @param {string} at @returns {Request} */
function asked(request, at) {
  return { ...request, asked_at: request.asked_at ?? at, topic: request.topic ?? "", item: request.item ?? null };
}

/** @param {import("./hands.js").Counts} counts */
function counted(counts) {
  return { ...counts, by_category: counts.by_category ?? {} };
}

/** Who waits for what is in hand; requests for other items keep their places meanwhile. @param {Floor} floor */
export function listed({ waiting, item }) {
  return waiting.filter((request) => PROCEDURAL.includes(request.request) || request.item === null || request.item === item?.number);
}

/** @param {Request[]} requests @param {Request} request @param {number} place */
function put(requests, request, place) {
  return [...requests.slice(0, place), request, ...requests.slice(place)];
}

/** @param {Floor} floor @param {number} number */
function waits({ waiting }, number) {
  const request = waiting.find((each) => each.number === number);
  if (!request) throw new Unreadable(`no request ${number}`);
  return request;
}

/** @template {{number: number}} Numbered @param {Numbered[]} items @param {number} number */
function without(items, number) {
  return items.filter((item) => item.number !== number);
}

/** @param {Floor} floor @param {{number: number, at: string, by_person?: number, by_body?: number}} body */
function given(floor, { number, at, by_person = 0, by_body = 0 }) {
  const speaking = { ...SPEECH, request: waits(floor, number), given_at: at, by_person, by_body };
  return { ...floor, waiting: without(floor.waiting, number), speaking };
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
