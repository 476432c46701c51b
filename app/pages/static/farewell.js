// @ts-check
/** Shown out, or not let in: why, by which clause, and what remains open. */

import { announce } from "./announce.js";
import { at, make, say, show } from "./dom.js";
import { _, locale } from "./i18n.js";
import { word } from "./people.js";
import { clock, readerZone, weekday } from "./time.js";

const SHOWN_OUT = 4500;
const TAKEN_OVER = 4502;
const SIGNED_OUT = 401;
const OVER = [410, 4507];

/** @param {any} said  the farewell, or what stood in its place @param {() => void} again */
export function farewell(said, again) {
  const { code, why, sentence, next_open: next, written_input: input } = said;
  const title = titles(code, why);
  const reason = why?.sentence || sentence || word("close", String(code));
  say(at("farewell-title"), title);
  say(at("farewell-why"), reason === String(code) ? "" : reason);
  at("farewell-clause").replaceChildren(...clause(why));
  at("farewell-next").replaceChildren(...(next ? opening(next) : []));
  at("farewell-ways").replaceChildren(...ways(code, input, again));
  show(at("farewell"), true);
  announce(`${title}. ${reason}`);
}

/** @param {number} code @param {{reason: string, clause?: string} | null} why */
function titles(code, why) {
  if (code === SHOWN_OUT) return _("The open part is over. Thank you for taking part.");
  if (OVER.includes(code)) return _("This part is over");
  if (code === TAKEN_OVER) return _("You are in this room somewhere else");
  if (code === SIGNED_OUT) return _("You are signed out");
  return why?.clause ? _("You cannot enter this part") : _("You are not in the room any more");
}

/** @param {any} why */
function clause(why) {
  if (!why?.clause) return [];
  const text = why.clause_text;
  const rows = [[_("Clause"), make("dd", {}, make("strong", {}, why.clause), text && make("p", { class: "paraphrase" }, text))]];
  if (why.edition) rows.push([_("Edition of the rule"), make("dd", {}, why.edition)]);
  if (why.remedy_sentence) rows.push([_("What would change it"), make("dd", {}, why.remedy_sentence)]);
  return rows.map(([name, value]) => make("div", {}, make("dt", {}, name), value));
}

/** @param {{sitting: string, title: string, starts_at: string, time_zone: string}} next */
function opening({ sitting, title, starts_at, time_zone: zone }) {
  const start = new Date(starts_at);
  const there = `${weekday(start, zone)}, ${clock(start, zone)}`;
  const here = `${weekday(start)}, ${clock(start)}`;
  const yours = here === there ? [] : [make("br"), _("%(time)s your time (%(zone)s)", { time: here, zone: readerZone.replaceAll("_", " ") })];
  return [
    make("h3", {}, _("The next part that is open to you")),
    make("p", { class: "next-open" }, make("a", { href: `/room/${sitting}` }, title || _("Open part")), make("br"), make("time", { datetime: starts_at }, there),
      ` (${zone.replaceAll("_", " ")})`, ...yours, make("br"), make("span", { class: "quiet" }, until(start))),
  ];
}

/** In two days, in three hours. @param {Date} start */
function until(start) {
  const minutes = Math.round((start.getTime() - Date.now()) / 60_000);
  const told = new Intl.RelativeTimeFormat(locale, { numeric: "always" });
  if (minutes < 1) return "";
  if (minutes < 120) return told.format(minutes, "minute");
  return minutes < 48 * 60 ? told.format(Math.round(minutes / 60), "hour") : told.format(Math.round(minutes / 1440), "day");
}

/** @param {number} code @param {string | undefined} input @param {() => void} again */
function ways(code, input, again) {
  const shown = [];
  if (code === TAKEN_OVER) {
    const here = make("button", { type: "button", class: "button" }, _("Take part here"));
    here.onclick = again;
    shown.push(here);
  }
  if (code === SIGNED_OUT) shown.push(make("a", { class: "button", href: `/sign-in?onward=${encodeURIComponent(location.pathname)}` }, _("Sign in")));
  if (input) shown.push(make("a", { class: "button", href: input }, _("How to send a written input")));
  const back = /** @type {HTMLAnchorElement} */ (document.querySelector("[data-meeting]"));
  shown.push(make("a", { class: "button", "data-kind": "secondary", href: back?.dataset.meeting ?? "/" }, _("Go to the meeting")));
  return shown;
}
