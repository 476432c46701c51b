// @ts-check
/** The console: three zones, a key for everything, a button for every key. */

import { announce } from "./announce.js";
import * as balance from "./balance.js";
import * as band from "./band.js";
import * as captioned from "./captioned.js";
import { panel as chat } from "./chat.js";
import * as clock from "./clock.js";
import { meaning } from "./commands.js";
import { complete, find } from "./completion.js";
import { Connection } from "./connection.js";
import { at, keep, make, say, show } from "./dom.js";
import * as documents from "./documents.js";
import { farewell } from "./farewell.js";
import * as experts from "./experts.js";
import * as fence from "./fence.js";
import { apply, listed } from "./floor.js";
import * as hands from "./hands.js";
import { _, ngettext } from "./i18n.js";
import { showDetails, showState } from "./line.js";
import { sentence } from "./news.js";
import { chip, mode, named, other, shown, title, word } from "./people.js";
import { prepare, rehearse } from "./rehearsal.js";
import * as minutes from "./minutes.js";
import * as notes from "./notes.js";
import * as presentations from "./presentations.js";
import { help, listen } from "./shortcuts.js";
import { panel as statements } from "./statements.js";
import * as tabs from "./tabs.js";
import { clock as wall, length, sayReadersTime } from "./time.js";
import { about, drawListHead, drawNotices, drawSpeaker, keyed, nameZone, since, tickSpeaker } from "./zones.js";

/** @typedef {import("./floor.js").Floor} Floor */

const root = at("console");

/** @type {Floor | null} */ let floor = null;
/** @type {any} */ let you = null;
/** @type {any} */ let audience = null;
let selected = 0; // the number of a request
let catching = 0;
/** By number of request: whose line is slow, or gone since when. @type {Record<string, {state: string, since?: string}>} */ let lines = {};

/**
 * What stands beside the floor, each with a tab and a module of its own, which may follow the line and what is drawn.
 * @type {{welcome?: (welcome: any, anew: boolean) => void, event?: (event: any, missed: boolean) => void, note?: (note: any) => void, counted?: (counted: any) => void, draw?: (floor: Floor, you: any) => void}[]}
 */
const panels = [];
const PANELS = { chat, statements };

const line = new Connection(root.dataset.sitting, {
  state(state) {
    showState(state);
    at("command-text").disabled = state === "over" || !you?.may_steer;
    if (state === "over") show(at("zones"), false);
    draw();
  },
  welcome(welcome, anew) {
    if (welcome.kind === "moved" || welcome.sitting !== root.dataset.sitting) goOn(welcome);
    you = welcome.you;
    audience = welcome.audience;
    floor = welcome.channels.room.snapshot ?? floor;
    at("command-text").disabled = !you.may_steer;
    show(at("command"), you.may_steer);
    if (!you.may_steer && !at("last").textContent) say(at("last"), _("You follow the console; those who preside act."));
    band.audience(audience);
    show(at("farewell"), false);
    show(at("zones"), true);
    if (line.broken) back(anew);
    fence.follow(welcome.sitting, you.may_preside);
    for (const panel of panels) panel.welcome?.(welcome, anew);
    draw();
  },
  event(event, missed) {
    for (const panel of panels) panel.event?.(event, missed);
    if (event.kind === "fence-moved") fence.follow(line.sitting, you.may_preside);
    if (event.on !== "room") return undefined;
    const was = /** @type {Floor} */ (floor);
    floor = apply(was, event);
    const said = sentence(event, was, floor);
    if (event.kind === "chat-said") return draw();
    if (missed) catching += 1;
    else announce(said);
    last(event.at, said);
    draw();
    if (event.kind === "item-taken") amended(floor);
  },
  presence: band.presence,
  lines({ requests }) {
    lines = requests;
    draw();
  },
  counted(counted) {
    for (const panel of panels) panel.counted?.(counted);
  },
  note(note) {
    if (note.sentence) refuse(note.sentence);
    for (const panel of panels) panel.note?.(note);
  },
  farewell(said) {
    farewell(said, () => line.open());
  },
});

/** What was missed follows the welcome at once. @param {boolean} anew */
function back(anew) {
  catching = 0;
  setTimeout(() => announce(anew || !catching ? _("Connected again.") : ngettext("Back: %(num)s change while away", "Back: %(num)s changes while away", catching)), 400);
}

