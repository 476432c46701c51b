// @ts-check
/** Notes to oneself at the console: on a request to speak, or on nothing. Nobody else is ever shown them. */

import { announce } from "./announce.js";
import { at, keep, make, say, show } from "./dom.js";
import { _, locale } from "./i18n.js";
import { title } from "./people.js";
import { clock } from "./time.js";

/** @typedef {{id: string, text: string, request: number | null, at: string, ends_at: string}} Note */

/** @param {any} host */
export function panel(host) {
  /** @type {Note[]} */ let notes = [];
  /** @type {{id: string, request: number | null} | null} */ let writing = null;
  /** @type {Map<number, string>} */ const names = new Map(); // of those who asked for the floor
  let sitting = "";

  const address = (/** @type {string} */ more) => `/api/v1/sittings/${sitting}/notes${more}`;

  /** @param {any} welcome */
  async function welcome(welcome) {
    if (sitting !== welcome.sitting) {
      sitting = welcome.sitting;
      notes = [];
      names.clear();
      drawNotes();
    }
    const mine = sitting;
    const response = await fetch(address("")).catch(() => null);
    const found = response?.ok ? await response.json().catch(() => null) : null;
    if (!found || mine !== sitting) return;
    notes = found;
    drawNotes();
  }

  /** On the selected request, or on nothing; or a note again. @param {{number: number} | null} request @param {Note} [note] */
  function write(request, note) {
    writing = { id: note?.id ?? crypto.randomUUID(), request: note?.request ?? request?.number ?? null };
    const who = writing.request === null ? "" : names.get(writing.request);
    say(at("notes-about"), writing.request === null ? _("On nothing in particular.") : about(who, writing.request));
    // What was not taken stays in the field, for another try.
    if (note) at("notes-text").value = note.text;
    show(at("notes-fault"), false);
    at("notes-dialog").showModal();
    at("notes-text").focus();
  }

  /** @param {string | undefined} who @param {number} number */
  function about(who, number) {
    return who ? _("On the request of %(who)s", { who }) : _("On request %(number)s", { number });
  }

  /** @param {Event} event */
  async function put(event) {
    event.preventDefault();
    const field = at("notes-text");
    const { id, request } = /** @type {any} */ (writing);
    const body = JSON.stringify({ text: field.value, request });
    const response = await fetch(address(`/${id}`), { method: "PUT", headers: { "content-type": "application/json" }, body }).catch(() => null);
    const answer = await response?.json().catch(() => null);
    if (!response?.ok) {
      say(at("notes-fault"), answer?.faults?.text || answer?.detail || answer?.title || _("Not kept: the service cannot be reached at this moment. The text stays here."));
      return show(at("notes-fault"), true);
    }
    field.value = "";
    notes = [answer, ...notes.filter((note) => note.id !== id)];
    at("notes-dialog").close();
    announce(_("Note kept."));
    drawNotes();
    return undefined;
  }

  /** @param {string} id */
  async function remove(id) {
    const response = await fetch(address(`/${id}`), { method: "DELETE" }).catch(() => null);
    if (!response?.ok) return host.refuse(_("Not deleted: the service cannot be reached at this moment."));
    notes = notes.filter((note) => note.id !== id);
    drawNotes();
    return undefined;
  }

  function drawNotes() {
    show(at("notes-none"), !notes.length);
    keep(at("notes-list"), notes, ({ id, at: when }) => `${id} ${when}`, (note) => {
      const again = make("button", { type: "button", class: "plain-button" }, _("Change"));
      const gone = make("button", { type: "button", class: "plain-button" }, _("Delete"));
      again.onclick = () => write(null, note);
      gone.onclick = () => remove(note.id);
      return make("li", { class: "jotted" }, make("p", { class: "jotted-head" }, make("time", { datetime: note.at }, clock(new Date(note.at))), make("span", { class: "jotted-about" })),
        make("p", { class: "jotted-text", dir: "auto" }, note.text), make("p", { class: "jotted-head" }, again, gone, make("span", {}, _("Deleted on %(day)s", { day: new Date(note.ends_at).toLocaleDateString(locale, { day: "numeric", month: "long", year: "numeric" }) }))));
    }, (node, note) => say(node.querySelector(".jotted-about"), note.request === null ? "" : about(names.get(note.request), note.request)));
  }

  /** @param {import("./floor.js").Floor} floor */
  function draw({ waiting, speaking }) {
    const known = names.size;
    for (const { number, speaker } of [...waiting, ...(speaking ? [speaking.request] : [])]) names.set(number, title(speaker));
    if (names.size !== known) drawNotes();
  }

  at("notes-write").onclick = () => write(null);
  at("notes-leave").onclick = () => at("notes-dialog").close();
  at("notes-form").onsubmit = put;

  return { welcome, draw, write };
}
