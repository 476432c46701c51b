// @ts-check
/** What a door can decide by itself, by its signed list and by what it has seen since. */

import { SignedList, digest } from "./signed_list.js";

/** @typedef {{by: string[], name: string, entity: string, category: string, allowed: boolean, sentence: string, clause: string, inside: boolean}} Entry */
/** @typedef {{sitting: string, made_at: string, open: boolean, opens_at: string | null, people: Entry[], ended: string[]}} List */
/** @typedef {{id: string, text: string, way: "in" | "out", door: string, insists: boolean, at?: string, told?: string, name?: string, fault?: string}} Scan */

/** @extends {SignedList<List, Scan>} */
export class DoorList extends SignedList {
  /** @param {string} sitting @param {string} key */
  constructor(sitting, key) {
    super("door", "sitting", sitting, key);
  }

  /** What this door would say by its list.
   * @param {Scan} scan
   * @returns {Promise<{verdict: string, why: string, entry: Entry | null, key: string}>}
   */
  async decide(scan) {
    const key = await digest(scan.text);
    const entry = this.found.get(key) ?? null;
    /** @param {string} verdict @param {string} why */
    const say = (verdict, why) => ({ verdict, why, entry, key });
    if (scan.way === "out") return say("left", "");
    if (this.list?.ended.includes(key)) return say("refused", "ended");
    if (!this.list || !entry) return say("unchecked", this.list ? "unknown" : "no-list");
    if (!this.opened()) return this.list.opens_at ? say("refused", "not-open") : say("unchecked", "not-open");
    if (!entry.allowed) return say("refused", "rule");
    if (await this.inside(entry) && !scan.insists) return say("already-in", "inside");
    return say("admitted", "rule");
  }

  opened() {
    const list = /** @type {List} */ (this.list);
    return list.open || (list.opens_at !== null && Date.parse(this.now()) >= Date.parse(list.opens_at));
  }

  /** Whether somebody is noted as in the hall, by the list and by what this door has seen since. @param {Entry} entry */
  async inside(entry) {
    let inside = entry.inside;
    for (const scan of this.queue) {
      if (entry.by.includes(await digest(scan.text)) && scan.told !== "refused") inside = scan.way === "in";
    }
    return inside;
  }
}
