// @ts-check
/** The room: who speaks, who waits, and one big button whose label is the state. */

import { announce } from "./announce.js";
import * as band from "./band.js";
import * as captions from "./captions.js";
import { panel as chat } from "./chat.js";
import * as clock from "./clock.js";
import { Connection } from "./connection.js";
import { at, icon, keep, make, say, show } from "./dom.js";
import * as documents from "./documents.js";
import { farewell } from "./farewell.js";
import { apply, listed, standing } from "./floor.js";
import * as hands from "./hands.js";
import { _, ngettext } from "./i18n.js";
import { showDetails, showState } from "./line.js";
import { isChat, ordinal, sentence } from "./news.js";
import { shown, title, word } from "./people.js";
import { help, listen } from "./shortcuts.js";
import * as sound from "./sound.js";
import { panel as statements } from "./statements.js";
import { length } from "./time.js";
import { about, drawListHead, drawNotices, drawSpeaker, keyed, nameZone, since, tickSpeaker } from "./zones.js";

/** What the big button says and does. @typedef {{state: string, label: string, detail: string, act?: () => void}} Face */

const root = at("room");
const button = at("state");
const pageTitle = document.title;
/** The buttons beside the big one, and what they ask for. */
const OTHERS = { point: "point_of_order", motion: "motion", reply: "right_of_reply" };
const FINISHING = 30;
const CATCH_UP = 400;

/** @type {import("./floor.js").Floor | null} */ let floor = null;
/** @type {any} */ let you = null;
/** Numbers of the reader's own requests. @type {Set<number>} */ const own = new Set();
/** @type {string[]} */ const missed = [];
let pending = ""; // what is asked for and not yet answered: asking, withdrawing, finishing
let armed = false; // the next press withdraws or finishes
let held = false; // admitted to the members' part, which is not open yet
let alone = true; // in an open part, or it was confirmed that nobody else can hear
let warned = 0; // the request whose speaker was told that time runs out
let before = "";
let confirmed = ""; // the sitting for which it was confirmed that nobody else can hear

/**
 * What stands beside the floor, each with a module of its own, which may follow the line and what is drawn.
 * @type {{welcome?: (welcome: any, anew: boolean) => void, event?: (event: any, missed: boolean) => void, note?: (note: any) => void, counted?: (counted: any) => void, draw?: (floor: import("./floor.js").Floor, you: any) => void, interim?: (interim: any) => void, keys?: Record<string, () => void>}[]}
 */
const panels = [];
const PANELS = { chat, statements };

const line = new Connection(root.dataset.sitting, {
  state(state) {
    showState(state, kept());
    if (state === "over") show(at("live"), false);
    draw();
  },
  welcome(welcome, anew) {
    const moved = welcome.kind === "moved";
    if (moved) {
      history.replaceState(null, "", `/room/${welcome.sitting}`);
      own.clear();
    }
    alone = welcome.audience.everyone || confirmed === welcome.sitting;
    held = false;
    you = welcome.you;
    if (you.request) own.add(you.request);
    floor = welcome.channels.room.snapshot ?? floor;
    band.audience(welcome.audience);
    say(at("sitting"), welcome.title);
    for (const panel of panels) panel.welcome?.(welcome, anew);
    enter();
    missed.length = 0;
    if (moved) announce(_("Members' part. Confirm that nobody else can hear or see this."));
    else if (line.broken && anew) back([_("Everything was read anew.")]);
    else if (line.broken) catchUp();
    draw();
  },
  event(event, late) {
    for (const panel of panels) panel.event?.(event, late);
    if (event.on !== "room") return;
    const was = /** @type {import("./floor.js").Floor} */ (floor);
    floor = apply(was, event);
    if (standing(was, own).state !== standing(floor, own).state) armed = false;
    const said = sentence(event, was, floor);
    if (late) missed.push(...(said ? [said] : []));
    else if (alone && byTheChair(event.kind)) announce(said);
    draw();
  },
  interim(message) {
    for (const panel of panels) panel.interim?.(message);
  },
  presence: band.presence,
  counted(counted) {
    for (const panel of panels) panel.counted?.(counted);
  },
  note(note) {
    if (note.note === "hold") {
      held = true;
      announce(_("The open part is over. You may attend the members' part: please wait until it opens."));
    } else if (note.sentence) refuse(note.sentence);
    for (const panel of panels) panel.note?.(note);
    draw();
  },
  farewell(said) {
    document.title = pageTitle;
    show(at("present"), false);
    show(at("entry"), false);
    farewell(said, () => line.open());
  },
});
line.invited = "invited" in root.dataset;

