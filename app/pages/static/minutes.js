// @ts-check
/**
 * The minutes pad: saved as it is typed, by several at once.
 *
 * What is typed is kept in this browser until the service has it, so that neither a cut line nor a reload
 * loses a word. Who was slower is shown both texts and chooses; both are kept among the versions.
 */

import { announce } from "./announce.js";
import { at, keep, make, say, show } from "./dom.js";
import { _, locale } from "./i18n.js";

/**
 * @typedef {{text: string, item: number | null, decision: boolean}} Said
 * @typedef {Said & {id: string, place: number, version: number, change: number, deleted: boolean, by: string, at: string}} Paragraph
 * @typedef {Said & {base: number, sent: Said | null, after: string | null}} Draft  base: the version it was written over
 * @typedef {{id: string, saved: Paragraph | null, draft: Draft | null, saving: boolean, fault: string, clash: Paragraph | null, timer: number, since: number, node: HTMLElement}} Row
 */

const PAUSE = 800; // after the last key
const AT_LONGEST = 5000; // while somebody types on and on
const AGAIN = [1000, 2000, 4000, 8000, 15_000];
const HIDDEN = /(?![\n\t\u200c-\u200f\u061c])[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}]/gu;
const EMPTY = { text: "", item: null, decision: false };

/** @param {Said} one @param {Said} other */
function same(one, other) {
  return one.text === other.text && one.item === other.item && one.decision === other.decision;
}

/** @param {Said} said @returns {Said} */
function content({ text, item, decision }) {
  return { text, item, decision };
}

/** In one spelling, without the signs that nobody sees; lines stay. @param {string} text */
function clean(text) {
  return text.normalize("NFC").replace(HIDDEN, "");
}

