// @ts-check
/** The captioner's page: a line to write in, shown to its readers while it grows; Enter makes it final. */

import { announce } from "./announce.js";
import * as band from "./band.js";
import { apply as write, named } from "./caption_lines.js";
import { Connection } from "./connection.js";
import { at, keep, make, say, show } from "./dom.js";
import { farewell } from "./farewell.js";
import { apply } from "./floor.js";
import { _, ngettext } from "./i18n.js";
import { showDetails, showState } from "./line.js";
import { shown, word } from "./people.js";
import { help, listen } from "./shortcuts.js";
import { clock as wall } from "./time.js";

/** @typedef {import("./caption_lines.js").Line} Line */

const KEPT = "cwg-captioner";
const PACE = 300;
const SEEN = 12;
const NEARLY = 60;

const root = at("captioner");
const text = at("text");
const language = at("language");

/** @type {import("./floor.js").Floor | null} */ let floor = null;
/** @type {any} */ let you = null;
/** @type {import("./caption_lines.js").Captions | null} */ let captions = null;
/** Numbers of what was written here. @type {Set<number>} */ const own = new Set();
let mending = 0; // the number of the line that is being corrected
let timer = 0;
let spelled = "";

const line = new Connection(root.dataset.sitting, {
  state(state) {
    showState(state);
    if (state === "over") show(at("desk"), false);
    draw();
  },
  welcome(welcome) {
    if (welcome.sitting !== root.dataset.sitting) {
      history.replaceState(null, "", `/captions/${welcome.sitting}`);
      root.dataset.sitting = welcome.sitting;
      own.clear();
      mending = 0;
    }
    you = welcome.you;
    floor = welcome.channels.room.snapshot ?? floor;
    const heard = welcome.channels[on()];
    captions = heard ? heard.snapshot ?? captions : null;
    band.audience(welcome.audience);
    say(at("sitting"), welcome.title);
    draw();
  },
  event(event) {
    if (event.on === on() && captions) captions = write(captions, event);
    else if (event.on === "room" && floor) floor = apply(floor, event);
    if (event.kind === "captions-started" && event.body.language === language.value && !line.hears(on())) line.listen([language.value]);
    draw();
  },
  presence: band.presence,
  note({ sentence }) {
    refuse(sentence);
  },
  farewell(said) {
    farewell(said, () => line.open());
  },
});

/** The channel of the language that is written. */
function on() {
  return `captions:${language.value}`;
}

/** @param {string} name */
function chosen(name) {
  return /** @type {HTMLInputElement} */ (document.querySelector(`input[name="${name}"]:checked`)).value;
}

// Writing

/** @param {Event} event */
async function finish(event) {
  event.preventDefault();
  const said = text.value.trim();
  if (!said) return;
  const fields = { language: language.value, text: said, source: chosen("source"), of: chosen("of") };
  clearTimeout(timer);
  timer = 0;
  spelled = text.value = "";
  show(at("answer"), false);
  drawLeft();
  const answer = await line.wish("write-caption", fields);
  if (answer.ok && answer.number) own.add(answer.number);
  else if (answer.reason !== "over") {
    refuse(answer.why?.sentence || word("reason", answer.reason));
    // What was refused is not lost; what was begun meanwhile neither.
    text.value = [said, text.value].filter(Boolean).join(" ").slice(0, text.maxLength);
  }
  draw();
}

/** What is being written goes out now and then; of what is refused nothing is said until the line is final. */
function spell() {
  drawLeft();
  timer ||= setTimeout(() => {
    timer = 0;
    if (text.value === spelled) return;
    spelled = text.value;
    if (taken()) line.murmur("spell-caption", { language: language.value, text: spelled });
  }, PACE);
}

/** Whether a line would be taken; a first one starts what was never started. */
function taken() {
  return floor?.state === "open";
}

/** @param {KeyboardEvent} event */
function keys(event) {
  if (event.isComposing) return;
  if (event.key === "ArrowUp" && !text.value && captions?.lines.length) {
    event.preventDefault();
    mend(captions.lines[captions.lines.length - 1].number);
  } else if (event.key === "Escape") text.blur();
}

// Mending

/** @param {number} number */
function mend(number) {
  mending = number;
  draw();
  const field = /** @type {HTMLInputElement | null} */ (at("lines").querySelector("input"));
  if (field) field.focus();
  else text.focus();
}

/** @param {Line} one @param {HTMLInputElement} field */
async function correct(one, field) {
  const said = field.value.trim();
  mend(0);
  if (!said || said === one.text) return;
  const answer = await line.wish("correct-caption", { language: language.value, number: one.number, text: said });
  if (answer.ok) announce(_("Line %(number)s is corrected: %(text)s", { number: one.number, text: said }));
  else if (answer.reason !== "over") refuse(answer.why?.sentence || word("reason", answer.reason));
}

