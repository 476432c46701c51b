// @ts-check
/**
 * What a door can decide by itself: the signed list, and the scans that wait to be told.
 *
 * Both are kept in this browser and survive a reload. People are found by the SHA-256 of what their
 * badge says, so the list makes no badge. A list is used only if its signature is the service's.
 */

/** @typedef {{by: string[], name: string, entity: string, category: string, allowed: boolean, sentence: string, clause: string, inside: boolean}} Entry */
/** @typedef {{sitting: string, made_at: string, open: boolean, opens_at: string | null, people: Entry[], ended: string[]}} List */
/** @typedef {{id: string, text: string, way: "in" | "out", door: string, insists: boolean, at?: string, told?: string, name?: string, fault?: string}} Scan */

const HOURS = 12; // after which a list is of no meeting that goes on

/** @param {string} text base64 */
const bytes = (text) => Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));

/** As the service spells it. @param {string} text */
export function spelled(text) {
  return [...text].slice(0, 80).join("").trim().toUpperCase().replaceAll("O", "0").replaceAll("I", "1").replaceAll("L", "1").replace(/[- ]/g, "");
}

/** @param {string} text */
export async function digest(text) {
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(spelled(text))));
  return [...hash.slice(0, 16)].map((each) => each.toString(16).padStart(2, "0")).join("");
}

/** Whether the service signed this; null where the browser cannot tell.
 * @param {{text: string, signature: string}} kept @param {string} key base64
 */
async function signed(kept, key) {
  let known;
  try {
    known = await crypto.subtle.importKey("raw", bytes(key), { name: "Ed25519" }, false, ["verify"]);
  } catch {
    return null;
  }
  return crypto.subtle.verify("Ed25519", known, bytes(kept.signature), new TextEncoder().encode(kept.text));
}

/** @param {{made_at?: string}} list */
const stale = (list) => !(Date.now() - Date.parse(list.made_at ?? "") < HOURS * 3_600_000);

export class DoorList {
  /** @param {string} sitting @param {string} key */
  constructor(sitting, key) {
    this.sitting = sitting;
    this.key = key;
    /** @type {List | null} */
    this.list = null;
    /** @type {"good" | "unproven" | "bad" | "none"} */
    this.proof = "none";
    /** @type {Map<string, Entry>} */
    this.found = new Map();
    this.ahead = 0; // of this device's clock, in milliseconds
    /** @type {Scan[]} */
    this.queue = JSON.parse(localStorage.getItem(`door-scans:${sitting}`) ?? "[]");
  }

  /** Take the list that was kept when the page was open before; lists of other days are cleared away. */
  async recall() {
    for (const name of Object.keys(localStorage).filter((each) => each.startsWith("door-list:"))) {
      if (stale(JSON.parse(JSON.parse(localStorage.getItem(name) ?? "{}").text ?? "{}"))) localStorage.removeItem(name);
    }
    const kept = localStorage.getItem(`door-list:${this.sitting}`);
    if (kept) await this.take(JSON.parse(kept), false);
  }

  /** @param {{text: string, signature: string}} kept @param {boolean} fresh */
  async take(kept, fresh) {
    const good = await signed(kept, this.key);
    const list = /** @type {List} */ (JSON.parse(kept.text));
    if (good === false || list.sitting !== this.sitting) {
      this.proof = good === false ? "bad" : this.proof;
      localStorage.removeItem(`door-list:${this.sitting}`);
      return;
    }
    this.proof = good ? "good" : "unproven";
    this.list = list;
    this.found = new Map(list.people.flatMap((each) => each.by.map((key) => [key, each])));
    if (fresh) {
      this.ahead = Date.now() - Date.parse(list.made_at);
      // A hall too large for this browser's store is decided upon all the same while the page is open.
      try { localStorage.setItem(`door-list:${this.sitting}`, JSON.stringify(kept)); } catch { /* told by what recall finds */ }
    }
  }

  /** Now, on the service's clock. */
  now() {
    return new Date(Date.now() - this.ahead).toISOString();
  }

  /** Keep a scan until the service has answered it. @param {Scan} scan */
  keep(scan) {
    this.queue.push(scan);
    this.save();
  }

  save() {
    localStorage.setItem(`door-scans:${this.sitting}`, JSON.stringify(this.queue));
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
