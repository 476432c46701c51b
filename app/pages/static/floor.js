// @ts-check
/**
 * The floor as a client keeps it: a snapshot, and every event after it. The twin of
 * `app/policy/floor.py`; both pass the same vectors.
 */

/**
 * @typedef {{name: string, entity: string, capacity: string, category: string, remote: boolean}} Speaker
 * @typedef {{number: number, request: string, speaker: Speaker, asked_at: string, topic: string}} Request
 * @typedef {{request: Request, given_at: string, started_at: string | null, running_since: string | null, spoken_before: number}} Speech
 * @typedef {{number: number, text: string, at: string}} Notice
 * @typedef {{number: number, title: string}} Item
 * @typedef {{state: string, list_open: boolean, seconds_each: number, waiting: Request[], speaking: Speech | null, notices: Notice[], item: Item | null}} Floor
 * @typedef {{kind: string, body: any}} Event
 */

/** In the order in which the floor is given. */
const ORDER = ["point_of_order", "intervention"];

/** An event that this page does not know, or that does not fit: the picture must be fetched anew. */
export class Unreadable extends Error {}

/** @type {Record<string, (floor: Floor, body: any) => Floor>} */
const CHANGES = {
  "sitting-opened": (floor) => ({ ...floor, state: "open" }),
  "sitting-closing": (floor) => ({ ...floor, state: "closing" }),
  "sitting-closed": (floor) => ({ ...floor, state: "closed", list_open: false }),
  "list-opened": (floor) => ({ ...floor, list_open: true }),
  "list-closed": (floor) => ({ ...floor, list_open: false }),
  "time-set": (floor, { seconds }) => ({ ...floor, seconds_each: seconds }),
  "item-taken": (floor, { item }) => ({ ...floor, item }),
  "floor-requested": (floor, { request }) => listed(floor, request),
  "request-returned": (floor, { request }) => listed(floor, request),
  "request-withdrawn": (floor, { number }) => ({ ...floor, waiting: without(floor.waiting, number) }),
  "request-removed": (floor, { number }) => ({ ...floor, waiting: without(floor.waiting, number) }),
  "floor-given": given,
  "speech-started": (floor, { at }) => speech(floor, { started_at: at, running_since: at }),
  "speech-paused": (floor, { spoken }) => speech(floor, { running_since: null, spoken_before: spoken }),
  "speech-resumed": (floor, { at }) => speech(floor, { running_since: at }),
  "speech-ended": (floor) => ({ ...floor, speaking: null }),
  "speech-restored": (floor, body) => ({ ...floor, speaking: body.speech }),
  announced: (floor, { notice }) => ({ ...floor, notices: [...floor.notices, notice] }),
  "announcement-retracted": (floor, { number }) => ({ ...floor, notices: without(floor.notices, number) }),
};

/** The picture after the event. @param {Floor} floor @param {Event} event @returns {Floor} */
export function apply(floor, { kind, body }) {
  if (!Object.hasOwn(CHANGES, kind)) throw new Unreadable(kind);
  return CHANGES[kind](floor, body);
}

/** @param {Floor} floor @param {Request} request */
function listed(floor, request) {
  return { ...floor, waiting: [...floor.waiting, request].sort(byPlace) };
}

/** Points of order first, then everyone in the order of asking. @param {Request} one @param {Request} other */
function byPlace(one, other) {
  return ORDER.indexOf(one.request) - ORDER.indexOf(other.request) || one.number - other.number;
}

/** @template {{number: number}} Numbered @param {Numbered[]} items @param {number} number */
function without(items, number) {
  return items.filter((item) => item.number !== number);
}

/** @param {Floor} floor @param {{number: number, at: string}} body */
function given(floor, { number, at }) {
  const request = floor.waiting.find((waits) => waits.number === number);
  if (!request) throw new Unreadable(`floor-given to ${number}`);
  const speaking = { request, given_at: at, started_at: null, running_since: null, spoken_before: 0 };
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
  const before = floor.waiting.findIndex((request) => own.has(request.number));
  if (before < 0) return { state: "none", place: 0, request: null };
  return { state: "waiting", place: before + 1, request: floor.waiting[before] };
}
