// @ts-check
/**
 * The line to a sitting: a ticket, a hello, events without gaps, and wishes that are never lost.
 *
 * A broken line is mended with a new ticket, which is a new decision; the cursors say what was read,
 * so that only the gap follows. Wishes without an answer are sent again under the same id.
 */

import * as clock from "./clock.js";
import { Unreadable } from "./floor.js";

/**
 * @typedef {{kind: string, on: string, position: number, at: string, body: any}} Told
 * @typedef {{ok: boolean, reason: string, why?: {sentence: string} | null, number?: number | null}} Answer
 * @typedef {"knocking" | "outside" | "connected" | "away" | "over"} State
 * @typedef {object} Listener
 * @property {(state: State) => void} state
 * @property {(welcome: any, anew: boolean) => void} welcome  anew: with a snapshot, so that what was missed is not told
 * @property {(event: Told, missed: boolean) => void} event  missed: said while the line was broken
 * @property {(presence: any) => void} presence
 * @property {(lines: any) => void} [lines]  whose line is not well, for the console
 * @property {(note: any) => void} note
 * @property {(farewell: any) => void} farewell
 * @property {(counted: any) => void} [counted]  what is counted so far: it may be lost
 * @property {(interim: {on: string, text: string}) => void} [interim]  what a captioner is writing; it may be lost
 */

const FIRST = 500;
const LONGEST = 20_000;
const PATIENCE = 12_000;
const STEADY = 10_000;
const LOOK_AGAIN = 20_000;
const SILENCE = 25_000; // a screen hears a beat every ten seconds

/** Whether to connect again after this close; the twin of `comes_back` in `protocol/codes.py`. @param {number} code */
export function comesBack(code) {
  return (code >= 4000 && code < 4500) || [1001, 1005, 1006, 1011, 1012, 1013].includes(code);
}

/** Signs that nobody sees, which may come along when a text is pasted; joiners and marks of writing stay. */
const HIDDEN = /(?![\n\u200c-\u200f\u061c])[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}]/gu;

/** @param {object} fields */
function readable(fields) {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, typeof value === "string" ? value.normalize("NFC").replace(HIDDEN, "") : value]));
}

/** Spread, so that a thousand clients do not come back at once. @param {number} delay */
function spread(delay) {
  return delay * (0.5 + Math.random());
}

export class Connection {
  /** @type {WebSocket | null} */ #socket = null;
  /** @type {Map<string, {epoch: number, position: number}>} */ #cursors = new Map();
  /** @type {Map<string, {message: object, resolve: (answer: Answer) => void, late: number}>} */ #wishes = new Map();
  #round = 0;
  #failures = 0;
  #timer = 0;
  #welcomed = 0;
  #silence = 0;
  /** @type {State} */ #state = "over";