/** The same people in the next part: its name, its agenda, an empty list. @param {{sitting: string, title: string}} welcome */
async function goOn({ sitting, title: name }) {
  history.replaceState(null, "", `/console/${sitting}`);
  root.dataset.sitting = sitting;
  root.dataset.part = "second_half";
  selected = 0;
  say(at("sitting"), name);
  await takeFromPage(["#agenda", ".band-until", "#minutes-items"]);
  sayReadersTime();
}

/** The same parts of this page as the service has them now. @param {string[]} parts */
async function takeFromPage(parts) {
  const page = await fetch(`/console/${root.dataset.sitting}`).then((response) => response.text()).catch(() => "");
  const next = new DOMParser().parseFromString(page, "text/html");
  for (const part of parts) {
    const found = next.querySelector(part);
    if (found) document.querySelector(part)?.replaceWith(document.adoptNode(found));
  }
}

/** An item that is taken up may have been amended, and with it the agenda. @param {Floor} floor */
async function amended({ item }) {
  const row = at("agenda").querySelector(`[data-item="${item?.number}"] > span`);
  if (!item || row?.textContent === item.title) return;
  await takeFromPage(["#agenda", "#minutes-items"]);
  draw();
}

/** What a panel may use. @param {string} name */
function host(name) {
  return {
    face: "console", root, line, refuse, wish,
    fresh: (/** @type {number} */ count) => tabs.fresh(name, count), // of a panel that has a tab
    listening: true,
    get floor() { return floor; },
    get you() { return you; },
  };
}

if (document.getElementById("presentations")) panels.push(presentations.panel(host("presentations")));
if (document.getElementById("experts")) panels.push(experts.panel(host("experts")));

// Doing

/** @param {string} kind @param {object} [fields] */
async function wish(kind, fields) {
  if (!you?.may_steer) return null;
  // A chair must see what is, before acting on it: nothing is kept for later.
  if (!line.connected) return refuse(_("Not connected: nothing was done."));
  show(at("answer"), false);
  const answer = await line.wish(kind, fields);
  if (!answer.ok && answer.reason !== "over") refuse(answer.why?.sentence || word("reason", answer.reason));
  return answer;
}

/** @param {string} said @returns {null} */
function refuse(said) {
  say(at("answer").querySelector("span"), said);
  show(at("answer"), true);
  announce(said);
  return null;
}

/** Start, pause or resume, whichever is next; the floor may have been given a moment ago, so the service says no. */
function run() {
  const speech = floor?.speaking;
  if (!speech?.started_at) wish("start-speech");
  else wish(speech.running_since ? "pause-speech" : "resume-speech");
}

function toggle() {
  wish(floor?.list_open ? "close-list" : "open-list");
}

/** The time of now is where the focus is: Enter alone changes nothing. */
function timing() {
  if (!you?.may_steer) return;
  at("timing").showModal();
  for (const button of at("timing").querySelectorAll('button:not([value=""])')) {
    const current = button.value === String(floor?.seconds_each);
    button.setAttribute("aria-pressed", String(current));
    button.dataset.kind = current ? "primary" : "secondary";
    if (current) button.focus();
  }
}

function setTime() {
  const { returnValue: seconds } = at("timing");
  at("timing").returnValue = "";
  if (seconds && Number(seconds) !== floor?.seconds_each) wish("set-time", { seconds: Number(seconds) });
}

/** @param {number} [number] */
function give(number = selected) {
  selected = 0;
  wish("give-floor", number ? { number } : {});
}

/** @param {number} [number] */
function remove(number = selected) {
  if (!number) return refuse(_("Select a row first: 1 to 9."));
  if (number === selected) selected = 0;
  wish("remove-request", { number });
}

/** @param {number} number */
function select(number) {
  selected = number === selected ? 0 : number;
  const request = floor?.waiting.find((waits) => waits.number === selected);
  announce(request ? _("Selected: %(who)s", { who: title(request.speaker) }) : _("None selected"));
  draw();
}

/** @param {number} place */
function selectPlace(place) {
  const request = floor && listed(floor)[place - 1];
  if (request) select(request.number);
}

/** Put the selected request one place up or down, or on top. @param {"up" | "down" | "top"} where */
function move(where) {
  const waiting = floor ? listed(floor) : [];
  const from = waiting.findIndex(({ number }) => number === selected);
  if (from < 0) return void refuse(_("Select a row first: 1 to 9."));
  const to = { up: from - 1, down: from + 1, top: 0 }[where];
  if (to < 0 || to >= waiting.length || to === from) return void refuse(_("It stands there already."));
  const before = waiting[where === "down" ? to + 1 : to];
  wish("move-request", { number: selected, before: before?.number ?? null });
}

