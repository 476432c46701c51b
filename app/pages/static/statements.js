// @ts-check
/** Written statements: handed in and followed in the room, opened and marked at the console. */

import { announce } from "./announce.js";
import { at, keep, make, say, show } from "./dom.js";
import { _, ngettext } from "./i18n.js";
import { chip, named, title, word } from "./people.js";
import { clock as wall } from "./time.js";

/**
 * @typedef {{number: number, client_id: string, speaker: import("./floor.js").Speaker, item: number | null, characters: number, sha256: string,
 *   state: "filed" | "withdrawn" | "read_out" | "on_record", filed_at: string}} Receipt
 * @typedef {{id: string, text: string, item: string}} Draft
 */

const LONGEST = 20_000;
const SAVE = 400;

/** @type {Record<string, () => string>} */
const STATES = {
  filed: () => _("Handed in"),
  withdrawn: () => _("Withdrawn"),
  read_out: () => _("Read out"),
  on_record: () => _("On record"),
};

/** @param {any} host */
export function panel(host) {
  return host.face === "console" ? desk(host) : room(host);
}

/** What a door of the statements says, and whether that is a refusal. @param {string} sitting @param {string} of @param {object} [said] */
async function ask(sitting, of, said) {
  const posted = said && { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(said) };
  const response = await fetch(`/api/v1/sittings/${sitting}/statements${of}`, posted).catch(() => null);
  return { ok: Boolean(response?.ok), status: response?.status ?? 0, body: await response?.json().catch(() => null) };
}

// The room