/** @param {string} kind */
function byTheChair(kind) {
  return kind !== "floor-requested" && kind !== "request-withdrawn" && !isChat(kind);
}

/** What was missed follows the welcome at once: it is told together. */
function catchUp() {
  setTimeout(() => (missed.length ? back([...missed]) : announce(_("Connected again. Nothing has changed."))), CATCH_UP);
}

/** @param {string[]} said */
function back(said) {
  const shown = at("back");
  const many = ngettext("Back: %(num)s change while away", "Back: %(num)s changes while away", said.length);
  shown.querySelector("summary").replaceChildren(make("span", {}, many), " ", make("span", { class: "quiet" }, _("show")));
  shown.querySelector("ol").replaceChildren(...said.map((each) => make("li", {}, each)));
  show(shown, true);
  announce(many);
}

function enter() {
  if (at("live").hidden) scrollTo(0, 0);
  show(at("entry"), false);
  show(at("farewell"), false);
  show(at("live"), true);
}

// The reader's own turn

/** "your place (3rd) is kept", for the line. */
function kept() {
  const turn = floor ? standing(floor, own) : null;
  return turn?.state === "waiting" ? ordinal(turn.place) : "";
}

/** @returns {Face} */
function face() {
  if (!floor || !you) return { state: "off", label: _("Connecting"), detail: "" };
  if (held) return { state: "off", label: _("Please wait"), detail: _("The members' part is being prepared.") };
  if (!alone) return { state: "ready", label: _("Nobody else can hear or see this"), detail: _("Confirm to go on to the members' part"), act: confirm };
  const turn = standing(floor, own);
  if (pending) return { state: "waiting", label: PENDING[pending](), detail: line.connected ? "…" : _("It is sent when the line is back.") };
  if (turn.state === "speaking") return speaks(floor);
  if (floor.state !== "open") return { state: "off", label: STATES[floor.state](), detail: floor.state === "closing" ? _("The list is kept as it is.") : "" };
  if (turn.state === "waiting") return waits(floor, turn.place);
  if (!you.may_speak) return { state: "off", label: _("You attend and listen"), detail: _("The rule gives you no right to speak in this part.") };
  if (!floor.list_open) return { state: "off", label: _("The list is closed"), detail: _("The chair opens it.") };
  return { state: "idle", label: _("Ask for the floor"), detail: waiting(listed(floor).length), act: ask };
}

/** @type {Record<string, () => string>} */
const PENDING = {
  asking: () => _("Asking for the floor"),
  withdrawing: () => _("Withdrawing"),
  finishing: () => _("Finishing"),
};
/** @type {Record<string, () => string>} */
const STATES = {
  scheduled: () => _("The sitting has not begun"),
  closing: () => _("The sitting is closing"),
  closed: () => _("The sitting is closed"),
};

/** @param {number} number */
function waiting(number) {
  return number ? ngettext("%(num)s is waiting", "%(num)s are waiting", number) : _("Nobody is waiting");
}

/** @param {import("./floor.js").Floor} floor @returns {Face} */
function speaks(floor) {
  const speech = /** @type {import("./floor.js").Speech} */ (floor.speaking);
  const left = floor.seconds_each - clock.spoken(speech, clock.now());
  const told = left < 0 ? _("over by %(time)s", { time: length(-left) }) : _("%(time)s left", { time: length(left) });
  const can = floor.state === "open";
  if (can && (armed || left < 0)) return { state: "speaking", label: _("Finish"), detail: told, act: finish };
  const detail = !speech.started_at ? _("The clock has not started") : speech.running_since ? _("Press to finish") : _("The clock is stopped");
  return { state: "speaking", label: _("You have the floor %(time)s", { time: length(left) }), detail, act: can ? arm : undefined };
}

/** @param {import("./floor.js").Floor} floor @param {number} place @returns {Face} */
function waits(floor, place) {
  if (armed) return { state: "waiting", label: _("Withdraw"), detail: _("You would lose your place."), act: withdraw };
  const about = estimate(clock.wait(floor, place, clock.now()));
  if (place > 1) return { state: "waiting", label: _("You are %(place)s", { place: ordinal(place) }), detail: about, act: arm };
  const next = floor.speaking ? _("You are next, %(time)s", { time: about }) : _("You are next");
  return { state: "ready", label: _("Get ready"), detail: next, act: arm };
}

