// @ts-check
/**
 * Keys without a modifier. They act where nobody is typing, and can be switched off (WCAG 2.1.4): some
 * people's voice input or tremor types letters.
 */

import { at } from "./dom.js";

const KEPT = "cwg-single-keys";
const TYPING = "input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]";
const PRESSED = "button, a[href], summary, input, [role=button]";

/** @type {Record<string, () => void>} */
let keys = {};

/** Whether single keys do anything. */
export function enabled() {
  return localStorage.getItem(KEPT) !== "off";
}

/** @param {Record<string, () => void>} map  a key as KeyboardEvent.key has it, letters in lower case */
export function listen(map) {
  keys = map;
  document.addEventListener("keydown", pressed);
  const choice = /** @type {HTMLInputElement} */ (at("single-keys"));
  choice.checked = enabled();
  choice.onchange = () => localStorage.setItem(KEPT, choice.checked ? "on" : "off");
  at("help-open").onclick = help;
  // A click of the mouse leaves the focus where it was, so that Space keeps meaning start and pause.
  document.addEventListener("mousedown", (event) => {
    const target = /** @type {Element} */ (event.target);
    if (target.closest("button") && !target.closest("dialog")) event.preventDefault();
  });
}

export function help() {
  at("help").showModal();
}

/** @param {KeyboardEvent} event */
function pressed(event) {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  const target = /** @type {Element} */ (event.target);
  if (target.closest(TYPING) || document.querySelector("dialog[open]")) return;
  if (event.key === "Escape") return /** @type {HTMLElement} */ (document.activeElement)?.blur();
  if (event.key === " " && target.closest(PRESSED)) return;
  const act = keys[event.key.length === 1 ? event.key.toLowerCase() : `${event.shiftKey ? "Shift+" : ""}${event.key}`];
  if (!act || event.repeat || !enabled()) return;
  event.preventDefault();
  act();
}
