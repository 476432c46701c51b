// @ts-check
/**
 * A short sound at each change of one's own turn, for who asked for it: a room is otherwise silent. It is
 * made here, so nothing is loaded for it.
 */

import { at } from "./dom.js";

const KEPT = "cwg-sound";
const SECONDS = 0.18;

/** Hertz, one after the other. @type {Record<string, number[]>} */
const TONES = { waiting: [523], next: [523, 659], speaking: [659, 784, 1047], none: [392] };

/** @type {AudioContext | null} */
let audio = null;

/** Offer the choice, and keep it in this browser. A browser makes no sound before a key or a tap. */
export function offer() {
  const choice = /** @type {HTMLInputElement} */ (at("sound"));
  choice.checked = localStorage.getItem(KEPT) === "on";
  choice.onchange = () => {
    localStorage.setItem(KEPT, choice.checked ? "on" : "off");
    if (choice.checked) play("waiting");
  };
}

/** @param {string} state  a key of TONES */
export function play(state) {
  if (localStorage.getItem(KEPT) !== "on") return;
  audio ??= new AudioContext();
  audio.resume();
  TONES[state].forEach((pitch, place) => tone(/** @type {AudioContext} */ (audio), pitch, place * SECONDS));
}

/** @param {AudioContext} on @param {number} pitch @param {number} after  seconds */
function tone(on, pitch, after) {
  const begins = on.currentTime + after;
  const [source, volume] = [on.createOscillator(), on.createGain()];
  source.frequency.value = pitch;
  volume.gain.setValueAtTime(0.15, begins);
  volume.gain.exponentialRampToValueAtTime(0.001, begins + SECONDS);
  source.connect(volume).connect(on.destination);
  source.start(begins);
  source.stop(begins + SECONDS);
}
