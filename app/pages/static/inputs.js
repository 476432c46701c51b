// @ts-check
/**
 * The form of an input, saved on the server field by field as each is left; several may write at once.
 *
 * What is typed is kept in this browser until the service has it, so that neither a cut line nor a reload
 * loses a word. Who was slower is shown both texts and chooses. Without this script there is a button.
 */

import { announce } from "./announce.js";
import { _, locale } from "./i18n.js";

const AGAIN = [2000, 5000, 15_000, 30_000];
const PAUSE = 5000; // a text that is written on and on is saved meanwhile

const form = /** @type {HTMLFormElement | null} */ (document.querySelector("form.filing"));

/** With seconds, as the reader's clock shows it. @param {string | number} moment */
function clock(moment) {
  return new Date(moment).toLocaleTimeString(locale, { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
}

/** @param {HTMLFormElement} form */
function saving(form) {
  const input = form.dataset.input;
  /** @type {Map<string, Promise<void>>} */ const running = new Map();
  /** @type {Set<string>} */ const unsaved = new Set();
  let failures = 0;
  let sent = false;

  const keys = [...form.querySelectorAll('input[type="hidden"]')]
    .map((each) => /** @type {HTMLInputElement} */ (each))
    .filter((each) => each.name.startsWith("rev:"));
  /** @type {Map<string, string>} */ const last = new Map();
  for (const each of keys) last.set(each.name.slice(4), value(each.name.slice(4)));

  const kept = (/** @type {string} */ key) => `cwg-input:${input}:${key}`;

  /** What a field says now. @param {string} key */
  function value(key) {
    return String(new FormData(form).get(key) ?? "");
  }

  /** @param {string} key */
  function revision(key) {
    return /** @type {HTMLInputElement} */ (form.querySelector(`input[name="rev:${CSS.escape(key)}"]`));
  }

  /** @param {string} key @param {string} text */
  function write(key, text) {
    const found = form.elements.namedItem(key);
    if (found instanceof RadioNodeList) found.value = text;
    else if (found instanceof HTMLInputElement && found.type === "checkbox") found.checked = text === "yes";
    else if (found) /** @type {HTMLInputElement} */ (found).value = text;
    last.set(key, value(key));
  }

  /** @param {string} key @param {string} text @param {boolean} [wrong] */
  function say(key, text, wrong = false) {
    const line = /** @type {HTMLElement | null} */ (form.querySelector(`[data-saved="${CSS.escape(key)}"]`));
    if (!line) return;
    line.textContent = text;
    line.dataset.state = wrong ? "wrong" : "";
  }

  /** One field at a time; what is written meanwhile is saved after it. @param {string} key */
  function save(key) {
    const before = running.get(key) ?? Promise.resolve();
    const next = before.then(() => put(key));
    running.set(key, next);
    return next;
  }

  /** @param {string} key */
  async function put(key) {
    const text = value(key);
    if (text === last.get(key)) return;
    unsaved.add(key);
    const base = Number(revision(key).value);
    keep(key, text, base);
    say(key, _("Saving…"));
    const response = await fetch(`/api/v1/inputs/${input}/fields/${encodeURIComponent(key)}`, {
      method: "PUT",
      headers: { "content-type": "application/json", accept: "application/json" },
      body: JSON.stringify({ text, revision: base }),
    }).catch(() => null);
    const said = await response?.json().catch(() => null);
    if (response?.ok && said) return done(key, text, said);
    if (response?.status === 409 && said?.current) return clashed(key, said);
    if (response && response.status < 500 && response.status !== 429) {
      say(key, Object.values(said?.faults ?? {}).join(" ") || said?.detail || said?.title || _("It was not saved."), true);
      return;
    }
    say(key, _("Not saved yet: it is tried again. It is kept in this browser."), true);
    window.setTimeout(() => save(key), AGAIN[Math.min(failures++, AGAIN.length - 1)]);
  }

  /** @param {string} key @param {string} text what was sent @param {{text: string, revision: number}} said */
  function done(key, text, said) {
    failures = 0;
    revision(key).value = String(said.revision);
    const now = clock(Date.now());
    const changed = said.text !== text.replaceAll("\r\n", "\n").trim();
    if (value(key) === text) {
      if (document.activeElement !== form.elements.namedItem(key)) write(key, said.text);
      last.set(key, value(key));
      unsaved.delete(key);
      forget(key);
      say(key, changed ? _("Saved %(time)s, without signs that nobody can see", { time: now }) : _("Saved %(time)s", { time: now }));
    }
    announce(_("Saved"));
  }

  /** Somebody else was faster: both texts, and a choice. @param {string} key @param {any} said */
  function clashed(key, said) {
    const mine = value(key);
    revision(key).value = String(said.current.revision);
    forget(key);
    unsaved.delete(key);
    write(key, said.current.text);
    const line = form.querySelector(`[data-saved="${CSS.escape(key)}"]`);
    const box = document.createElement("div");
    box.className = "notice clash";
    box.setAttribute("role", "alert");
    const words = document.createElement("div");
    const title = document.createElement("p");
    title.className = "notice-title";
    title.textContent = _("%(name)s was faster. Above is that text; yours is kept:", { name: said.current.by || _("Another author") });
    const text = document.createElement("div");
    text.className = "input-words";
    text.dir = "auto";
    text.textContent = mine;
    const own = button(_("Put mine in its place"), async () => {
      const response = await fetch(`/api/v1/inputs/${input}/asides/${said.aside}`, { method: "POST", headers: { accept: "application/json" } }).catch(() => null);
      const taken = response?.ok ? await response.json() : null;
      if (!taken) return;
      revision(key).value = String(taken.revision);
      write(key, taken.text);
      say(key, _("Saved %(time)s. The other text is kept aside.", { time: clock(Date.now()) }));
      box.remove();
    });
    const theirs = button(_("Leave it so"), async () => box.remove());
    words.append(title, text, ...(said.aside ? [own] : []), theirs);
    box.append(words);
    line?.after(box);
    say(key, _("Not saved: somebody else was faster."), true);
  }

  /** @param {string} label @param {() => Promise<void>} act */
  function button(label, act) {
    const made = document.createElement("button");
    made.type = "button";
    made.className = "button";
    made.dataset.kind = "secondary";
    made.textContent = label;
    made.addEventListener("click", act);
    return made;
  }

  /** @param {string} key @param {string} text @param {number} base */
  function keep(key, text, base) {
    try {
      localStorage.setItem(kept(key), JSON.stringify({ text, base }));
    } catch {
      // A browser that keeps nothing still has the page.
    }
  }

  /** @param {string} key */
  function forget(key) {
    try {
      localStorage.removeItem(kept(key));
    } catch {
      // as above
    }
  }

  /** What an earlier visit could not bring to the service. */
  function restore() {
    for (const key of last.keys()) {
      try {
        const found = JSON.parse(localStorage.getItem(kept(key)) ?? "null");
        if (!found || found.text === value(key)) continue;
        const before = last.get(key) ?? "";
        write(key, found.text);
        last.set(key, before);
        revision(key).value = String(found.base);
        save(key);
      } catch {
        // as above
      }
    }
  }

  let timer = 0;
  form.addEventListener("input", (event) => {
    const name = /** @type {HTMLInputElement} */ (event.target).name;
    if (!last.has(name)) return;
    unsaved.add(name);
    keep(name, value(name), Number(revision(name).value));
    window.clearTimeout(timer);
    timer = window.setTimeout(() => save(name), PAUSE);
  });
  form.addEventListener("change", (event) => {
    const name = /** @type {HTMLInputElement} */ (event.target).name;
    if (last.has(name)) save(name);
  });
  form.addEventListener("submit", () => {
    sent = true;
    for (const key of last.keys()) forget(key);
  });
  window.addEventListener("beforeunload", (event) => {
    if (!sent && unsaved.size) event.preventDefault();
  });
  restore();
}

if (form) saving(form);
