// @ts-check
/**
 * The hall screen: it shows and takes no part. What is not live is never shown as if it were: it is
 * marked at once, and taken away when the line does not come back soon.
 */

import * as band from "./band.js";
import * as clock from "./clock.js";
import { Connection } from "./connection.js";
import { at, icon, keep, make, say, show } from "./dom.js";
import { apply, listed } from "./floor.js";
import { _, locale, ngettext } from "./i18n.js";
import { chip, named, title, word } from "./people.js";
import { enabled } from "./shortcuts.js";
import { clock as wall } from "./time.js";
import { about, drawListHead, drawSpeaker, keyed, tickSpeaker } from "./zones.js";

/** @typedef {import("./floor.js").Floor} Floor */

const root = at("screen");
const { zone, zoneName } = root.dataset;
const MOST = 8;
const LONG_NAME = 22; // characters; longer is set smaller
const SHORT_NOTICE = 140;
const LONG_NOTICE = 280;
const GRACE = 20_000; // a break that is shorter is only marked
const OVER = [410, 4507];
const LOOK_AGAIN = 20_000;

/** @type {Floor | null} */ let floor = null;
let held = false; // the open part is over, and the members' part is not open yet
let grace = 0;

const line = new Connection(root.dataset.sitting, {
  state(state) {
    if (state === "connected") live();
    else if (state === "away") late();
    else if (state === "outside") outside();
    else if (state === "knocking" && !floor) blank("clock", _("Connecting"));
  },
  welcome(welcome) {
    if (welcome.kind === "moved") history.replaceState(null, "", `/screen/${welcome.sitting}`);
    held = false;
    floor = welcome.channels.room.snapshot ?? floor;
    band.audience(welcome.audience);
    say(at("sitting"), welcome.title);
  },
  event(event) {
    if (event.on !== "room") return;
    floor = apply(/** @type {Floor} */ (floor), event);
    if (line.connected) live();
  },
  presence() {},
  note(note) {
    if (note.note !== "hold") return;
    held = true;
    live();
  },
  farewell: ended,
}, { screen: true });

// What is shown: the floor, the floor marked as late, or a sentence instead of it

function live() {
  clearTimeout(grace);
  grace = 0;
  show(at("late"), false);
  if (held) return turning();
  if (!floor || floor.state === "closed") return closed();
  stage("live");
  draw(floor);
}

function turning() {
  forget();
  band.nobody(_("Nobody: the part is changing"));
  blank("lock", _("The open part is over"), _("The members' part opens when everybody has left who may not stay."));
}

function closed() {
  forget();
  band.nobody(_("Nobody: the sitting is closed"));
  blank("check", _("The sitting is closed"));
}

/** The line is broken: say so, and for how long what is seen has been old. */
function late() {
  grace ||= setTimeout(lost, GRACE);
  if (root.dataset.stage !== "live") return;
  stage("late");
  say(at("late").querySelector("span"), _("Not live. This is how it was at %(time)s (%(zone)s). Reconnecting.", { time: moment(line.heard), zone: zoneName }));
  show(at("late"), true);
}

function lost() {
  forget();
  band.nobody(_("Not known: this screen is not live"));
  blank("warning", _("This screen is not live"), _("No connection since %(time)s (%(zone)s). It goes on by itself when the line is back.", { time: moment(line.heard), zone: zoneName }));
}

function outside() {
  forget();
  blank("clock", _("Not open yet"));
  show(at("blank-starts"), true);
}

/** @param {any} said */
function ended({ code, why, sentence }) {
  if (OVER.includes(code)) {
    closed();
    setTimeout(goOn, LOOK_AGAIN);
    return;
  }
  forget();
  band.nobody(_("Not known: this screen is not live"));
  const reason = why?.sentence || sentence || word("close", String(code));
  blank("cross", _("Nothing is shown here any more"), reason === String(code) ? "" : reason);
}

/** Where the meeting goes on, this screen goes on; the page that is here stays while the network is away. */
async function goOn() {
  const page = await fetch(location.pathname).catch(() => null);
  if (page?.redirected) location.assign(page.url);
  else line.open();
}

/** Nothing of the floor stays in the page. */
function forget() {
  clearTimeout(grace);
  grace = 0;
  floor = null;
  line.forget();
  for (const id of ["now-who", "list", "notice-text", "list-count", "item"]) at(id).replaceChildren();
  delete at("now-who").dataset.key;
  show(at("late"), false);
}

/** @param {"live" | "late" | "blank"} to */
function stage(to) {
  root.dataset.stage = to;
  show(at("floor"), to !== "blank");
  show(at("blank"), to === "blank");
}

