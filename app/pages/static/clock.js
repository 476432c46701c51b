// @ts-check
/**
 * The service's clock, as well as a page can know it, and the time that a speech has taken.
 *
 * What the service said at a moment arrives later, never earlier: of all that was heard since the
 * last welcome, the word that took least time to arrive tells the time best.
 */

/** @typedef {import("./floor.js").Speech} Speech */

let ahead = 0;

const own = () => performance.timeOrigin + performance.now();

/** Forget what an older connection taught, and learn from this. @param {string} said */
export function set(said) {
  ahead = Date.parse(said) - own();
}

/** @param {string} said */
export function learn(said) {
  ahead = Math.max(ahead, Date.parse(said) - own());
}

/** Milliseconds since 1970 by the clock of the service. */
export function now() {
  return own() + ahead;
}

/** Seconds spoken, pauses left out. @param {Speech} speech @param {number} at */
export function spoken(speech, at) {
  if (speech.running_since === null) return speech.spoken_before;
  return speech.spoken_before + Math.max(0, at - Date.parse(speech.running_since)) / 1000;
}

/**
 * Seconds until the floor is likely to reach a place in the list, if everyone takes what they may.
 * @param {import("./floor.js").Floor} floor @param {number} place @param {number} at
 */
export function wait(floor, place, at) {
  const left = floor.speaking ? Math.max(0, floor.seconds_each - spoken(floor.speaking, at)) : 0;
  return left + (place - 1) * floor.seconds_each;
}
