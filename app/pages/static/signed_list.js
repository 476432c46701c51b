// @ts-check
/**
 * What a page can go on with while it has no network: a signed list, and what waits to be told.
 *
 * Both are kept in this browser and survive a reload. People are found by the SHA-256 of what their
 * badge says, so the list makes no badge. A list is used only if its signature is the service's.
 */

/** @typedef {{id: string, at?: string, told?: string, name?: string, fault?: string, [more: string]: any}} Waiting */

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

/**
 * @template {{made_at: string, people: {by: string[]}[], ended: string[], [more: string]: any}} List
 * @template {Waiting} Told
 */
export class SignedList {
  /** @param {string} kind  under which it is kept @param {string} names  what the list is of: its member that has this id
   * @param {string} of @param {string} key base64
   */
  constructor(kind, names, of, key) {
    this.kind = kind;
    this.names = names;
    this.of = of;
    this.key = key;
    /** @type {List | null} */
    this.list = null;
    /** @type {"good" | "unproven" | "bad" | "none"} */
    this.proof = "none";
    /** @type {Map<string, List["people"][number]>} */
    this.found = new Map();
    this.ahead = 0; // of this device's clock, in milliseconds
    /** @type {Told[]} */
    this.queue = JSON.parse(localStorage.getItem(`${kind}-scans:${of}`) ?? "[]");
  }

  /** Take the list that was kept when the page was open before; lists of other days are cleared away. */
  async recall() {
    for (const name of Object.keys(localStorage).filter((each) => each.startsWith(`${this.kind}-list:`))) {
      if (stale(JSON.parse(JSON.parse(localStorage.getItem(name) ?? "{}").text ?? "{}"))) localStorage.removeItem(name);
    }
    const kept = localStorage.getItem(`${this.kind}-list:${this.of}`);
    if (kept) await this.take(JSON.parse(kept), false);
  }

  /** @param {{text: string, signature: string}} kept @param {boolean} fresh */
  async take(kept, fresh) {
    const good = await signed(kept, this.key);
    const list = /** @type {List} */ (JSON.parse(kept.text));
    if (good === false || list[this.names] !== this.of) {
      this.proof = good === false ? "bad" : this.proof;
      localStorage.removeItem(`${this.kind}-list:${this.of}`);
      return;
    }
    this.proof = good ? "good" : "unproven";
    this.list = list;
    this.found = new Map(list.people.flatMap((each) => each.by.map((key) => [key, each])));
    if (fresh) {
      this.ahead = Date.now() - Date.parse(list.made_at);
      // One that is too large for this browser's store is used all the same while the page is open.
      try { localStorage.setItem(`${this.kind}-list:${this.of}`, JSON.stringify(kept)); } catch { /* told by what recall finds */ }
    }
  }

  /** Now, on the service's clock. */
  now() {
    return new Date(Date.now() - this.ahead).toISOString();
  }

  /** Keep what was done until the service has answered it. @param {Told} told */
  keep(told) {
    this.queue.push(told);
    this.save();
  }

  save() {
    localStorage.setItem(`${this.kind}-scans:${this.of}`, JSON.stringify(this.queue));
  }
}
