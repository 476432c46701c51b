// @ts-check
/** What the badge desk can tell by itself, by its signed list and by what it has noted since. */

import { SignedList, digest } from "./signed_list.js";

/** @typedef {{by: string[], registration: string, name: string, entity: string, capacity: string, badge: boolean, outdated: boolean, identity_seen: boolean, handed_out: boolean}} Entry */
/** @typedef {{meeting: string, made_at: string, people: Entry[], ended: string[]}} List */
/** @typedef {{id: string, registration?: string, text?: string, identity_seen: boolean, handed_out: boolean, at: string, told: string, name?: string, fault?: string}} Note */

const SHOWN = 20;

/** Without accents and case, as somebody types a name. @param {string} text */
const folded = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();

/** @extends {SignedList<List, Note>} */
export class DeskList extends SignedList {
  /** @param {string} meeting @param {string} key */
  constructor(meeting, key) {
    super("desk", "meeting", meeting, key);
  }

  /** Whom a badge or a reference stands for, or who has every word in name and body.
   * @param {string} asked
   * @returns {Promise<{found: Entry[], number: number, ended: boolean}>}
   */
  async look(asked) {
    const key = await digest(asked);
    if (this.list?.ended.includes(key)) return { found: [], number: 0, ended: true };
    const one = this.found.get(key);
    if (one) return { found: [/** @type {Entry} */ (one)], number: 1, ended: false };
    const words = folded(asked).split(/\s+/).filter(Boolean);
    const all = (this.list?.people ?? []).filter((each) => words.every((word) => folded(`${each.name} ${each.entity}`).includes(word)));
    return { found: all.slice(0, SHOWN), number: all.length, ended: false };
  }

  /** What is known of somebody here, with what was noted since. @param {Entry} entry */
  state(entry) {
    const here = this.queue.filter((each) => each.registration === entry.registration && !each.fault);
    return {
      identity_seen: entry.identity_seen || here.some((each) => each.identity_seen),
      handed_out: entry.handed_out || here.some((each) => each.handed_out),
    };
  }
}