/** With seconds, as the reader's clock shows it. @param {string | number} moment */
function clock(moment) {
  return new Date(moment).toLocaleTimeString(locale, { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
}

/**
 * The pad of a sitting inside `#minutes`.
 * @param {string} sitting @param {(count: number) => void} fresh  so many were changed by others
 */
export function pad(sitting, fresh) {
  const list = at("minutes-list");
  /** @type {Map<string, Row>} */ let rows = new Map();
  let cursor = 0;
  let pulling = false;
  let asked = false;
  let writes = false;
  let me = "";
  let failures = 0;
  let retry = 0;
  let round = 0;
  let changed = 0;
  /** @type {Row | null} */ let taken = null; // the paragraph deleted last

  const address = (/** @type {string} */ more) => `/api/v1/sittings/${sitting}/minutes${more}`;
  const key = (/** @type {string} */ id) => `cwg-minutes:${me}:${sitting}:${id}`;

  // Reading

  /** What has changed since; called on every news, and now and then where there are none. */
  async function pull() {
    asked = true;
    if (pulling) return;
    pulling = true;
    const mine = round;
    while (asked && mine === round) {
      asked = false;
      const response = await fetch(address(`?after=${cursor}`), { headers: { accept: "application/json" } }).catch(() => null);
      const found = response?.ok ? await response.json().catch(() => null) : null;
      if (mine !== round) break;
      if (!found) {
        if (response && response.status < 500) state(_("The minutes are not open to you."));
        break;
      }
      const first = !me;
      me = found.me;
      writes = found.may_write;
      for (const paragraph of found.paragraphs) take(paragraph);
      cursor = found.newest;
      asked ||= found.more;
      if (first && !found.more) restore();
      draw();
    }
    pulling = false;
  }

  /** What the service has. @param {Paragraph} paragraph */
  function take(paragraph) {
    const row = rows.get(paragraph.id) ?? add(paragraph.id);
    const before = row.saved;
    if (before && before.change >= paragraph.change) return;
    row.saved = paragraph;
    if (before && before.version === paragraph.version) return;
    if (row.clash) row.clash = paragraph;
    else if (row.draft && row.draft.base !== paragraph.version && !row.saving) save(row); // the answer tells who was faster
    if (cursor && !row.draft) changed += 1;
  }

  /** @param {string} id @returns {Row} */
  function add(id) {
    const made = { id, saved: null, draft: null, saving: false, fault: "", clash: null, timer: 0, since: 0, node: /** @type {any} */ (null) };
    rows.set(id, made);
    return made;
  }

  /** What this browser kept of an earlier visit, because the service had not got it. */
  function restore() {
    const prefix = key("");
    for (const kept of Object.keys(localStorage).filter((name) => name.startsWith(prefix))) {
      const id = kept.slice(prefix.length);
      /** @type {Draft | null} */ let draft = null;
      try { draft = JSON.parse(localStorage.getItem(kept) ?? ""); } catch { localStorage.removeItem(kept); }
      if (!draft) continue;
      const row = rows.get(id) ?? add(id);
      if (row.saved && !row.saved.deleted && same(draft, row.saved)) forget(row);
      else {
        row.draft = draft;
        save(row);
      }
    }
  }

  // Writing

  /** @param {Row} row */
  function said(row) {
    return row.draft ?? row.saved ?? EMPTY;
  }

  /** @param {Row} row @param {Partial<Said>} change */
  function edit(row, change) {
    const before = said(row);
    const draft = row.draft ?? { ...content(before), base: row.saved?.version ?? 0, sent: null, after: null };
    row.draft = { ...draft, ...change };
    hold(row);
    row.since ||= Date.now();
    clearTimeout(row.timer);
    row.timer = setTimeout(() => save(row), Math.max(0, Math.min(PAUSE, row.since + AT_LONGEST - Date.now())));
    drawState(row);
  }

  /** In this browser, until the service has it. @param {Row} row */
  function hold(row) {
    try { localStorage.setItem(key(row.id), JSON.stringify(row.draft)); } catch { state(_("This browser keeps nothing: do not leave this page before it is saved.")); }
  }

  /** @param {Row} row */
  function forget(row) {
    row.draft = null;
    row.since = 0;
    localStorage.removeItem(key(row.id));
  }

  /** One at a time for each paragraph; what is typed meanwhile follows. @param {Row} row */
  async function save(row) {
    clearTimeout(row.timer);
    const draft = row.draft;
    if (!draft || row.saving || row.clash || !writes) return;
    if (!row.saved && !draft.text.trim() && draft.base === 0) return; // an empty new one is nobody's loss
    if (row.saved && !row.saved.deleted && same(draft, row.saved)) {
      forget(row);
      return draw();
    }
    row.saving = true;
    row.since = 0;
    const sent = content(draft);
    row.draft = { ...draft, sent };
    hold(row);
    drawState(row);
    const { status, answer } = await put(row.id, { version: draft.base, ...sent, ...(row.saved ? {} : { after: above(row, draft) }) });
    row.saving = false;
    heard(row, sent, status, answer);
    draw();
  }

  /** @param {string} id @param {object} body */
  async function put(id, body) {
    return sent("PUT", `/${id}`, body);
  }

  /** @param {string} method @param {string} where @param {object} [body] @returns {Promise<{status: number, answer: any}>} */
  async function sent(method, where, body) {
    try {
      const response = await fetch(address(where), { method, signal: AbortSignal.timeout(12_000), headers: { accept: "application/json", ...(body ? { "content-type": "application/json" } : {}) }, body: body && JSON.stringify(body) });
      return { status: response.status, answer: await response.json().catch(() => null) };
    } catch {
      return { status: 0, answer: null };
    }
  }

  /** @param {Row} row @param {Said} was @param {number} status @param {any} answer */
  function heard(row, was, status, answer) {
    const draft = /** @type {Draft} */ (row.draft);
    row.fault = "";
    if (status === 200) {
      failures = 0;
      took(row, was, answer);
    } else if (status === 409 && answer?.current) clashed(row, draft, answer.current);
    else if (status === 0 || status === 429 || status >= 500) {
      row.fault = "line";
      later();
    } else row.fault = answer?.faults?.text ?? answer?.detail ?? answer?.title ?? _("The service did not take it.");
  }

  /** @param {Row} row @param {Said} was @param {Paragraph} answer */
  function took(row, was, answer) {
    row.saved = row.saved && row.saved.change > answer.change ? row.saved : answer;
    const draft = /** @type {Draft} */ (row.draft);
    if (same(draft, was)) forget(row);
    else {
      row.draft = { ...draft, base: answer.version, sent: null };
      hold(row);
      save(row);
    }
  }

  /** Somebody was faster; or it was oneself, and the answer had been lost. @param {Row} row @param {Draft} draft @param {Paragraph} current */
  function clashed(row, draft, current) {
    row.saved = current;
    if (draft.sent && same(draft.sent, current) && !current.deleted) return took(row, draft.sent, current);
    row.clash = current;
    announce(_("Somebody else changed this paragraph too. Nothing is lost: choose."));
  }

  /** @param {Row} row @param {"mine" | "theirs" | "both"} which */
  function choose(row, which) {
    const theirs = /** @type {Paragraph} */ (row.clash);
    const mine = /** @type {Draft} */ (row.draft);
    row.clash = null;
    if (which === "theirs") forget(row);
    else {
      row.draft = { ...mine, text: which === "both" ? `${theirs.text}\n\n${mine.text}` : mine.text, base: theirs.version, sent: null };
      hold(row);
      save(row);
    }
    draw();
    row.node.querySelector("textarea")?.focus();
  }

  /** Again after a while, and at once when the line is back. */
  function later() {
    clearTimeout(retry);
    retry = setTimeout(saveAll, AGAIN[Math.min(failures++, AGAIN.length - 1)]);
  }

  function saveAll() {
    for (const row of rows.values()) if (row.draft) save(row);
  }

  /** The saved paragraph that stands before a new one. @param {Row} row @param {Draft} draft @returns {string | null} */
  function above(row, draft) {
    for (let id = draft.after; id; id = rows.get(id)?.draft?.after ?? null) if (rows.get(id)?.saved) return id;
    return draft.after === null ? null : draft.after;
  }

  /** A new one after this, or at the end. @param {Row | undefined} [row] */
  function insert(row) {
    const shown = ordered();
    const made = add(crypto.randomUUID());
    made.draft = { ...EMPTY, item: row ? said(row).item : inHand(), base: 0, sent: null, after: row?.id ?? shown.at(-1)?.id ?? null };
    draw();
    made.node.querySelector("textarea")?.focus();
  }

  /** The item in hand is what a new paragraph is about, most of the time. @returns {number | null} */
  function inHand() {
    return Number(at("minutes").dataset.hand) || null;
  }

  /** @param {Row} row @param {number} by  -1 up, 1 down */
  async function move(row, by) {
    const shown = ordered();
    const to = shown.indexOf(row) + by;
    if (to < 0 || to >= shown.length || !row.saved) return;
    const after = by < 0 ? shown[to - 1]?.id ?? null : shown[to].id;
    const { status, answer } = await put(row.id, { version: row.saved.version, ...content(row.saved), after });
    if (status === 200) take(answer);
    else if (status === 409) announce(_("It was changed meanwhile; look at it, then move it."));
    else state(_("Not moved: the service cannot be reached at this moment."));
    await pull();
    draw();
    row.node.querySelector("textarea")?.focus();
  }

  /** @param {Row} row */
  async function remove(row) {
    clearTimeout(row.timer);
    if (!row.saved) {
      forget(row);
      rows.delete(row.id);
      return draw();
    }
    const { status, answer } = await sent("DELETE", `/${row.id}?version=${row.saved.version}`);
    if (status === 200) {
      forget(row);
      row.clash = null;
      if (answer) take(answer);
      taken = row;
      announce(_("Paragraph deleted."));
    } else if (status === 409) state(_("It was changed meanwhile: look at it again, then decide."));
    else state(_("Not deleted: the service cannot be reached at this moment."));
    await pull();
    draw();
    return undefined;
  }

  /** Writing it brings it back. */
  async function bringBack() {
    const row = taken;
    taken = null;
    if (row?.saved) {
      const { status, answer } = await put(row.id, { version: row.saved.version, ...content(row.saved) });
      if (status === 200) take(answer);
    }
    draw();
  }

  // Drawing

  /** @returns {Row[]} */
  function ordered() {
    const standing = [...rows.values()].filter(({ saved, draft }) => (saved ? !saved.deleted || draft : draft));
    const placed = standing.filter(({ saved }) => saved).sort((one, other) => /** @type {any} */ (one.saved).place - /** @type {any} */ (other.saved).place || (one.id < other.id ? -1 : 1));
    for (const row of standing.filter(({ saved }) => !saved)) {
      const before = placed.findIndex(({ id }) => id === row.draft?.after);
      if (row.draft?.after === null) placed.unshift(row);
      else placed.splice(before < 0 ? placed.length : before + 1, 0, row);
    }
    return placed;
  }

  function draw() {
    const shown = ordered();
    keep(list, shown, ({ id }) => id, create, update);
    show(at("minutes-empty"), !shown.length && Boolean(me));
    show(at("minutes-add"), writes);
    show(at("minutes-back"), Boolean(taken));
    if (list.offsetParent) changed = 0; // it is being looked at
    fresh(changed);
    const waiting = shown.filter(({ draft }) => draft).length;
    if (me) state(waiting ? "" : _("All is saved."));
  }

  /** @param {string} text */
  function state(text) {
    say(at("minutes-state"), text);
  }

  /** @param {Row} row */
  function create(row) {
    const text = /** @type {HTMLTextAreaElement} */ (make("textarea", { class: "para-text", rows: 2, maxlength: 5000, dir: "auto", spellcheck: true, "aria-label": _("Text of the paragraph") }));
    const item = /** @type {HTMLSelectElement} */ (at("minutes-items").content.firstElementChild.cloneNode(true));
    const decision = /** @type {HTMLInputElement} */ (make("input", { type: "checkbox", id: `decision-${row.id}` }));
    const button = (/** @type {string} */ said, /** @type {string} */ name, /** @type {() => void} */ act) => {
      const made = make("button", { type: "button", class: "plain-button", "data-act": name }, said);
      made.onclick = act;
      return made;
    };
    text.oninput = () => {
      grow(text);
      edit(row, { text: clean(text.value) });
    };
    text.onkeydown = (event) => pressed(event, row);
    text.onblur = () => save(row);
    item.onchange = () => edit(row, { item: Number(item.value) || null });
    decision.onchange = () => edit(row, { decision: decision.checked });
    const versions = make("ol", { class: "plain para-versions" });
    const history = make("details", { class: "para-history" }, make("summary", {}, _("Versions")), versions);
    history.ontoggle = () => look(row, history, versions);
    const acts = make("div", { class: "para-acts" }, button(_("Add below"), "add", () => insert(row)), button(_("Up"), "up", () => move(row, -1)), button(_("Down"), "down", () => move(row, 1)), button(_("Delete"), "delete", () => remove(row)));
    row.node = make("li", { class: "para" }, make("div", { class: "para-head" }, item, make("span", { class: "choice" }, decision, make("label", { for: decision.id }, _("Decision"))), make("span", { class: "para-state" })),
      make("div", { class: "para-both" }, make("div", { class: "para-clash", hidden: true }), make("div", { class: "para-mine" }, make("p", { class: "para-whose", hidden: true }, _("Yours")), text)), make("div", { class: "para-choose", hidden: true },
        button(_("Keep mine"), "mine", () => choose(row, "mine")), button(_("Take theirs"), "theirs", () => choose(row, "theirs")), button(_("Both, one after the other"), "both", () => choose(row, "both"))), acts, history);
    return row.node;
  }

  /** @param {HTMLElement} node @param {Row} row */
  function update(node, row) {
    row.node = node;
    const { text, item, decision } = said(row);
    const area = /** @type {HTMLTextAreaElement} */ (node.querySelector("textarea"));
    // What is being typed is the draft, so it is never touched.
    if (clean(area.value) !== text) {
      const { selectionStart: caret } = area;
      area.value = text;
      if (document.activeElement === area) area.setSelectionRange(caret, caret);
    }
    area.readOnly = !writes;
    drawItem(/** @type {HTMLSelectElement} */ (node.querySelector("select")), item);
    /** @type {HTMLInputElement} */ (node.querySelector("input")).checked = decision;
    for (const field of node.querySelectorAll("select, input")) /** @type {HTMLInputElement} */ (field).disabled = !writes;
    node.toggleAttribute("data-decision", decision);
    show(/** @type {Element} */ (node.querySelector(".para-acts")), writes);
    drawClash(node, row);
    drawState(row);
    requestAnimationFrame(() => grow(area));
  }

  /** The items of this sitting's agenda; after a fence they are others. @param {HTMLSelectElement} select @param {number | null} item */
  function drawItem(select, item) {
    const fitting = at("minutes-items");
    if (select.dataset.of !== fitting.dataset.of) {
      select.dataset.of = fitting.dataset.of;
      select.replaceChildren(...fitting.content.firstElementChild.cloneNode(true).children);
    }
    select.value = String(item ?? "");
  }

  /** @param {HTMLElement} node @param {Row} row */
  function drawClash(node, row) {
    const theirs = row.clash;
    const box = /** @type {HTMLElement} */ (node.querySelector(".para-clash"));
    for (const part of node.querySelectorAll(".para-clash, .para-choose, .para-whose")) show(part, Boolean(theirs));
    node.toggleAttribute("data-clash", Boolean(theirs));
    if (!theirs || box.dataset.key === String(theirs.version)) return;
    box.dataset.key = String(theirs.version);
    box.replaceChildren(make("p", { class: "para-whose" }, make("bdi", {}, theirs.by), `, ${clock(theirs.at)}`, theirs.deleted ? `: ${_("deleted")}` : "", theirs.decision ? ` (${_("Decision")})` : ""), make("div", { class: "para-theirs", dir: "auto" }, theirs.text));
  }

  /** @param {Row} row */
  function drawState(row) {
    const node = row.node?.querySelector(".para-state");
    if (!node) return;
    const { draft, saved, clash, fault, saving } = row;
    say(node, clash ? _("Both are kept: choose.") : fault === "line" ? _("Not saved yet: kept in this browser") : fault ? _("Not saved: %(why)s", { why: fault }) : saving ? _("Saving …") : draft ? (draft.text || saved ? _("Writing …") : _("New")) : saved ? _("saved %(time)s", { time: clock(saved.at) }) : "");
    row.node.toggleAttribute("data-unsaved", Boolean(fault));
    if (draft) state("");
  }

  /** @param {HTMLTextAreaElement} text */
  function grow(text) {
    text.style.blockSize = "auto";
    text.style.blockSize = `${text.scrollHeight + 4}px`;
  }

  /** @param {KeyboardEvent} event @param {Row} row */
  function pressed(event, row) {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) insert(row);
    else if (event.altKey && event.key === "ArrowUp") move(row, -1);
    else if (event.altKey && event.key === "ArrowDown") move(row, 1);
    else return;
    event.preventDefault();
  }

  /** @param {Row} row @param {any} history @param {HTMLElement} into */
  async function look(row, history, into) {
    if (!history.open) return;
    const response = await fetch(address(`/${row.id}/versions`)).catch(() => null);
    const found = response?.ok ? await response.json().catch(() => []) : [];
    into.replaceChildren(...found.map((/** @type {any} */ each) => version(row, each)));
  }

  /** @param {Row} row @param {any} each */
  function version(row, each) {
    const back = make("button", { type: "button", class: "plain-button" }, _("Use this text"));
    back.onclick = () => {
      edit(row, content(each));
      draw();
    };
    return make("li", {}, make("p", { class: "para-whose" }, make("bdi", {}, each.by), `, ${clock(each.at)}`, each.aside ? `: ${_("kept aside, because somebody else was faster")}` : "", each.deleted ? `: ${_("deleted")}` : ""),
      make("div", { class: "para-theirs", dir: "auto" }, each.text), writes && back);
  }

  at("minutes-add").onclick = () => insert();
  at("minutes-back").onclick = bringBack;
  addEventListener("online", () => {
    saveAll();
    pull();
  });
  addEventListener("pagehide", saveAll);

  return {
    pull,
    /** The minutes of another sitting: what is not saved of this one stays in the browser. @param {string} other */
    go(other) {
      if (other === sitting) return;
      saveAll();
      for (const row of rows.values()) clearTimeout(row.timer);
      clearTimeout(retry);
      sitting = other;
      rows = new Map();
      [cursor, changed, me, taken, pulling] = [0, 0, "", null, false];
      round += 1;
      list.replaceChildren();
    },
  };
}

/** At the console: news say when something has changed. @param {any} host */
export function panel(host) {
  const made = pad(host.line.sitting, (count) => host.fresh(count));
  return {
    /** @param {any} welcome */
    welcome(welcome) {
      made.go(welcome.sitting);
      at("minutes-page").href = `/minutes/${welcome.sitting}`;
      made.pull();
    },
    /** @param {any} event */
    event(event) {
      if (event.kind === "minutes-changed") made.pull();
    },
    /** @param {import("./floor.js").Floor} floor */
    draw({ item }) {
      at("minutes").dataset.hand = String(item?.number ?? "");
    },
  };
}
