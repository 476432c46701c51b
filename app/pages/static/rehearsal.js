// @ts-check
/** Before the fence: who would leave and who would stay, by which clause; then the one deliberate act. */

import { announce } from "./announce.js";
import { at, make, say, show } from "./dom.js";
import { ask, draw, expect, posted } from "./fence.js";
import { _, ngettext } from "./i18n.js";
import { chip } from "./people.js";

const LONG_ENOUGH = 2000;

/** @type {Record<string, () => string>} */
const SUBJECTS = {
  sockets: () => _("Connections of those who may not stay are closed, each with the reason and the clause."),
  chat: () => _("Chat of the open part is kept as it is; the members' part begins with an empty one, and what the moderator is told stays with the moderator."),
  statements: () => _("Statements of the open part stay where they are; those of the members' part are for its members only."),
  "list-of-speakers": () => _("The list of speakers of the open part is kept as it is; the members' part begins with an empty one."),
  "show-of-hands": () => _("A show of hands that still runs is counted and closed; no hand is carried over."),
  minutes: () => _("The minutes of the open part stay open to the secretariat and the chair; the members' part has minutes of its own."),
  attendance: () => _("Whoever is in the hall and may stay is noted as attending the members' part from its opening."),
  pages: () => _("Pages and exports of the members' part answer to its members only."),
  captions: () => _("Captions end; in the members' part they are off until the chair starts them for its members."),
  recording: () => _("Recorder, caption export and transcription are off."),
};

let sitting = "";
let started = () => {};
let pressed = 0;

/** @param {string} of @param {() => void} then  what follows when the open part was closed */
export function rehearse(of, then) {
  sitting = of;
  started = then;
  at("typed").reset();
  at("rehearsal").showModal();
  look();
}

async function look() {
  const { fence, no = "" } = await ask(sitting).catch(() => ({ fence: undefined, no: _("The service cannot be reached at this moment.") }));
  refuse(no);
  const ready = fence?.state === "ready";
  for (const id of ["hold", "typed"]) show(at(id), ready);
  if (!fence || !ready) return;
  expect(fence.leave.length);
  const serve = fence.stay.filter(({ ground }) => ground === "function");
  const stay = fence.stay.filter(({ ground }) => ground !== "function");
  fill("leave", fence.leave, ngettext("%(num)s person leaves", "%(num)s people leave", fence.leave.length));
  fill("stay", stay, ngettext("%(num)s person stays", "%(num)s people stay", stay.length));
  fill("serve", serve, ngettext("%(num)s stays in service of the meeting", "%(num)s stay in service of the meeting", serve.length));
  at("else").replaceChildren(...fence.subjects.map((name) => make("li", {}, SUBJECTS[name]?.() ?? name)));
}

/** One line for each clause, reason and category; the names on demand. @param {string} id @param {any[]} people @param {string} heading */
function fill(id, people, heading) {
  say(at(`${id}-title`), heading);
  const groups = new Map();
  for (const person of people) {
    const key = `${person.why.clause} ${person.why.reason} ${person.category}`;
    groups.set(key, [...(groups.get(key) ?? []), person]);
  }
  at(id).replaceChildren(...[...groups.values()].map(group));
}

/** @param {any[]} people */
function group(people) {
  const [{ category, ground, why }] = people;
  const names = people.map(({ name, entity }) => make("li", {}, make("bdi", {}, name), entity && entity !== name && ", ", entity && entity !== name && make("bdi", {}, entity)));
  const said = ground === "function" ? make("span", {}, why.sentence) : chip(category);
  return make("li", {}, make("details", {}, make("summary", {}, said, " ", make("b", { class: "figures" }, people.length), " ", ground !== "function" && make("span", { class: "quiet" }, _("by %(clause)s", { clause: why.clause }))),
    ground !== "function" && make("p", { class: "quiet" }, why.sentence), make("ul", { class: "names" }, ...names)));
}

/** @param {string} sentence */
function refuse(sentence) {
  say(at("rehearsal-no").querySelector("span"), sentence);
  show(at("rehearsal-no"), Boolean(sentence));
  if (sentence) announce(sentence);
}

async function close() {
  release();
  at("hold").setAttribute("aria-disabled", "true");
  const { fence, no = "" } = await ask(sitting, posted({ confirm: "CLOSE" })).catch(() => ({ fence: undefined, no: _("The service cannot be reached. Look again before you repeat it.") }));
  at("hold").removeAttribute("aria-disabled");
  refuse(no);
  if (!fence) return;
  at("rehearsal").close();
  draw(fence, true);
  started();
}

function press() {
  if (pressed) return;
  at("hold").dataset.held = "";
  pressed = setTimeout(close, LONG_ENOUGH);
}

function release() {
  clearTimeout(pressed);
  pressed = 0;
  delete at("hold").dataset.held;
}

/** Whoever begins to type the word need not look for its field first. @param {KeyboardEvent} event */
function typeAnywhere({ key, target, altKey, ctrlKey, metaKey }) {
  const letter = /^\p{L}$/u.test(key) && !altKey && !ctrlKey && !metaKey;
  if (letter && target !== at("typed-text") && !at("typed").hidden) at("typed-text").focus();
}

export function prepare() {
  const hold = at("hold");
  hold.onpointerdown = press;
  for (const event of ["pointerup", "pointerleave", "pointercancel", "blur"]) hold.addEventListener(event, release);
  hold.onkeydown = (/** @type {KeyboardEvent} */ event) => {
    if (event.key !== " " && event.key !== "Enter") return;
    event.preventDefault();
    press();
  };
  hold.onkeyup = release;
  hold.oncontextmenu = (/** @type {Event} */ event) => event.preventDefault();
  at("typed").onsubmit = (/** @type {Event} */ event) => {
    event.preventDefault();
    close();
  };
  at("rehearsal").addEventListener("keydown", typeAnywhere);
  at("rehearsal-again").onclick = look;
  at("rehearsal-leave").onclick = () => at("rehearsal").close();
  at("rehearsal").onclose = release;
}

