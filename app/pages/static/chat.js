// @ts-check
/**
 * Chat in the room and at the console. What is written to all comes with the picture of the floor;
 * what one person and the moderator tell one another is asked for when a note or a number says so.
 */

import { announce } from "./announce.js";
import { at, keep, make, say, show } from "./dom.js";
import { _, ngettext } from "./i18n.js";
import { said } from "./messages.js";
import { chip, named, title, word } from "./people.js";
import { clock as wall } from "./time.js";

/** @typedef {import("./messages.js").Message} Message */
/** @typedef {{number: number, speaker: import("./floor.js").Speaker, text: string, at: string, answers: number | null}} Aside */
/** @typedef {{number: number, speaker: import("./floor.js").Speaker, at: string}} Mute */

const OFTEN = 5000; // the live region says what is new no more often than that
const AT_END = 40; // pixels: whoever reads so near to the end goes on with what is new

/** @param {any} host */
export function panel(host) {
  const staff = host.face === "console";
  const box = at("chat-box");
  const field = at("chat-text");
  /** @type {Map<number, Message>} */ const known = new Map();
  /** @type {Set<number>} */ const own = new Set();
  /** @type {Aside[]} */ let asides = [];
  /** @type {Mute[]} */ let mutes = [];
  /** @type {Message[]} */ let unsaid = []; // came since the live region spoke last
  let muted = false;
  let told = false; // whether the reader has told the moderator anything, so that an answer may come
  let unread = 0;
  let seen = true;
  let saying = 0;

  new IntersectionObserver(([entry]) => {
    seen = entry.isIntersecting;
    read();
  }).observe(box);
  box.onscroll = read;
  document.addEventListener("visibilitychange", read);
  at("chat-older").onclick = older;
  at("chat-form").onsubmit = send;
  field.onkeydown = (/** @type {KeyboardEvent} */ event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    at("chat-form").requestSubmit();
  };
  if (staff) {
    at("chat-pause").onclick = () => host.wish(host.floor?.chat.paused ? "open-chat" : "close-chat");
    at("tab-chat").addEventListener("click", () => { follow(true); read(); });
  }

  /** @param {any} welcome @param {boolean} anew */
  function welcome({ kind, you }, anew) {
    if (kind === "moved") leave();
    if (anew) known.clear();
    muted = kind === "moved" ? false : muted;
    if (staff || told || (anew && kind === "welcome")) ask();
    if (!staff) choose(you);
  }

  /** Nothing of one part stays in what is shown in another. */
  function leave() {
    own.clear();
    unsaid = [];
    asides = [];
    mutes = [];
    told = false;
    unread = 0;
    field.value = "";
  }

  /** @param {any} event @param {boolean} missed */
  function event({ on, kind, at: told, body }, missed) {
    if (on === "console" && ["aside-told", "chat-muted", "chat-unmuted"].includes(kind)) return void ask(!missed);
    if (kind === "chat-said" && !own.has(body.number)) came(said(body, told), missed);
    const message = known.get(body.number);
    if (kind === "chat-retracted" && message) known.set(body.number, { ...message, text: null });
    if (kind === "chat-restored" && message) known.set(body.number, { ...message, text: body.text });
  }

  /** @param {{note: string}} note */
  function note({ note }) {
    if (note === "chat") ask(true);
  }

  /** @param {Message} message @param {boolean} missed */
  function came(message, missed) {
    if (message.text === null) return;
    if (!reading()) unread += 1;
    if (missed || !host.listening) return;
    unsaid.push(message);
    saying ||= window.setTimeout(speak, OFTEN / 5);
  }

  /** One polite sentence for all that came, and then silence for a while; the focus never moves. */
  function speak() {
    saying = 0;
    const fresh = unsaid.splice(0).filter(({ number }) => !own.has(number));
    const last = fresh.at(-1);
    if (!last || !host.listening) return;
    const who = title(last.speaker);
    announce(fresh.length === 1 ? _("%(who)s writes: %(text)s", { who, text: last.text })
      : ngettext("%(num)s new message, the last by %(who)s.", "%(num)s new messages, the last by %(who)s.", fresh.length, { who }));
    saying = window.setTimeout(speak, OFTEN);
  }

  // What was told in private

  /** @param {boolean} [aloud] */
  async function ask(aloud = false) {
    if (!host.line.sitting || (staff && !host.you)) return;
    const sitting = host.line.sitting;
    const got = await fetch(`/api/v1/sittings/${sitting}/chat/${staff ? "asides" : "mine"}`).then((response) => (response.ok ? response.json() : null)).catch(() => null);
    if (!got || sitting !== host.line.sitting) return;
    const before = asides.at(-1)?.number ?? 0;
    const was = muted;
    asides = got.asides;
    mutes = got.mutes ?? [];
    muted = got.muted ?? false;
    told ||= asides.length > 0;
    const fresh = asides.filter(({ number, answers }) => number > before && Boolean(answers) !== staff);
    if (aloud) aside(fresh, was);
    redraw();
  }

  /** @param {Aside[]} fresh @param {boolean} was */
  function aside(fresh, was) {
    if (!host.listening) return;
    const last = fresh.at(-1);
    if (last) announce(staff ? _("%(who)s tells the moderator: %(text)s", { who: title(last.speaker), text: last.text }) : _("The moderator answers you: %(text)s", last));
    if (last && !reading()) unread += 1;
    if (muted !== was) announce(muted ? _("The moderator takes no messages to all from you at this moment.") : _("You may write to all again."));
  }

  // Writing

  /** Where one may not write to all, the moderator can be told. @param {any} you */
  function choose(you) {
    const may = Boolean(you?.may_speak) && !muted && !host.floor?.chat.paused;
    at("chat-all").disabled = !may;
    if (!may) at("chat-moderator").checked = true;
  }

  /** Why one may not write to all, or nothing. */
  function whyNot() {
    if (!host.you?.may_speak) return _("Only those who may speak in this part write to all. You can tell the moderator.");
    if (muted) return _("The moderator takes no messages to all from you. You can still tell the moderator.");
    return host.floor?.chat.paused ? _("The moderator has paused chat. You can still tell the moderator.") : "";
  }

  /** @param {Event} event */
  async function send(event) {
    event.preventDefault();
    const text = field.value.trim();
    if (!text) return;
    const toAll = staff || at("chat-all").checked;
    field.value = "";
    tell(host.line.connected ? _("Sending …") : _("It is sent when the line is back."));
    const answer = await host.line.wish(toAll ? "send-chat" : "tell-moderator", { text });
    if (answer.ok) return sent(toAll, answer.number);
    if (!field.value) field.value = text;
    if (answer.reason === "chat-muted") muted = true;
    tell(answer.why?.sentence || word("reason", answer.reason), true);
    redraw();
  }

  /** @param {boolean} toAll @param {number} number */
  function sent(toAll, number) {
    if (toAll) own.add(number);
    else told = true;
    tell("");
    if (!toAll) ask();
    redraw();
    end();
  }

  /** @param {string} said @param {boolean} [aloud] */
  function tell(said, aloud = false) {
    const why = at("chat-why");
    why.dataset.usual ??= why.textContent;
    say(why, said || (staff ? "" : why.dataset.usual));
    why.classList.toggle("answer", aloud);
    show(why, Boolean(why.textContent));
    if (aloud) announce(said);
  }

  /** @param {number} number @param {string} text */
  async function answer(number, text) {
    if (!(await host.wish("answer-aside", { number, text }))?.ok) return;
    at("asides").focus(); // the answer is given, and its field goes
    ask();
  }

  async function older() {
    const first = Math.min(...known.keys());
    const got = await fetch(`/api/v1/sittings/${host.line.sitting}/chat?before=${first}`).then((response) => (response.ok ? response.json() : null)).catch(() => null);
    if (!got) return host.refuse(_("The service cannot be reached at this moment."));
    const from = box.scrollHeight;
    for (const message of got.messages) if (!known.has(message.number)) known.set(message.number, message);
    show(at("chat-older"), got.more);
    redraw();
    box.scrollTop += box.scrollHeight - from;
  }

  // Drawing

  function reading() {
    return !document.hidden && seen && box.clientHeight > 0 && atEnd();
  }

  function atEnd() {
    return box.scrollHeight - box.scrollTop - box.clientHeight < AT_END;
  }

  function end() {
    box.scrollTop = box.scrollHeight;
  }

  function read() {
    if (!reading() || !unread) return;
    unread = 0;
    count();
  }

  /** @param {boolean} now */
  function follow(now) {
    if (now) requestAnimationFrame(end);
  }

  function count() {
    const waits = staff ? unread + asides.filter(open).length : unread;
    host.fresh(waits);
    const mark = at(staff ? "asides-new" : "chat-new");
    const shown = staff ? asides.filter(open).length : unread;
    show(mark, shown > 0);
    say(mark, shown ? ngettext("%(num)s new", "%(num)s new", shown) : "");
    if (staff) return;
    show(at("chat-jump"), true);
    show(at("chat-jump-new"), unread > 0);
    say(at("chat-jump-new"), unread ? String(unread) : "");
  }

  /** Not yet answered. @param {Aside} aside */
  function open({ number, answers }) {
    return answers === null && !asides.some((each) => each.answers === number);
  }

  function redraw() {
    if (host.floor && host.you) draw(host.floor, host.you);
  }

  /** @param {import("./floor.js").Floor} floor @param {any} you */
  function draw({ chat, state }, you) {
    const stays = atEnd();
    for (const message of chat.messages) known.set(message.number, message);
    const shown = entries();
    show(at("chat-empty"), !shown.length);
    if (!at("chat-older").hidden || known.size === chat.messages.length) show(at("chat-older"), known.size >= 50 && Math.min(...known.keys()) > 1);
    keep(at("chat-log"), shown, ({ key }) => key, entry, update);
    say(at("chat-state"), state !== "open" ? "" : chat.paused ? _("Paused") : _("Open"));
    at("chat-state").dataset.open = String(!chat.paused && state === "open");
    if (staff) desk(chat.paused, you, state);
    else {
      choose(you);
      if (at("chat-why").textContent === at("chat-why").dataset.reason || !at("chat-why").classList.contains("answer")) reason();
    }
    if (stays) end();
    count();
  }

  function reason() {
    const why = at("chat-why");
    why.dataset.usual ??= why.textContent;
    const said = whyNot();
    if (!said && why.dataset.reason) say(why, why.dataset.usual);
    if (said) say(why, said);
    why.dataset.reason = said;
  }

  /** Messages to all and, in the room, the reader's own asides, in the order of their times. */
  function entries() {
    const written = [...known.values()].map((message) => ({ key: `m${message.number}`, message, aside: /** @type {Aside | null} */ (null), at: message.at, number: message.number }));
    const told = staff ? [] : asides.map((aside) => ({ key: `a${aside.number}`, message: null, aside, at: aside.at, number: aside.number }));
    return [...written, ...told].sort((one, other) => Math.floor(Date.parse(one.at) / 1000) - Math.floor(Date.parse(other.at) / 1000) || one.number - other.number);
  }

  /** @param {ReturnType<typeof entries>[number]} entry */
  function entry({ message, aside }) {
    if (aside) {
      const label = aside.answers ? _("The moderator, to you only") : _("You, to the moderator only");
      return make("li", { class: "message message-aside" }, make("p", { class: "message-head" }, make("span", { class: "who-title" }, label), time(aside.at)), words(aside.text));
    }
    return message ? written(message) : make("li");
  }

  /** @param {Message} message */
  function written({ number, speaker, at: moment }) {
    const made = make("li", { class: "message" }, make("p", { class: "message-head" }, named(speaker), chip(speaker.category), make("span", { class: "quiet" }, word("capacity", speaker.capacity)), time(moment)), words(""));
    if (!staff) return made;
    const remove = act(_("Remove"), speaker, () => host.wish("retract-chat", { number }));
    const mute = act(_("Mute"), speaker, () => host.wish("mute-chat", { number }));
    made.append(make("p", { class: "message-acts" }, remove, mute));
    return made;
  }

  /** @param {HTMLElement} node @param {ReturnType<typeof entries>[number]} entry */
  function update(node, { message }) {
    if (!message) return;
    const removed = message.text === null;
    node.toggleAttribute("data-own", own.has(message.number));
    node.toggleAttribute("data-removed", removed);
    say(node.querySelector("bdi.message-text"), message.text ?? _("Removed by the moderator."));
    for (const button of node.querySelectorAll(".message-acts button")) show(button, host.you.may_steer && host.floor.state === "open" && !(removed && button === node.querySelector("button")));
  }

  /** The console's own. @param {boolean} paused @param {any} you @param {string} state */
  function desk(paused, you, state) {
    const acts = you.may_steer && state === "open";
    show(at("chat-pause"), acts);
    say(at("chat-pause").querySelector("span"), paused ? _("Open chat again") : _("Pause chat"));
    show(at("chat-form"), you.may_speak && state === "open");
    keep(at("mutes"), mutes, ({ number }) => number, ({ number, speaker }) => make("li", {}, _("Muted: "), named(speaker), act(_("Lift"), speaker, () => host.wish("unmute-chat", { number }))));
    const asked = asides.filter(({ answers }) => answers === null);
    show(at("asides-empty"), !asked.length);
    keep(at("asides"), asked.reverse(), ({ number }) => number, question, (node, aside) => {
      const answers = asides.filter((each) => each.answers === aside.number);
      keep(/** @type {Element} */ (node.querySelector(".answers")), answers, ({ number }) => number, (each) => make("li", {}, make("span", { class: "quiet" }, _("Answered: ")), make("bdi", {}, each.text)));
      node.toggleAttribute("data-open", !answers.length);
      show(/** @type {Element} */ (node.querySelector("form")), acts && !answers.length);
    });
  }

  /** @param {Aside} aside */
  function question({ number, speaker, text, at: moment }) {
    const input = make("input", { maxlength: 500, autocomplete: "off", placeholder: _("Answer this person only"), "aria-label": _("Answer %(who)s", { who: title(speaker) }) });
    const form = make("form", { class: "inline-row" }, input, make("button", { class: "button", "data-kind": "secondary" }, _("Answer")));
    form.onsubmit = (event) => {
      event.preventDefault();
      const { value } = /** @type {HTMLInputElement} */ (input);
      if (!value.trim()) return;
      /** @type {HTMLInputElement} */ (input).value = "";
      answer(number, value.trim());
    };
    return make("li", { class: "message" }, make("p", { class: "message-head" }, named(speaker), chip(speaker.category), time(moment)), words(text), make("ul", { class: "plain answers" }), form);
  }

  return { welcome, event, note, draw };
}

/** Text as text: a link is not followed, markup is not obeyed. @param {string} text */
function words(text) {
  return make("p", {}, make("bdi", { class: "message-text" }, text));
}

/** @param {string} moment */
function time(moment) {
  return make("time", { datetime: moment }, wall(new Date(moment)));
}

/** @param {string} label @param {import("./floor.js").Speaker} speaker @param {() => void} does */
function act(label, speaker, does) {
  const button = make("button", { type: "button", class: "plain-button" }, label, make("span", { class: "unseen" }, ` ${title(speaker)}`));
  button.onclick = does;
  return button;
}