/** A point of order goes to the top, the one that waits longest; a selected request of any kind does too. */
function raise() {
  const point = floor && listed(floor).find(({ request }) => request === "point_of_order");
  if (!selected && point) selected = point.number;
  move("top");
}

/** Whether the newest or the oldest point of order goes first. */
function order() {
  const newest = floor?.newest_first.includes("point_of_order");
  wish("set-order", { request: "point_of_order", newest_first: !newest });
}

/** Put somebody on the list: whom the words name, if they name one. @param {{whom: string, request: string, topic: string, item: number | null, guest: boolean}} asked */
async function add({ whom, guest, ...fields }) {
  if (guest) return void wish("add-speaker", { name: whom, ...fields });
  const found = await find(line.sitting, whom);
  if (!found) return void refuse(_("The service cannot be reached at this moment."));
  const same = found.filter((each) => [each.title, each.name].some((name) => name.toLowerCase() === whom.toLowerCase()));
  const meant = same.length ? same : found;
  if (meant.length === 1) wish("add-speaker", { reference: meant[0].reference, ...fields });
  else if (meant.length) refuse(_("Several are meant: %(names)s", { names: meant.map(({ title, name }) => `${title} (${name})`).join(", ") }));
  else refuse(_("Nobody registered is called that. For someone without an account write the name in quotes, or: mic 14"));
}

/** @param {"open" | "close"} what */
async function sittingIs(what) {
  const response = await fetch(`/api/v1/sittings/${line.sitting}/${what}`, { method: "POST" }).catch(() => null);
  if (response?.ok) return;
  const said = await response?.json().catch(() => ({}));
  refuse(said?.detail || said?.title || _("The service cannot be reached at this moment."));
}

/** @param {Event} event */
function command(event) {
  event.preventDefault();
  const field = at("command-text");
  if (!field.value.trim() || !floor) return;
  const means = meaning(field.value, floor);
  if ("unknown" in means) return refuse(_("Not understood: %(text)s", { text: means.unknown }));
  field.value = "";
  field.blur();
  if ("kind" in means) wish(means.kind, means.fields);
  else if ("whom" in means) add(means);
  else if (means.page === "help") help();
  else run();
}

/** @param {Event} event */
async function tellRoom(event) {
  event.preventDefault();
  const field = at("announce-text");
  const text = field.value.trim();
  if (!text) return;
  field.value = "";
  field.blur();
  wish("announce", { text });
}

/** @param {Event} event */
async function goOnWithout(event) {
  event.preventDefault();
  const reason = at("fence-reason").value.trim();
  const { fence: now, no = "" } = await fence.ask(line.sitting, fence.posted({ reason }), "/hall").catch(() => ({ fence: undefined, no: _("The service cannot be reached at this moment.") }));
  if (no) return refuse(no);
  at("fence-reason").value = "";
  if (now) fence.draw(now, you.may_preside);
  fence.follow(line.sitting, you.may_preside);
}

// Drawing

/** @param {string} iso @param {string} said */
function last(iso, said) {
  at("last").replaceChildren(make("time", { datetime: iso }, wall(new Date(iso))), " ", said);
}

function draw() {
  if (!floor || !you) return;
  drawSpeaker(floor);
  tickSpeaker(floor);
  drawListHead(floor);
  drawRows(floor);
  drawNext(floor);
  drawNotices(floor);
  drawActs(floor);
  drawAgenda(floor);
  for (const panel of panels) panel.draw?.(floor, you);
}

/** What can be done now is shown; what cannot is dimmed and says why when it is pressed. @param {Floor} floor */
function drawActs(floor) {
  const { state, speaking, list_open, seconds_each, newest_first } = floor;
  const { may_steer: steers, may_preside: presides, functions } = you;
  const open = state === "open" && line.connected;
  for (const [id, can] of Object.entries({ run: speaking, end: speaking, next: listed(floor).length, time: true, toggle: true, order: true, back: true, undo: true })) {
    show(at(id), steers);
    at(id).setAttribute("aria-disabled", String(!(open && can)));
  }
  label("run", !speaking?.started_at ? _("Start") : speaking.running_since ? _("Pause") : _("Resume"));
  label("time", _("%(time)s each", { time: length(seconds_each) }));
  const newest = newest_first.includes("point_of_order");
  say(at("order-text"), newest ? _("Points of order: newest first.") : _("Points of order: oldest first."));
  label("order", newest ? _("Oldest first") : _("Newest first"));
  label("toggle", list_open ? _("Close the list") : _("Open the list"));
  show(at("announce"), presides && (state === "open" || at("announce").contains(document.activeElement)));
  show(at("prepare"), presides && root.dataset.part === "first_half" && (state === "open" || state === "closing") && !["raised", "verified"].includes(root.dataset.fence));
  const may = presides || functions.includes("secretariat");
  show(at("open"), may && ["scheduled", "closed"].includes(state) && root.dataset.part !== "second_half");
  show(at("close"), may && state === "open");
  say(at("sitting-state"), STATES[state]());
}

