// @ts-check
/** Who can hear, and how many are connected: the band on top of every room. */

import { at, icon, make, say, show } from "./dom.js";
import { _, locale, ngettext } from "./i18n.js";
import { chip, word } from "./people.js";

const band = /** @type {HTMLElement} */ (document.querySelector(".band"));
let those = "";
const listed = new Intl.ListFormat(locale, { type: "conjunction" });

/** @param {{everyone: boolean, categories: string[]}} audience */
export function audience({ everyone, categories }) {
  const kind = everyone ? "open" : "members";
  if (band.dataset.audience !== kind) band.querySelector(".band-text .icon")?.replaceWith(icon(everyone ? "open" : "lock"));
  band.dataset.audience = kind;
  say(band.querySelector(".band-text span"), everyone ? _("Open to all") : _("Members only"));
  those = everyone ? "" : listed.format(categories.map((category) => word("those", category)));
  let said = band.querySelector(".band-those");
  if (!said) band.querySelector(".band-who")?.append((said = make("span", { class: "band-those" })));
  say(said, those);
}

/** Nobody hears, or nobody can tell who does. @param {string} sentence */
export function nobody(sentence) {
  band.dataset.audience = "nobody";
  band.querySelector(".band-text .icon")?.replaceWith(icon("nobody"));
  say(band.querySelector(".band-text span"), sentence);
  say(band.querySelector(".band-those"), "");
}

/** @param {{connected: number, in_person: number, remote: number, by_category: Record<string, number>}} counts */
export function presence({ connected, in_person, remote, by_category }) {
  const people = ngettext("%(num)s connected", "%(num)s connected", connected);
  const where = _("%(hall)s in the hall, %(remote)s remote", { hall: in_person, remote });
  const count = /** @type {HTMLElement} */ (band.querySelector(".band-count"));
  const said = `${people} (${where})`;
  if (count.textContent !== said) count.replaceChildren(icon("person"), make("span", { class: "band-number", "aria-hidden": true }, connected), make("span", { class: "band-words" }, said));
  const rows = Object.entries(by_category).map(([category, number]) => make("li", {}, chip(category), make("span", { class: "figures" }, number)));
  at("present-more").replaceChildren(make("p", { class: "panel-title" }, _("Connected, by category")), make("ul", { class: "plain counts" }, ...rows),
    make("p", { class: "panel-foot" }, said), those && make("p", { class: "panel-foot" }, _("Who may attend: %(those)s", { those })));
  show(at("present"), true);
}
