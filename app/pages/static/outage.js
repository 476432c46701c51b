// @ts-check
/** A page that goes on without the network: it asks, keeps what was done, and tells it later, once. */

import { _, locale } from "./i18n.js";

const PATIENCE = 4000; // milliseconds for an answer before the page decides by itself
const TRY_AGAIN = 3000;
const LOOK_AGAIN = 10_000;
const LIST_AGAIN = 60_000;

/** @param {number | string} moment */
export const clock = (moment) => new Date(moment).toLocaleTimeString(locale, { hour: "2-digit", minute: "2-digit" });

/** An answer of which the end has come too: a line may break in the middle of it. @param {Response} response */
async function whole(response) {
  await response.clone().blob();
  return response;
}

export class Outage {
  /** @param {string} api  below which everything is asked @param {import("./signed_list.js").SignedList<any, any>} list
   * @param {string} notes  where what was done is told @param {{changed: () => void, look: () => Promise<void>}} page
   */
  constructor(api, list, notes, page) {
    this.api = api;
    this.list = list;
    this.notes = notes;
    this.page = page;
    /** @type {number | null} */
    this.without = null; // since when there is no network
    this.signedOut = false;
    /** @type {Promise<boolean> | null} */
    this.telling = null;
  }

  /** An answer, or null where none came. @param {string} path @param {unknown} [body] */
  async ask(path, body) {
    const options = body === undefined ? {} : { method: "POST", body: JSON.stringify(body), headers: { "Content-Type": "application/json" } };
    const response = await fetch(this.api + path, { ...options, signal: AbortSignal.timeout(PATIENCE) }).then(whole).catch(() => null);
    const there = response !== null && response.status < 500 && response.status !== 429;
    if (!there) this.without ??= Date.now();
    if (there) this.without = null;
    this.signedOut = response?.status === 401;
    this.page.changed();
    return there && response.status !== 401 ? response : null;
  }

  /** What waits to be told and was not refused. */
  get waiting() {
    return this.list.queue.filter((each) => !each.fault);
  }

  /** What people should know of the network and of the list. */
  sentences() {
    const { list, without } = this;
    const said = [];
    if (this.signedOut) said.push(_("You are signed out. Sign in in another tab: what is noted here is kept."));
    if (without) said.push(_("No network since %(time)s.", { time: clock(without) }));
    if (without && !list.list) said.push(_("There is no list here: nothing can be checked."));
    if (list.proof === "bad") said.push(_("The list that was kept here is not the service's, and is not used."));
    if (list.proof === "unproven" && without) said.push(_("This browser cannot check the signature of the list."));
    return said;
  }

  /** Tell the service what was done without it, in its order; true when nothing is left. */
  tell() {
    this.telling ??= this.#tellAll().finally(() => { this.telling = null; this.page.changed(); });
    return this.telling;
  }

  async #tellAll() {
    const { list } = this;
    for (const one of this.waiting) {
      const { name: _name, fault: _fault, ...said } = one;
      const response = await this.ask(this.notes, said);
      if (!response) return false;
      if (response.ok) list.queue.splice(list.queue.indexOf(one), 1);
      else one.fault = (await response.json().catch(() => ({}))).detail || _("The service did not take it.");
      list.save();
    }
    return true;
  }

  async refresh() {
    const response = await this.ask("/list");
    if (response?.ok) await this.list.take(await response.json(), true);
    this.page.changed();
  }

  /** What comes back with the network: first what was noted, then a new list and what is shown. */
  async again() {
    if (this.without === null && this.waiting.length === 0) return;
    if (await this.tell() && this.waiting.length === 0) {
      await this.refresh();
      await this.page.look();
    }
  }

  /** Take up what was kept, and go on looking. */
  async begin() {
    await this.list.recall();
    await this.refresh();
    await this.again();
    await this.page.look();
    window.addEventListener("online", () => this.again());
    setInterval(() => { if (this.without || this.list.queue.length) this.again(); }, TRY_AGAIN);
    setInterval(() => { if (!this.without) this.page.look(); }, LOOK_AGAIN);
    setInterval(() => { if (!this.without) this.refresh(); }, LIST_AGAIN);
  }
}

/** Keep this page, without what it says of people, so that a reload needs no network.
 * @param {string} worker  its address; it works for the addresses beside it
 * @param {{emptied: string[], hidden: string[]}} without
 */
export async function keepPage(worker, without) {
  if (!navigator.serviceWorker) return;
  try {
    await navigator.serviceWorker.register(worker);
    const bare = /** @type {HTMLElement} */ (document.documentElement.cloneNode(true));
    for (const within of [...without.emptied, ".head-me"]) bare.querySelector(within)?.replaceChildren();
    for (const gone of without.hidden) bare.querySelector(gone)?.setAttribute("hidden", "");
    bare.querySelectorAll("[name=csrf]").forEach((field) => field.remove());
    bare.querySelectorAll("[type=search]").forEach((field) => field.setAttribute("value", ""));
    bare.querySelector("[data-ready]")?.removeAttribute("data-ready");
    const cache = await caches.open(worker.slice(0, worker.lastIndexOf("/") + 1));
    for (const old of await cache.keys()) if (new URL(old.url).pathname !== location.pathname) await cache.delete(old);
    await cache.put(location.pathname, new Response(`<!doctype html>${bare.outerHTML}`, { headers: { "Content-Type": "text/html; charset=utf-8" } }));
    const used = performance.getEntriesByType("resource").map((each) => new URL(each.name)).filter((each) => /^\/(static|i18n)\//.test(each.pathname));
    await Promise.all([...new Set(used.map((each) => each.href))].map((each) => cache.add(each)));
  } catch {
    // The page works without; only a reload then needs the network.
  }
}
