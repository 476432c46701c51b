// @ts-check
/**
 * One announcement per change, for those who listen to the page; the focus never moves.
 *
 *     import { announce } from "./announce.js";
 *     announce(_("The list of speakers is closed"));
 */

const news = /** @type {HTMLElement} */ (document.getElementById("news"));
/** @type {string[]} */
const waiting = [];
let speaking = 0;

/** @param {string} sentence */
export function announce(sentence) {
  if (waiting.at(-1) !== sentence) waiting.push(sentence);
  speaking ||= window.setTimeout(speak, 50);
}

/** Several changes at once are one announcement, in the order in which they came. */
function speak() {
  speaking = 0;
  news.textContent = "";
  requestAnimationFrame(() => { news.textContent = waiting.splice(0).join(" "); });
}