/** @param {any} host */
function room(host) {
  const dialog = at("statement");
  const field = at("statement-text");
  /** @type {Receipt[]} */ let own = [];
  /** @type {{text: string, name: string} | null} */ let file = null;
  /** @type {Draft} */ let draft = fresh();
  let saving = 0;

  at("statement-open").onclick = open;
  at("statement-later").onclick = () => dialog.close();
  at("statement-without").onclick = without;
  at("statement-form").onsubmit = handIn;
  at("statement-file").onchange = take;
  at("statement-item").onchange = keepDraft;
  addEventListener("pagehide", () => dialog.open && keepDraft());
  field.oninput = () => {
    clearTimeout(saving);
    saving = window.setTimeout(keepDraft, SAVE);
  };

  /** A draft of the members' part is kept by this tab alone, and by no other person of this browser. */
  function store() {
    return host.open ? localStorage : sessionStorage;
  }

  function place() {
    return `cwg-statement ${host.line.sitting} ${host.you.name}`;
  }

  function keepDraft() {
    draft = { ...draft, text: field.value, item: at("statement-item").value };
    if (file) return;
    store().setItem(place(), JSON.stringify(draft));
    tell(_("Kept in this browser %(time)s. %(left)s characters are left.", { time: wall(new Date()), left: LONGEST - field.value.length }));
  }

  async function open() {
    draft = JSON.parse(store().getItem(place()) ?? "null") ?? fresh();
    field.value = draft.text;
    refuse("");
    tell("");
    dialog.showModal();
    await items();
    at("statement-item").value = draft.item;
  }

  /** The items of this sitting's agenda, as far as the reader may know them. */
  async function items() {
    const meeting = await fetch(`/api/v1${host.root.dataset.meeting}`).then((response) => response.json()).catch(() => null);
    const options = (meeting?.agenda ?? []).filter((/** @type {any} */ item) => item.sitting === host.line.sitting);
    at("statement-item").replaceChildren(make("option", { value: "" }, _("The item in hand")),
      ...options.map((/** @type {any} */ { number, title }) => make("option", { value: number }, `${number}. ${title}`)));
  }

  /** A file is text in UTF-8, or it is refused with what to do; its bytes are kept as they are. */
  async function take() {
    const [chosen] = at("statement-file").files;
    if (!chosen) return;
    const text = await chosen.arrayBuffer().then((/** @type {ArrayBuffer} */ bytes) => new TextDecoder("utf-8", { fatal: true }).decode(bytes)).catch(() => null);
    at("statement-file").value = "";
    if (text === null || text.includes("\0")) return refuse(_("This file is not plain text. Save it as text (UTF-8), or copy its words into the box; Word and PDF files are not taken."));
    if (text.length > LONGEST) return refuse(_("This file is longer than 20,000 characters."));
    if (!file && field.value) keepDraft();
    file = { text, name: chosen.name };
    field.value = text;
    field.readOnly = true;
    refuse("");
    show(at("statement-without"), true);
    tell(_("%(name)s: %(num)s characters, handed in as they are.", { name: chosen.name, num: text.length }));
  }

  function without() {
    file = null;
    field.readOnly = false;
    field.value = draft.text;
    show(at("statement-without"), false);
    tell("");
  }

  /** @param {Event} event */
  async function handIn(event) {
    event.preventDefault();
    clearTimeout(saving);
    if (!file) keepDraft();
    const item = at("statement-item").value;
    const said = { id: draft.id, text: file?.text ?? field.value, item: item ? Number(item) : null, ...(file ? { source: "uploaded", file_name: file.name.slice(-120) } : {}) };
    refuse("");
    const { ok, status, body } = await ask(host.line.sitting, "", said);
    if (ok) return received(body);
    if (status === 409) draft = { ...draft, id: crypto.randomUUID() };
    refuse(status ? Object.values(body?.faults ?? {})[0] ?? body?.detail ?? body?.title : _("The service cannot be reached. Try again: it is handed in once, however often you try."));
  }

  /** @param {Receipt} receipt */
  function received({ number }) {
    store().removeItem(place());
    draft = fresh();
    without();
    field.value = "";
    dialog.close();
    announce(_("Your statement is handed in, number %(number)s.", { number }));
    follow();
  }

  async function follow() {
    const sitting = host.line.sitting;
    const { ok, body } = await ask(sitting, "/mine");
    if (!ok || sitting !== host.line.sitting) return;
    own = body;
    drawOwn();
  }

  /** @param {any} welcome @param {boolean} anew */
  function welcome({ kind, audience }, anew) {
    host.open = audience.everyone;
    at("statements-all").href = `/sittings/${host.line.sitting}/statements`;
    if (kind === "moved") {
      dialog.close();
      own = [];
      field.value = "";
    }
    if (anew || own.length) follow();
  }

  /** @param {{note: string}} note */
  function note({ note }) {
    if (note !== "statement") return;
    announce(_("There is news of a statement of yours."));
    follow();
  }

  function drawOwn() {
    keep(at("statements-own"), own, ({ number }) => number, (receipt) => {
      const back = make("button", { type: "button", class: "plain-button" }, _("Withdraw"), make("span", { class: "unseen" }, ` ${receipt.number}`));
      back.onclick = () => withdraw(receipt.number);
      return make("li", { class: "statement-row" }, make("p", {}, make("strong", {}, _("Yours, number %(number)s", receipt)), " ", make("span", { class: "chip" }), " ", back),
        make("p", { class: "small quiet" }, about(receipt), " ", make("span", { class: "digest" }, _("SHA-256 %(sha256)s", receipt))));
    }, (row, { state }) => {
      say(row.querySelector(".chip"), STATES[state]());
      show(/** @type {Element} */ (row.querySelector("button")), state === "filed");
    });
  }

  /** @param {number} number */
  async function withdraw(number) {
    const answer = await host.line.wish("withdraw-statement", { number });
    if (!answer.ok) host.refuse(answer.why?.sentence || word("reason", answer.reason));
    follow();
  }

  /** @param {import("./floor.js").Floor} floor @param {any} you */
  function draw({ statements, state }, you) {
    show(at("statement-open"), you.may_speak && ["open", "scheduled"].includes(state));
    show(at("statements-empty"), !statements.length && !own.length);
    show(at("statements-all"), statements.length > 0);
    keep(at("statements-record"), statements, ({ number }) => number, (each) => make("li", { class: "statement-row" },
      make("a", { href: `/sittings/${host.line.sitting}/statements#statement-${each.number}`, target: "_blank", rel: "noopener" }, make("bdi", {}, title(each.speaker))), " ",
      make("span", { class: "quiet" }, each.item ? _("on item %(item)s", each) : "", " ", wall(new Date(each.at)))));
  }

  /** @param {string} said */
  function refuse(said) {
    say(at("statement-no").querySelector("span"), said);
    show(at("statement-no"), Boolean(said));
    if (said) announce(said);
  }

  return { welcome, note, draw };
}