/** @param {Floor} floor */
function drawAgenda({ item, state }) {
  const can = you.may_steer && state === "open" && line.connected;
  for (const row of /** @type {NodeListOf<HTMLElement>} */ (at("agenda").querySelectorAll("[data-item]"))) {
    const now = row.dataset.item === String(item?.number);
    row.toggleAttribute("data-now", now);
    show(/** @type {Element} */ (row.querySelector(".item-now")), now);
    show(/** @type {Element} */ (row.querySelector(".item-take")), can && !now);
  }
  show(at("item-none"), can && Boolean(item));
  show(at("item"), Boolean(item));
  say(at("item"), item ? _("Item %(number)s: %(title)s", item) : "");
}

/** @param {Event} event */
function take({ target }) {
  const button = /** @type {HTMLElement} */ (target).closest("button");
  if (button?.dataset.take) wish("take-item", { number: Number(button.dataset.take) });
  else if (button?.id === "item-none") wish("take-item", { number: null });
}

/** @type {Record<string, () => string>} */
const STATES = {
  scheduled: () => _("Not open yet"),
  open: () => _("Open"),
  closing: () => _("Closing: no wishes are taken"),
  closed: () => _("Closed"),
};

/** @param {string} id @param {string} text */
function label(id, text) {
  say(at(id).querySelector("span"), text);
}

/** @param {Floor} floor */
function drawNext(floor) {
  const waiting = listed(floor);
  const key = waiting[0] ? keyed(waiting[0]) : "nobody";
  const box = at("next-who");
  if (box.dataset.key === key) return;
  box.dataset.key = key;
  box.replaceChildren(...(waiting[0] ? [...shown(waiting[0].speaker), ...about(waiting[0])] : [make("p", { class: "quiet" }, _("Nobody waits."))]));
}

/** @param {Floor} floor */
function drawRows(floor) {
  const { state } = floor;
  keep(at("list"), listed(floor), ({ number }) => number, row, (node, request, place) => {
    const { number, asked_at, speaker } = request;
    const chosen = number === selected;
    node.toggleAttribute("data-selected", chosen);
    const choose = /** @type {HTMLElement} */ (node.querySelector(".row-place"));
    say(choose, String(place + 1));
    choose.setAttribute("aria-pressed", String(chosen));
    choose.setAttribute("aria-label", _("%(place)s, %(who)s: select", { place: place + 1, who: title(speaker) }));
    say(node.querySelector(".row-waits"), since(asked_at));
    say(node.querySelector(".row-before"), balance.before(number));
    drawStance(node, request);
    drawLine(/** @type {HTMLElement} */ (node.querySelector(".row-state")), number);
    for (const button of node.querySelectorAll(".row-acts button")) {
      show(button, you.may_steer);
      button.setAttribute("aria-disabled", String(state !== "open" || !line.connected));
    }
  });
}

/** @param {import("./floor.js").Request} request */
function row(request) {
  const { number, speaker } = request;
  const choose = make("button", { type: "button", class: "row-place figures" });
  const giving = make("button", { type: "button", class: "button", "data-kind": "secondary" }, _("Give"), make("span", { class: "unseen" }, ` ${title(speaker)}`));
  const removing = make("button", { type: "button", class: "button", "data-kind": "quiet", title: _("Remove") }, make("span", { class: "times", "aria-hidden": "true" }, "×"), make("span", { class: "unseen" }, _("Remove"), ` ${title(speaker)}`));
  choose.onclick = () => select(number);
  giving.onclick = () => give(number);
  removing.onclick = () => remove(number);
  const side = make("select", { class: "row-stance", "aria-label": _("%(who)s: for or against?", { who: title(speaker) }) },
    ...["", "for", "against"].map((stance) => make("option", { value: stance }, stance ? word("stance", stance) : _("Neither"))));
  side.onchange = async () => {
    const answer = await wish("set-stance", { number, stance: side.value || null });
    if (!answer?.ok) side.value = side.dataset.drawn === "none" ? "" : side.dataset.drawn;
  };
  return make("li", { class: "row" }, choose, make("span", { class: "row-who" },
    make("span", { class: "row-line" }, named(speaker), ...about({ ...request, stance: null })), make("span", { class: "row-line" }, ...roles(speaker))),
    make("span", { class: "row-times figures" }, make("span", { class: "row-state" }), make("span", { class: "row-waits" }), make("span", { class: "row-before" })), make("span", { class: "row-acts" }, ...(request.request === "intervention" ? [side] : []), giving, removing));
}