/** @param {KeyboardEvent} event @param {Line} one */
function keysOf(event, one) {
  if (event.isComposing) return;
  const numbers = (captions?.lines ?? []).slice(-SEEN).map(({ number }) => number);
  const place = numbers.indexOf(one.number);
  if (event.key === "Enter") correct(one, /** @type {HTMLInputElement} */ (event.target));
  else if (event.key === "Escape") mend(0);
  else if (event.key === "ArrowUp" && place > 0) mend(numbers[place - 1]);
  else if (event.key === "ArrowDown") mend(numbers[place + 1] ?? 0);
  else return;
  event.preventDefault();
  event.stopPropagation();
}

function choose() {
  mending = 0;
  own.clear();
  captions = null;
  localStorage.setItem(KEPT, language.value);
  text.lang = language.value;
  line.listen([language.value]);
  draw();
}

/** @param {string} said */
function refuse(said) {
  say(at("answer").querySelector("span"), said);
  show(at("answer"), true);
  announce(said);
}

// Drawing

function drawLeft() {
  const left = text.maxLength - text.value.length;
  say(at("left"), left <= NEARLY ? ngettext("%(num)s sign left", "%(num)s signs left", left) : "");
}

function draw() {
  if (!floor || !you) return;
  const { speaking, item, captions: live, state } = floor;
  const key = speaking ? String(speaking.request.number) : "nobody";
  if (at("now-who").dataset.key !== key) {
    at("now-who").dataset.key = key;
    at("now-who").replaceChildren(...(speaking ? shown(speaking.request.speaker, "strong") : [make("span", { class: "who-nobody" }, _("Nobody has the floor"))]));
  }
  show(at("item"), Boolean(item));
  say(at("item"), item ? _("Item %(number)s: %(title)s", item) : "");
  drawState(live, state);
  drawLines();
}

/** @param {string[]} live @param {string} state */
function drawState(live, state) {
  const is = live.includes(language.value);
  const name = named(language.value);
  at("state").dataset.on = String(is && state === "open");
  if (state !== "open") say(at("state"), _("The sitting is not open: no lines are taken."));
  else if (is) say(at("state"), _("%(language)s: captions are live.", { language: name }));
  else if (document.querySelector(".band")?.getAttribute("data-audience") === "members") say(at("state"), _("%(language)s: captions are off. In the members' part only the chair starts them.", { language: name }));
  else say(at("state"), _("%(language)s: captions are off. Your first line starts them, unless the chair has stopped them.", { language: name }));
}

/** Newest at the top, beside the line in which one writes. */
function drawLines() {
  const lines = (captions?.lines ?? []).slice(-SEEN).reverse();
  show(at("lines-empty"), !lines.length);
  keep(at("lines"), lines, ({ number }) => `${number}${number === mending ? " mending" : ""}`, row, (node, one) => {
    const button = node.querySelector("button");
    if (button) say(button.firstElementChild, one.text);
    const marks = [own.has(one.number) && _("yours"), one.corrected && _("corrected")].filter(Boolean);
    say(node.querySelector(".writer-mark"), marks.join(", "));
  });
}

/** @param {Line} one */
function row(one) {
  const time = make("time", { datetime: one.at }, wall(new Date(one.at)));
  const mark = make("span", { class: "writer-mark" });
  if (one.number === mending) {
    const field = /** @type {HTMLInputElement} */ (make("input", { maxlength: text.maxLength, dir: "auto", lang: language.value, "aria-label": _("Correct line %(number)s", one) }));
    field.value = one.text;
    field.onkeydown = (event) => keysOf(event, one);
    return make("li", {}, time, field, mark);
  }
  const button = make("button", { type: "button", class: "writer-text", dir: "auto" }, make("span", { lang: language.value }), make("span", { class: "unseen" }, ` ${_("Correct line %(number)s", one)}`));
  button.onclick = () => mend(one.number);
  return make("li", {}, time, button, mark);
}

const kept = localStorage.getItem(KEPT);
if (kept && language.querySelector(`option[value="${CSS.escape(kept)}"]`)) language.value = kept;
else language.value = "en";
at("write").onsubmit = finish;
text.oninput = spell;
text.onkeydown = keys;
language.onchange = choose;
document.addEventListener("keydown", (event) => {
  if (!event.altKey || event.key.toLowerCase() !== "l") return;
  event.preventDefault();
  language.focus();
});
at("line-more").addEventListener("beforetoggle", () => showDetails(line));
listen({ ".": () => at("line-more").togglePopover(), "?": help });
choose();
line.open();