/** @param {number} seconds */
function estimate(seconds) {
  const minutes = Math.round(seconds / 60);
  return minutes < 1 ? _("less than a minute") : ngettext("about %(num)s minute", "about %(num)s minutes", minutes);
}

/** @param {string} [request]  a kind of request */
async function ask(request = "intervention") {
  const topic = request === "intervention" ? at("topic").value.trim() : "";
  const stance = (request === "intervention" && at("stance").value) || null;
  const answer = await made("asking", "request-floor", { request, topic, stance });
  if (answer.ok && answer.number) own.add(answer.number);
  if (answer.ok && topic) at("topic").value = "";
  if (answer.ok && stance) at("stance").value = "";
  settle(answer);
}

/** Make a wish and show meanwhile what is being asked. @param {string} doing @param {string} kind @param {object} [fields] */
async function made(doing, kind, fields) {
  armed = false;
  pending = doing;
  const answer = line.wish(kind, fields);
  draw();
  return answer.finally(() => { pending = ""; });
}

function arm() {
  armed = true;
  draw();
  announce(face().label);
}

function disarm() {
  armed = false;
  button.focus();
  draw();
}

async function withdraw() {
  settle(await made("withdrawing", "withdraw-request"));
}

async function finish() {
  settle(await made("finishing", "end-speech"));
}

function confirm() {
  alone = true;
  confirmed = line.sitting;
  announce(_("You are in the members' part."));
  draw();
}

/** @param {import("./connection.js").Answer} answer */
function settle(answer) {
  if (answer.ok) show(at("answer"), false);
  else if (answer.reason !== "over") refuse(answer.why?.sentence || word("reason", answer.reason));
  draw();
}

/** @param {string} said */
function refuse(said) {
  say(at("answer").querySelector("span"), said);
  show(at("answer"), true);
  announce(said);
}

function press() {
  const { act, label, detail } = face();
  show(at("answer"), false);
  if (act) act();
  else announce(`${label}. ${detail}`);
}

// Drawing

function draw() {
  drawButton();
  if (!floor || !you) return;
  drawPause();
  drawSpeaker(floor);
  drawNext(floor);
  drawListHead(floor);
  drawList(floor);
  drawNotices(floor);
  drawItem(floor);
  for (const panel of panels) panel.draw?.(floor, you);
  tickSpeaker(floor);
  tellOwn(floor);
}

/** @param {import("./floor.js").Floor} floor */
function drawItem({ item }) {
  show(at("item"), Boolean(item));
  say(at("item"), item ? _("Item %(number)s: %(title)s", item) : "");
}

/** What a panel may use. @param {string} name */
function host(name) {
  return {
    face: "room", name, root, line, refuse, wish: (/** @type {string} */ kind, /** @type {object} */ fields) => line.wish(kind, fields),
    fresh: () => {},
    get listening() { return alone && !held; },
    get floor() { return floor; },
    get you() { return you; },
  };
}

/** What is shown instead of the floor while the part changes. */
function drawPause() {
  const paused = held || !alone;
  for (const zone of document.querySelectorAll(".live-grid")) show(zone, !paused);
  show(at("pause"), paused);
  if (!paused || at("pause").dataset.of === String(held)) return;
  at("pause").dataset.of = String(held);
  at("pause-icon").replaceChildren(icon(held ? "clock" : "lock"));
  say(at("pause-title"), held ? _("The open part is over") : _("Members' part"));
  say(at("pause-text"), held
    ? _("You may attend the members' part. It opens when everybody has left who may not stay; this page goes on by itself.")
    : _("What is said here is for those only whom the band on top names. Make sure that nobody else can hear or see it where you are."));
}

function drawButton() {
  const { state, label, detail, act } = face();
  if (button.dataset.state !== state || !button.querySelector(".icon")) {
    button.dataset.state = state;
    button.querySelector(".icon")?.replaceWith(icon({ idle: "hand", waiting: "clock", ready: "warning", speaking: "mic", off: "nobody" }[state] ?? "hand"));
  }
  say(button.querySelector(".state-label"), label);
  say(button.querySelector(".state-detail"), detail);
  button.setAttribute("aria-disabled", String(!act));
  const turn = floor ? standing(floor, own) : null;
  const open = Boolean(floor?.state === "open" && you && alone && !held);
  const may = open && turn?.state !== "speaking" && !pending;
  offer(at("keep"), armed && turn?.state !== "none");
  const waits = (/** @type {string} */ kind) => floor?.waiting.some((each) => own.has(each.number) && each.request === kind);
  for (const [id, kind] of Object.entries(OTHERS)) offer(at(id), may && you[kind === "right_of_reply" ? "may_speak" : "may_raise_point_of_order"] && !waits(kind));
  // Whoever is writing goes on writing, even if the list closes meanwhile.
  show(at("topic-field"), (may && you.may_speak && floor?.list_open && turn?.state === "none") || at("topic-field").contains(document.activeElement));
}