/** On which side somebody is, as the list has it. @param {HTMLElement} node @param {import("./floor.js").Request} request */
function drawStance(node, request) {
  const side = /** @type {HTMLSelectElement | null} */ (node.querySelector(".row-stance"));
  if (!side || side.dataset.drawn === (request.stance ?? "none")) return;
  side.dataset.drawn = request.stance ?? "none";
  side.value = request.stance ?? "";
  node.querySelector(".row-side")?.remove();
  if (request.stance) node.querySelector(".who-title")?.after(make("span", { class: "chip row-side", "data-kind": "quiet" }, word("stance", request.stance)));
}

/** Whose line is not well; their place and the floor are kept. @param {HTMLElement} node @param {number} number */
function drawLine(node, number) {
  const { state = "", since: left = "" } = lines[number] ?? {};
  node.dataset.state = state;
  say(node, state === "weak" ? _("weak line") : state !== "away" ? "" : left ? _("line lost %(time)s ago", { time: length((clock.now() - Date.parse(left)) / 1000) }) : _("not connected"));
}

/** @param {import("./floor.js").Speaker} speaker */
function roles(speaker) {
  const name = other(speaker);
  return [chip(speaker.category), make("span", {}, word("capacity", speaker.capacity)), mode(speaker), name && make("span", { class: "who-role" }, make("bdi", {}, name))];
}

/** Once a second: what only time changes. */
function tick() {
  if (!floor || !you) return;
  tickSpeaker(floor);
  drawLine(at("now-line"), floor.speaking?.request.number ?? 0);
  for (const node of /** @type {NodeListOf<HTMLElement>} */ (at("list").querySelectorAll("li"))) drawLine(/** @type {HTMLElement} */ (node.querySelector(".row-state")), Number(node.dataset.key));
  for (const { number, asked_at } of floor.waiting) say(at("list").querySelector(`[data-key="${number}"] .row-waits`), since(asked_at));
}

/** @type {Record<string, () => void>} */
const acts = { order, back: () => wish("return-speaker"), run, end: () => wish("end-speech"), next: () => wish("give-floor"), toggle, time: timing, undo: () => wish("undo"), open: () => sittingIs("open") };
for (const [id, act] of Object.entries(acts)) at(id).onclick = act;
at("prepare").onclick = () => rehearse(line.sitting, () => fence.follow(line.sitting, true));
at("close").onclick = () => at("closing").showModal();
at("closing").onclose = () => {
  if (at("closing").returnValue === "close") sittingIs("close");
  at("closing").returnValue = "";
};
at("timing").onclose = setTime;
at("command").onsubmit = command;
at("announce").onsubmit = tellRoom;
at("panel-agenda").onclick = take;
at("fence-without").onsubmit = goOnWithout;
at("line-more").addEventListener("beforetoggle", () => showDetails(line));
complete(at("command-text"), at("command-offers"), () => ({ floor, sitting: line.sitting }));
panels.push(balance.panel(host("list")), documents.panel(host("agenda")));
panels.push(captioned.panel(host("captions")));
prepare();
nameZone();
for (const [name, panel] of Object.entries(PANELS)) panels.push(panel(host(name)));
listen({
  " ": run, n: acts.next, e: acts.end, l: toggle, t: timing, g: () => give(), x: () => remove(), u: acts.undo, p: raise, a: () => balance.take(host("list")), r: acts.back,
  m: () => jotting.write(floor?.waiting.find(({ number }) => number === selected) ?? null),
  "Shift+ArrowUp": () => move("up"), "Shift+ArrowDown": () => move("down"),
  "/": () => at("command-text").focus(), "?": help, ".": () => at("line-more").togglePopover(),
  ...Object.fromEntries([1, 2, 3, 4, 5, 6, 7, 8, 9].map((place) => [String(place), () => selectPlace(place)])),
});
const jotting = notes.panel(host("notes"));
panels.push(hands.panel(host("hands")), minutes.panel(host("minutes")), jotting);
setInterval(tick, 1000);
line.open();