/** @param {string} sign @param {string} title @param {string} [text] */
function blank(sign, title, text = "") {
  stage("blank");
  at("blank-icon").replaceChildren(icon(sign));
  say(at("blank-title"), title);
  say(at("blank-text"), text);
  show(at("blank-starts"), false);
  show(at("item"), false);
}

// Drawing

/** @param {Floor} floor */
function draw(floor) {
  drawSpeaker(floor);
  at("now-who").toggleAttribute("data-long", Boolean(floor.speaking) && title(floor.speaking.request.speaker).length > LONG_NAME);
  tickSpeaker(floor);
  drawState(floor);
  drawListHead(floor);
  drawNotice(floor);
  drawItem(floor);
  drawTopic();
  drawList(floor);
}

/** @param {Floor} floor */
function drawItem({ item }) {
  show(at("item"), Boolean(item));
  say(at("item"), item ? _("Item %(number)s: %(title)s", item) : "");
}

/** What someone speaks on, where there is room for it under who they are. */
function drawTopic() {
  const topic = at("now-who").querySelector(".who-topic");
  if (!topic) return;
  show(topic, true);
  show(topic, at("now-who").scrollHeight <= at("now-who").clientHeight);
}

/** @param {Floor} floor */
function drawState({ state, speaking }) {
  if (state === "scheduled" && !speaking) {
    delete at("now-who").dataset.key;
    at("now-who").replaceChildren(make("span", { class: "who-nobody" }, _("The sitting has not begun")));
  }
  show(at("frozen"), state === "closing");
  say(at("frozen").querySelector("span"), state === "closing" ? _("The sitting is closing. The list of speakers is kept as it is.") : "");
}

/** @param {Floor} floor */
function drawList(floor) {
  const waiting = listed(floor);
  const list = at("list");
  keep(list, waiting.slice(0, MOST), keyed, row, (node, _request, place) => {
    show(node, true);
    say(node.querySelector(".hall-place"), String(place + 1));
  });
  more(waiting.length - list.children.length);
  // No row is cut in two: what has no room is counted.
  for (let last = list.children.length - 1; last > 0 && list.scrollHeight > list.clientHeight; last -= 1) {
    show(list.children[last], false);
    more(waiting.length - last);
  }
}

/** @param {import("./floor.js").Request} request */
function row(request) {
  return make("li", { class: "hall-row" }, make("span", { class: "hall-place figures" }),
    make("span", { class: "hall-who" }, named(request.speaker), make("span", { class: "hall-marks" }, ...about({ ...request, topic: "" }), chip(request.speaker.category))));
}

/** @param {number} number */
function more(number) {
  show(at("list-more"), number > 0);
  say(at("list-more"), number > 0 ? ngettext("and %(num)s more", "and %(num)s more", number) : "");
}

/** The newest only. @param {Floor} floor */
function drawNotice({ notices }) {
  const newest = notices.at(-1);
  show(at("notice"), Boolean(newest));
  const text = newest?.text ?? "";
  say(at("notice-text"), text);
  at("notice").dataset.length = text.length > LONG_NOTICE ? "long" : text.length > SHORT_NOTICE ? "some" : "short";
  say(at("notice").querySelector("time"), newest ? `${wall(new Date(newest.at), zone)} (${zoneName})` : "");
}

/** @param {Date} when */
function moment(when) {
  return when.toLocaleTimeString(locale, { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23", timeZone: zone });
}

/** Twice a second: what only time changes. */
function tick() {
  say(at("wall"), `${wall(new Date(clock.now()), zone)} ${zoneName}`);
  if (floor && root.dataset.stage === "live") tickSpeaker(floor);
}

// The machine that shows it

function fill() {
  if (document.fullscreenElement) document.exitFullscreen();
  else document.documentElement.requestFullscreen().catch(() => {});
}

/** A projector that falls asleep shows nothing; where the browser cannot help, its owner must. */
async function stayAwake() {
  if (document.visibilityState === "visible") await navigator.wakeLock?.request("screen").catch(() => {});
}

at("full").onclick = fill;
document.addEventListener("keydown", (event) => {
  if (event.key.toLowerCase() !== "f" || event.ctrlKey || event.metaKey || event.altKey || event.repeat || !enabled()) return;
  event.preventDefault();
  fill();
});
document.addEventListener("visibilitychange", stayAwake);
addEventListener("resize", () => floor && root.dataset.stage === "live" && draw(floor));
stayAwake();
setInterval(tick, 500);
tick();
line.open();