/** Show a button or not; where it had the focus, the big button has it then. @param {HTMLElement} node @param {boolean} shown */
function offer(node, shown) {
  const focused = !shown && document.activeElement === node;
  show(node, Boolean(shown));
  if (focused) button.focus();
}

/** @param {import("./floor.js").Floor} floor */
function drawNext(floor) {
  const [next] = listed(floor);
  show(at("now-next"), Boolean(next));
  say(at("now-next"), !next ? "" : own.has(next.number) ? _("Next: you") : _("Next: %(who)s", { who: title(next.speaker) }));
}

/** @param {import("./floor.js").Floor} floor */
function drawList(floor) {
  keep(at("list"), listed(floor), keyed, (request) => make("li", { class: "speaker" },
    make("span", { class: "speaker-place figures", "aria-hidden": true }),
    make("span", { class: "speaker-who" }, ...shown(request.speaker), ...about(request)),
    make("span", { class: "speaker-end" })), (row, { number, asked_at }, place) => {
    const mine = own.has(number);
    row.toggleAttribute("data-own", mine);
    say(row.querySelector(".speaker-place"), String(place + 1));
    say(row.querySelector(".speaker-end"), mine ? _("You") : since(asked_at));
  });
}

/** Say once what became of the reader's own turn: aloud, in the title, and in the hand. @param {import("./floor.js").Floor} floor */
function tellOwn(floor) {
  const turn = standing(floor, own);
  const now = !alone || held ? "" : turn.state === "waiting" ? `waiting ${turn.place}` : turn.state;
  if (now === before) return;
  const first = before === "";
  before = now;
  const { label, detail, state } = face();
  document.title = now && turn.state !== "none" ? `${label.replace(/ [\d:−-]+$/, "")} – ${pageTitle}` : pageTitle;
  if (first) return;
  if (turn.state !== "none") announce(`${label}. ${detail}`);
  sound.play(state === "ready" ? "next" : turn.state);
  if (state === "ready" || turn.state === "speaking") navigator.vibrate?.(turn.state === "speaking" ? [200, 100, 200] : 150);
}

/** Once a second: what only time changes. */
function tick() {
  if (!floor || at("live").hidden) return;
  drawButton();
  tickSpeaker(floor);
  for (const { number, asked_at } of floor.waiting) if (!own.has(number)) say(at("list").querySelector(`[data-key="${number}"] .speaker-end`), since(asked_at));
  const speech = floor.speaking;
  if (!speech || !own.has(speech.request.number) || warned === speech.request.number) return;
  const left = floor.seconds_each - clock.spoken(speech, clock.now());
  if (left > FINISHING || left <= 0) return;
  warned = speech.request.number;
  announce(_("%(time)s left.", { time: length(left) }));
}

panels.push(captions.panel(host("captions")));
at("enter")?.addEventListener("click", () => line.open());
if (at("enter")) show(at("enter"), true);
if (at("enter-waits")) {
  show(at("enter-waits"), true);
  line.open();
}
button.onclick = press;
at("keep").onclick = disarm;
for (const [id, kind] of Object.entries(OTHERS)) at(id).onclick = () => ask(kind);
at("topic").onkeydown = (/** @type {KeyboardEvent} */ event) => event.key === "Enter" && press();
at("back-close").onclick = () => show(at("back"), false);
at("line-more").addEventListener("beforetoggle", () => showDetails(line));
show(at("line-open"), true);
show(at("help-open"), true);
nameZone();
sound.offer();
panels.push(documents.panel(host("documents")), hands.panel(host("hands")));
for (const [name, panel] of Object.entries(PANELS)) panels.push(panel(host(name)));
listen(Object.assign({ h: press, ".": () => at("line-more").togglePopover(), "?": help }, ...panels.map(({ keys }) => keys)));
setInterval(tick, 1000);