/** @returns {Draft} */
function fresh() {
  return { id: crypto.randomUUID(), text: "", item: "" };
}

/** @param {string} said */
function tell(said) {
  say(at("statement-state"), said);
}

/** @param {Receipt} receipt */
function about({ item, characters, filed_at }) {
  return [_("handed in %(time)s", { time: wall(new Date(filed_at)) }), item ? _("on item %(item)s", { item }) : "", ngettext("%(num)s character", "%(num)s characters", characters)].filter(Boolean).join(", ");
}

// The console

/** @param {any} host */
function desk(host) {
  const dialog = at("statement");
  /** @type {Receipt[]} */ let filed = [];
  /** @type {Set<number>} */ const opened = new Set();
  let shown = 0;

  at("statement-read").onclick = () => mark("read-statement");
  at("statement-record").onclick = () => mark("record-statement");

  async function follow() {
    const sitting = host.line.sitting;
    const { ok, body } = await ask(sitting, "/filed");
    if (!ok || sitting !== host.line.sitting) return;
    filed = body;
    redraw();
  }

  /** @param {any} welcome */
  function welcome({ kind }) {
    at("statements-all").href = `/sittings/${host.line.sitting}/statements`;
    if (kind === "moved") {
      dialog.close();
      say(at("statement-words"), "");
      filed = [];
      opened.clear();
    }
    follow();
  }

  /** @param {any} event @param {boolean} missed */
  function event({ on, kind }, missed) {
    if (on !== "console" || !kind.startsWith("statement-")) return;
    if (kind === "statement-filed" && !missed) announce(_("A written statement was handed in."));
    follow();
  }

  /** @param {number} number */
  async function open(number) {
    const { ok, body } = await ask(host.line.sitting, `/${number}`);
    if (!ok) return host.refuse(body?.title ?? _("The service cannot be reached at this moment."));
    shown = number;
    opened.add(number);
    const { receipt, text } = body;
    say(at("statement-title"), _("%(who)s, statement %(number)s", { who: title(receipt.speaker), number }));
    say(at("statement-about"), about(receipt));
    say(at("statement-words"), text);
    say(at("statement-digest"), receipt.sha256);
    redraw();
    dialog.showModal();
    at("statement-title").focus();
  }

  /** @param {string} kind */
  async function mark(kind) {
    if ((await host.wish(kind, { number: shown }))?.ok) dialog.close();
    else say(at("statement-about"), at("answer").textContent);
  }

  function redraw() {
    if (host.floor && host.you) draw(host.floor, host.you);
  }

  /** @param {import("./floor.js").Floor} floor @param {any} you */
  function draw({ state }, you) {
    show(at("statements-empty"), !filed.length);
    keep(at("statements-filed"), filed, ({ number }) => number, row, (node, { number, state: its }) => {
      say(node.querySelector("[data-state]"), STATES[its]());
      show(/** @type {Element} */ (node.querySelector("button")), its !== "withdrawn");
      node.toggleAttribute("data-open", its === "filed" && !opened.has(number));
    });
    host.fresh(filed.filter(({ number, state: its }) => its === "filed" && !opened.has(number)).length);
    const its = filed.find(({ number }) => number === shown)?.state;
    show(at("statement-read"), you.may_steer && state === "open" && its === "filed");
    show(at("statement-record"), you.may_preside && state === "open" && (its === "filed" || its === "read_out"));
  }

  /** @param {Receipt} receipt */
  function row(receipt) {
    const { number, speaker } = receipt;
    const read = make("button", { type: "button", class: "plain-button" }, _("Read"), make("span", { class: "unseen" }, ` ${number}, ${title(speaker)}`));
    read.onclick = () => open(number);
    return make("li", { class: "statement-row" }, make("p", { class: "message-head" }, make("span", { class: "figures" }, `${number}.`), named(speaker), chip(speaker.category), make("span", { class: "chip", "data-state": true }), read),
      make("p", { class: "small quiet" }, about(receipt)));
  }

  return { welcome, event, draw };
}
