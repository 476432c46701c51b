// @ts-check
/**
 * Times as the reader's clock shows them, beside those of the venue that the page already has.
 *
 *     <span class="when" data-zone="Europe/Zurich"><time datetime="…Z">09:30</time> … </span>
 */

import { _, locale } from "./i18n.js";

export const readerZone = Intl.DateTimeFormat().resolvedOptions().timeZone;

/** @param {Date} at @param {string} [zone] */
export function clock(at, zone = readerZone) {
  return at.toLocaleTimeString(locale, { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: zone });
}

/** @param {Date} at @param {string} [zone] */
export function weekday(at, zone = readerZone) {
  const shape = /** @type {const} */ ({ weekday: "long", day: "numeric", month: "long", year: "numeric" });
  return at.toLocaleDateString(locale, { ...shape, timeZone: zone });
}

/** Minutes and seconds, for what is left or spoken: 2:41, 1:02:05. @param {number} seconds */
export function length(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const shown = parts[0] ? parts : parts.slice(1);
  return shown.map((part, place) => (place ? String(part).padStart(2, "0") : String(part))).join(":");
}

/** @param {Date} at @param {string} zone */
function local(at, zone) {
  return at.toLocaleString("sv", { timeZone: zone });
}

/** The place a zone is named after, as people read it. @param {string} zone */
function named(zone) {
  return zone.replaceAll("_", " ");
}

/** Say the reader's time inside every `.when` under a node; call it for what was added later. */
export function sayReadersTime(/** @type {ParentNode} */ under = document) {
  for (const when of under.querySelectorAll(".when[data-zone]")) {
    const times = [...when.querySelectorAll("time")].map((time) => new Date(time.dateTime));
    const zone = /** @type {HTMLElement} */ (when).dataset.zone ?? "UTC";
    const row = /** @type {HTMLElement | null} */ (when.querySelector(".when-yours"));
    if (!times.length || !row || !row.hidden) continue;
    const from = times[0];
    const clocks = times.map((at) => clock(at)).join("–");
    row.replaceChildren(bold(_("Your time (%(zone)s)", { zone: named(readerZone) })), ` ${weekday(from)}, ${clocks}`);
    row.hidden = false;
    if (local(from, zone) !== local(from, readerZone)) beside(when, from, zone, clocks);
  }
}

/** @param {Element} when @param {Date} from @param {string} zone @param {string} clocks */
function beside(when, from, zone, clocks) {
  const sameDay = local(from, zone).slice(0, 10) === local(from, readerZone).slice(0, 10);
  const yours = document.createElement("span");
  yours.className = "when-beside";
  yours.textContent = sameDay
    ? _("%(time)s your time", { time: clocks })
    : _("%(day)s, %(time)s your time", { day: weekday(from), time: clocks });
  when.querySelector(".when-said")?.after(" ", yours);
}

/** @param {string} text */
function bold(text) {
  const strong = document.createElement("b");
  strong.textContent = text;
  return strong;
}

sayReadersTime();
