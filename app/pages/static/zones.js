// @ts-check
/** What the room and the console show alike: who speaks and for how long, and what was announced. */

import * as clock from "./clock.js";
import { at, keep, make, say, show } from "./dom.js";
import { listed, PROCEDURAL } from "./floor.js";
import { _, ngettext } from "./i18n.js";
import { kindOf } from "./news.js";
import { shown, title, word } from "./people.js";
import { clock as wall, length, readerZone } from "./time.js";

/** @typedef {import("./floor.js").Floor} Floor */

/** What a request is about, if it says so. @param {import("./floor.js").Request} request */
export function about({ request, topic, stance }) {
  const parts = [];
  if (request !== "intervention") parts.push(make("span", { class: "chip", "data-kind": PROCEDURAL.includes(request) ? "warning" : "quiet" }, kindOf(request)));
  if (stance) parts.push(make("span", { class: "chip", "data-kind": "quiet" }, word("stance", stance)));
  if (topic) parts.push(make("span", { class: "who-topic" }, make("bdi", {}, topic)));
  return parts;
}

/** What makes a drawn request another: whoever has changed sides is drawn anew. @param {import("./floor.js").Request} request */
export function keyed({ number, stance }) {
  return stance ? `${number} ${stance}` : String(number);
}

/** @param {Floor} floor */
export function drawSpeaker({ speaking, seconds_each }) {
  const who = at("now-who");
  const key = speaking ? keyed(speaking.request) : "nobody";
  if (who.dataset.key !== key) {
    who.dataset.key = key;
    if (speaking) who.replaceChildren(...shown(speaking.request.speaker, "strong"), ...about(speaking.request));
    else who.replaceChildren(make("span", { class: "who-nobody" }, _("Nobody has the floor")));
  }
  show(at("now-clock"), Boolean(speaking));
  say(at("now-clock").querySelector(".limit"), _("of %(time)s", { time: length(seconds_each) }));
}

/** Once a second: what only time changes. @param {Floor} floor */
export function tickSpeaker({ speaking, seconds_each, seconds_person, seconds_body }) {
  const left = [];
  if (speaking && seconds_person) left.push(_("This person: %(left)s of %(time)s left", of(seconds_person, speaking.by_person + clock.spoken(speaking, clock.now()))));
  if (speaking && seconds_body) left.push(_("%(who)s: %(left)s of %(time)s left", { who: title(speaking.request.speaker), ...of(seconds_body, speaking.by_body + clock.spoken(speaking, clock.now())) }));
  show(at("now-left"), left.length > 0);
  say(at("now-left"), left.join(" · "));
  if (!speaking) return;
  const spoken = clock.spoken(speaking, clock.now());
  const over = spoken > seconds_each;
  const box = at("now-clock");
  say(box.querySelector(".spent"), length(spoken));
  show(box.querySelector(".over"), over);
  say(box.querySelector(".over > span"), over ? _("over by %(time)s", { time: length(spoken - seconds_each) }) : "");
  box.classList.toggle("is-over", over);
  box.classList.toggle("is-still", !speaking.running_since);
  box.querySelector(".bar-done").style.inlineSize = `${Math.min(100, (100 * spoken) / seconds_each)}%`;
}

/** What is left of a limit; nothing is less than nothing. @param {number} limit @param {number} spent */
function of(limit, spent) {
  return { left: length(limit - spent), time: length(limit) };
}

/** Newest first. @param {Floor} floor */
export function drawNotices({ notices }) {
  show(at("notices-empty"), !notices.length);
  keep(at("notices"), [...notices].reverse(), ({ number }) => number, (notice) =>
    make("li", { class: "announcement" }, make("time", { datetime: notice.at }, wall(new Date(notice.at))), " ", make("span", {}, make("bdi", {}, notice.text))));
}

/** @param {Floor} floor */
export function drawListHead(floor) {
  const { list_open, state } = floor;
  const waiting = listed(floor);
  const others = floor.waiting.length - waiting.length;
  show(at("list-others"), others > 0);
  say(at("list-others"), others ? ngettext("%(num)s waits for another item.", "%(num)s wait for other items.", others) : "");
  say(at("list-count"), waiting.length ? `(${waiting.length})` : "");
  const open = list_open && state === "open";
  say(at("list-state"), open ? _("Open") : _("Closed"));
  at("list-state").dataset.open = String(open);
  show(at("list-empty"), !waiting.length);
}

/** How long someone has been waiting. @param {string} asked */
export function since(asked) {
  const minutes = Math.floor((clock.now() - Date.parse(asked)) / 60_000);
  return minutes < 1 ? _("now") : _("%(num)s min", { num: minutes });
}

/** Times of the day stand beside the zone that they are of. */
export function nameZone() {
  at("notices-title").append(" ", make("span", { class: "zone-time" }, _("(times of %(zone)s)", { zone: readerZone.replaceAll("_", " ") })));
}
