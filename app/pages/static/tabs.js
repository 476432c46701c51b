// @ts-check
/** The tabs beside the floor: one panel is shown, the arrows go from tab to tab, and a number says what is new in the others. */

import { at, say, show } from "./dom.js";
import { ngettext } from "./i18n.js";

const list = at("tabs");
const tabs = /** @type {HTMLElement[]} */ ([...list.querySelectorAll("[role=tab]")]);

/** @param {HTMLElement} tab */
function panelOf(tab) {
  return at(tab.getAttribute("aria-controls") ?? "");
}

/** Show a panel, by its name. @param {string} name */
export function open(name) {
  for (const tab of tabs) {
    const chosen = tab.id === `tab-${name}`;
    tab.setAttribute("aria-selected", String(chosen));
    tab.tabIndex = chosen ? 0 : -1;
    show(panelOf(tab), chosen);
    if (chosen) fresh(name, 0);
  }
}

/** Whether a panel is the one that is shown. @param {string} name */
export function shows(name) {
  return at(`tab-${name}`).getAttribute("aria-selected") === "true";
}

/** So much is new in a panel; nothing is in the one that is looked at. @param {string} name @param {number} count */
export function fresh(name, count) {
  const mark = /** @type {HTMLElement} */ (at(`tab-${name}`).querySelector(".tab-new"));
  const number = shows(name) ? 0 : count;
  mark.dataset.count = String(number);
  show(mark, number > 0);
  say(mark, number ? ` ${number}` : "");
  mark.setAttribute("aria-label", number ? ngettext("%(num)s new", "%(num)s new", number) : "");
}

/** @param {KeyboardEvent} event */
function move(event) {
  const from = tabs.indexOf(/** @type {HTMLElement} */ (event.target));
  const forward = document.dir === "rtl" ? "ArrowLeft" : "ArrowRight";
  const step = { [forward]: 1, [forward === "ArrowRight" ? "ArrowLeft" : "ArrowRight"]: -1 }[event.key];
  const to = event.key === "Home" ? 0 : event.key === "End" ? tabs.length - 1 : step === undefined ? -1 : (from + step + tabs.length) % tabs.length;
  if (to < 0) return;
  event.preventDefault();
  open(tabs[to].id.slice("tab-".length));
  tabs[to].focus();
}

for (const tab of tabs) tab.onclick = () => open(tab.id.slice("tab-".length));
list.onkeydown = move;