  /** @param {string} sitting @param {Listener} listener @param {{screen?: boolean}} [as]  a screen shows, and has no seat */
  constructor(sitting, listener, { screen = false } = {}) {
    this.sitting = sitting;
    this.listener = listener;
    this.screen = screen;
    this.since = new Date();
    this.heard = new Date();
    this.breaks = 0;
    /** Whether the welcome that is being told ends an interruption. */
    this.broken = false;
    /** Languages whose captions are asked for. @type {string[]} */
    this.captions = [];
    /** An expert waits outside until their item is in hand. */
    this.invited = false;
    addEventListener("online", () => this.#state === "away" && this.#knock());
    addEventListener("offline", () => this.#state === "connected" && this.#mend());
  }

  /** Go in, or in again. */
  open() {
    this.#become("knocking");
    this.#knock();
  }

  get connected() {
    return this.#state === "connected";
  }

  /** Events read so far. */
  get position() {
    return this.#cursors.get("room")?.position ?? 0;
  }

  /** What was read is not kept: the next welcome brings a snapshot. */
  forget() {
    this.#cursors.clear();
  }

  /** Ask for something; the answer comes, whatever the line does. @param {string} kind @param {object} [fields] @returns {Promise<Answer>} */
  wish(kind, fields = {}) {
    const message = { kind, id: crypto.randomUUID(), ...readable(fields) };
    return new Promise((resolve) => {
      this.#wishes.set(message.id, { message, resolve, late: 0 });
      this.#send(message.id);
    });
  }

  /** Say something that waits for no answer and may be lost. @param {string} kind @param {object} fields */
  murmur(kind, fields) {
    if (this.connected && this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify({ kind, id: crypto.randomUUID(), ...readable(fields) }));
  }

  /** Follow the captions of these languages, from a new hello on; of everything else only the gap follows. @param {string[]} languages */
  listen(languages) {
    const heard = languages.every((language) => this.hears(`captions:${language}`)) && languages.length === this.captions.length;
    this.captions = languages;
    if (this.connected && !heard) this.#knock();
  }

  /** Whether a channel is one of this line's. @param {string} on */
  hears(on) {
    return this.#cursors.has(on);
  }

  /** @param {State} state */
  #become(state) {
    if (state !== this.#state) this.since = new Date();
    this.#state = state;
    this.listener.state(state);
  }

  async #knock() {
    const round = this.#begin();
    /** @type {Response} */ let response;
    /** @type {any} */ let answer;
    try {
      const asked = { method: "POST", signal: AbortSignal.timeout(PATIENCE), headers: { accept: "application/json" } };
      response = await fetch(`/api/v1/sittings/${this.sitting}/tickets${this.screen ? "/screen" : ""}`, asked);
      answer = await response.json().catch(() => ({}));
    } catch {
      if (round === this.#round) this.#again();
      return;
    }
    if (round !== this.#round) return;
    if (response.ok) this.#dial(answer.ticket, answer.live, round);
    else if (response.status >= 500 || response.status === 429) this.#again(Number(response.headers.get("retry-after")) * 1000);
    else if (answer.decision?.reason === "not-yet-open" || (this.invited && answer.decision)) this.#wait(round);
    else this.#end({ code: response.status, why: answer.decision ?? null, sentence: answer.detail });
  }

  /** A new attempt; what an older one still hears is not listened to. */
  #begin() {
    clearTimeout(this.#timer);
    clearTimeout(this.#silence);
    this.#drop();
    return ++this.#round;
  }

  #drop() {
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
  }

  /** @param {string} ticket @param {string} live @param {number} round */
  #dial(ticket, live, round) {
    const url = new URL(live, location.href);
    url.protocol = url.protocol.replace("http", "ws");
    const socket = new WebSocket(url, "cwg.v1");
    this.#socket = socket;
    this.#timer = setTimeout(() => this.#mend(), PATIENCE);
    socket.onopen = () => socket.send(JSON.stringify({ kind: "hello", ticket, cursors: this.#read(), take_over: true, captions: this.captions }));
    socket.onmessage = ({ data }) => round === this.#round && this.#heard(JSON.parse(data));
    socket.onclose = ({ code }) => socket === this.#socket && this.#closed(code);
  }

  #read() {
    return Object.fromEntries([...this.#cursors].map(([on, { epoch, position }]) => [on, { epoch, position }]));
  }

  /** @param {number} code */
  #closed(code) {
    this.#socket = null;
    if (comesBack(code)) this.#again();
    else this.#end({ code, why: null });
  }

  /** The part takes nobody: ask again from time to time, unless it is over. @param {number} round */
  async #wait(round) {
    this.#become("outside");
    const response = await fetch(`/api/v1/sittings/${this.sitting}`).catch(() => null);
    const sitting = await response?.json().catch(() => null);
    if (round !== this.#round) return;
    if (sitting?.state === "closed") this.#end({ code: 410, why: null });
    else this.#timer = setTimeout(() => this.#knock(), spread(LOOK_AGAIN));
  }

  /** @param {number} [delay] */
  #again(delay = 0) {
    if (this.#state === "connected") this.breaks += 1;
    this.broken = this.breaks > 0;
    clearTimeout(this.#timer);
    this.#drop();
    this.#become(this.#state === "knocking" ? "knocking" : "away");
    const usual = Math.min(LONGEST, FIRST * 2 ** this.#failures++);
    this.#timer = setTimeout(() => this.#knock(), spread(Math.max(usual, delay || 0)));
  }

  /** The line is there and says nothing, or says what cannot be: begin it again. */
  #mend() {
    this.#round += 1;
    this.#again();
  }

  /** @param {any} farewell */
  #end(farewell) {
    this.#begin();
    this.#become("over");
    this.#settle({ ok: false, reason: "over" });
    this.listener.farewell(farewell);
  }

  /** A dead line makes no sound: whoever shows something to others must notice. */
  #awake() {
    clearTimeout(this.#silence);
    this.heard = new Date();
    if (this.screen) this.#silence = setTimeout(() => this.connected && this.#mend(), SILENCE);
  }

  /** @param {any} message */
  #heard(message) {
    this.#awake();
    if ("position" in message) return this.#event(message);
    switch (message.kind) {
      case "welcome":
      case "moved":
        return this.#welcome(message);
      case "answer":
        return this.#answer(message);
      case "caption-interim":
        return this.listener.interim?.(message);
      case "presence":
        return this.listener.presence(message);
      case "lines":
        return this.listener.lines?.(message);
      case "hands-counted":
        return this.listener.counted?.(message);
      case "note":
        return this.#note(message);
      case "resync":
        this.#cursors.delete(message.on);
        return undefined;
      case "farewell":
        return comesBack(message.code) ? this.#again() : this.#end(message);
      default:
        return undefined; // what a later version says beside the events
    }
  }

  /** @param {any} message */
  #welcome(message) {
    clearTimeout(this.#timer);
    clock.set(message.now);
    this.sitting = message.sitting;
    this.#welcomed = Date.parse(message.now);
    const channels = Object.entries(/** @type {Record<string, any>} */ (message.channels));
    this.#cursors = new Map(channels.map(([on, { position }]) => [on, { epoch: message.epoch, position }]));
    this.#timer = setTimeout(() => { this.#failures = 0; }, STEADY);
    this.listener.welcome(message, Boolean(message.channels.room?.snapshot));
    this.broken = false;
    this.#become("connected");
    for (const id of this.#wishes.keys()) this.#send(id);
  }

  /** @param {Told} message */
  #event(message) {
    const cursor = this.#cursors.get(message.on);
    if (!cursor || message.position <= cursor.position) return;
    if (message.position > cursor.position + 1) return this.#mend();
    cursor.position = message.position;
    const missed = Date.parse(message.at) <= this.#welcomed;
    if (!missed) clock.learn(message.at);
    try {
      this.listener.event(message, missed);
    } catch (fault) {
      if (!(fault instanceof Unreadable)) throw fault;
      this.#cursors.clear();
      this.#mend();
    }
  }

  /** @param {Answer & {id: string}} message */
  #answer(message) {
    const wish = this.#wishes.get(message.id);
    if (!wish) return;
    clearTimeout(wish.late);
    this.#wishes.delete(message.id);
    wish.resolve(message);
  }

  /** A note that something asked for makes no sense, or is too much, answers what is not yet answered. @param {any} note */
  #note(note) {
    const refused = !["hold", "chat", "statement"].includes(note.note) && this.#wishes.size;
    if (refused) this.#settle({ ok: false, reason: note.note, why: note });
    else this.listener.note(note);
  }

  /** Answer everything that waits for an answer. @param {Answer} answer */
  #settle(answer) {
    const wishes = [...this.#wishes.values()];
    this.#wishes.clear();
    for (const { resolve, late } of wishes) {
      clearTimeout(late);
      resolve(answer);
    }
  }

  /** @param {string} id */
  #send(id) {
    const wish = this.#wishes.get(id);
    if (!wish || !this.connected || this.#socket?.readyState !== WebSocket.OPEN) return;
    this.#socket.send(JSON.stringify(wish.message));
    clearTimeout(wish.late);
    wish.late = setTimeout(() => this.#wishes.has(id) && this.connected && this.#mend(), PATIENCE);
  }
}
