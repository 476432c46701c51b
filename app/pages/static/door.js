// @ts-check
/**
 * The door of the hall. Every scan has an id and is kept until the service has answered it; while
 * there is no network this page decides by the signed list it has, says so, and tells it later.
 */

import { _, ngettext, locale } from "./i18n.js";
import { at, icon, make, say, show } from "./dom.js";
import { DoorList } from "./door_list.js";
import { offerCamera } from "./scanner.js";

/** @typedef {import("./door_list.js").Scan} Scan */

const PATIENCE = 4000; // milliseconds for an answer before the door decides by itself
const TRY_AGAIN = 3000;
const LOOK_AGAIN = 10_000;
const LIST_AGAIN = 60_000;

const root = at("door");
const sitting = root.dataset.sitting;
const api = `/api/v1/sittings/${sitting}/door`;
const form = /** @type {HTMLFormElement} */ (at("door-form"));
const text = /** @type {HTMLInputElement} */ (form.elements.namedItem("text"));
const door = /** @type {HTMLInputElement} */ (form.elements.namedItem("door"));
const list = new DoorList(sitting, root.dataset.key);

/** @type {number | null} */ let without = null; // since when there is no network
/** @type {number | null} */ let counted = Date.now(); // when the service last told the head count
let signedOut = false;
/** @type {Promise<boolean> | null} */ let telling = null;

/** @param {number | string} moment */
const clock = (moment) => new Date(moment).toLocaleTimeString(locale, { hour: "2-digit", minute: "2-digit" });

/** An answer, or null where none came. @param {string} path @param {unknown} [body] */
async function ask(path, body) {
  const options = body === undefined ? {} : { method: "POST", body: JSON.stringify(body), headers: { "Content-Type": "application/json" } };
  const response = await fetch(api + path, { ...options, signal: AbortSignal.timeout(PATIENCE) }).catch(() => null);
  const there = response !== null && response.status < 500 && response.status !== 429;
  if (!there) without ??= Date.now();
  if (there) without = null;
  signedOut = response?.status === 401;
  tellLine();
  return there && response.status !== 401 ? response : null;
}

/* What the steward sees ---------------------------------------------------------------------- */

const WORDS = () => ({
  admitted: _("May enter"),
  left: _("Left"),
  "already-in": _("Check who carries it"),
  refused: _("May not enter"),
  unchecked: _("Could not be checked"),
});
const SHAPES = { admitted: "check", left: "arrow", "already-in": "warning", refused: "cross", unchecked: "warning" };

/** @param {{verdict: keyof typeof SHAPES, word?: string, name?: string, entity?: string, sentence?: string, clause?: string, more?: string}} told */
function showVerdict(told) {
  const box = at("door-verdict");
  box.dataset.verdict = told.verdict;
  box.replaceChildren(
    make("p", { class: "door-word" }, icon(SHAPES[told.verdict]), make("strong", {}, told.word ?? WORDS()[told.verdict])),
    ...(told.name ? [make("p", { class: "door-who" }, make("bdi", {}, told.name), make("span", {}, make("bdi", {}, told.entity ?? "")))] : []),
    ...(told.sentence ? [make("p", {}, told.sentence)] : []),
    ...(told.clause ? [make("p", { class: "quiet" }, `${_("Clause")}: ${told.clause}`)] : []),
    ...(told.more ? [make("p", {}, told.more)] : []),
  );
  show(box, true);
}

/** What a steward may still decide. @param {[string, () => void][]} choices */
function offer(choices) {
  const place = at("door-ask");
  place.replaceChildren(...choices.map(([label, act]) => {
    const button = make("button", { type: "button", class: "button", "data-kind": "secondary" }, label);
    button.addEventListener("click", () => { offer([]); act(); text.focus(); });
    return button;
  }));
  show(place, choices.length > 0);
}

function tellLine() {
  const line = at("door-line");
  const waits = list.queue.filter((scan) => !scan.fault).length;
  const said = [];
  if (signedOut) said.push(_("You are signed out. Sign in in another tab: what is noted here is kept."));
  if (without) {
    said.push(_("No network since %(time)s.", { time: clock(without) }));
    said.push(list.list
      ? _("Decided by the list of %(time)s. What has changed since then, and what other doors see, cannot be checked.", { time: clock(list.list.made_at) })
      : _("There is no list here: nothing can be checked."));
  }
  if (list.proof === "bad") said.push(_("The list that was kept here is not the service's, and is not used."));
  if (list.proof === "unproven" && without) said.push(_("This browser cannot check the signature of the list."));
  say(at("door-count-of"), without && counted ? _("at %(time)s; what was noted here since is not in it", { time: clock(counted) }) : "");
  if (waits) said.push(ngettext("%(num)s scan waits to be told to the service.", "%(num)s scans wait to be told to the service.", waits));
  say(line, said.join(" "));
  show(line, said.length > 0);
  const kept = list.queue.filter((scan) => without || scan.fault);
  at("door-queue").replaceChildren(...kept.map((scan) => make("li", {},
    `${scan.at ? clock(scan.at) : ""} · ${scan.way === "in" ? _("In") : _("Out")} · `, make("bdi", {}, scan.name || _("not on the list")),
    { unchecked: ` · ${_("not checked")}`, refused: ` · ${_("turned away")}` }[scan.told ?? ""] ?? "", scan.fault ? ` · ${scan.fault}` : "")));
  show(at("door-waiting"), kept.length > 0);
}

/** @param {{head_count: number, flags: any[]}} hall */
function showHall(hall) {
  counted = Date.now();
  say(at("door-count"), String(hall.head_count));
  at("door-flag-list").replaceChildren(...hall.flags.map((flag) => make("li", { "data-id": flag.id },
    `${clock(flag.at)}`, flag.door && " · ", flag.door && make("bdi", {}, flag.door), flag.name && " · ", flag.name && make("strong", {}, make("bdi", {}, flag.name)), ": ",
    flag.contested && `${_("let in while the door had no network.")} `, flag.sentence)));
  show(at("door-flags"), hall.flags.length > 0);
}

/* Scans --------------------------------------------------------------------------------------- */

/** @param {string} read @param {Partial<Scan>} [more] */
async function scanned(read, more = {}) {
  offer([]);
  const way = /** @type {any} */ (form.elements.namedItem("way")).value;
  /** @type {Scan} */
  const scan = { id: newId(), text: read, way, door: door.value.trim(), insists: false, ...more };
  // What was noted before is told first, so that coming and leaving stay in their order.
  if (without === null && (list.queue.length === 0 || await tell())) {
    const { id, insists } = scan;
    const response = await ask("/scans", { id, text: read, way: scan.way, door: scan.door, insists });
    if (response) return answered(scan, await response.json(), response.ok);
  }
  await alone(scan);
}

/** @param {Scan} scan @param {any} told @param {boolean} ok */
function answered(scan, told, ok) {
  if (!ok) return showVerdict({ verdict: "refused", word: _("Not taken"), sentence: told.detail || told.title });
  const not_noted = scan.way === "out" && told.verdict === "refused";
  showVerdict({ ...told, verdict: not_noted ? "already-in" : told.verdict, word: not_noted ? _("Not noted as in the hall") : undefined });
  say(at("door-count"), String(told.head_count));
  if (["two-doors-within-a-minute", "already-in-the-hall"].includes(told.reason)) {
    offer([[_("I have checked who it is: let them in"), () => scanned(scan.text, { way: "in", insists: true })]]);
  }
  look();
}

/** Decide by the list, say by which, and keep what was done. @param {Scan} scan */
async function alone(scan) {
  const found = await list.decide(scan);
  const { entry, verdict, why } = found;
  scan.at = list.now();
  scan.name = entry?.name ?? "";
  /** @param {string} told */
  const done = (told) => { list.keep({ ...scan, told }); tellLine(); };
  const by = list.list ? _("By the list of %(time)s, without network.", { time: clock(list.list.made_at) }) : "";
  const shown = { name: entry?.name, entity: entry?.entity, more: by };
  switch (verdict) {
    case "left":
      showVerdict({ verdict: "left", ...shown, sentence: entry ? "" : _("Not on the list: it is noted, and checked later.") });
      return done("admitted");
    case "admitted":
      showVerdict({ verdict: "admitted", ...shown, sentence: entry?.sentence, clause: entry?.clause });
      return done("admitted");
    case "already-in":
      showVerdict({ verdict: "already-in", ...shown, sentence: _("This badge is noted as in the hall already: check who carries it.") });
      return offer([
        [_("I have checked who it is: let them in"), () => { scan.insists = true; letIn(scan, "admitted"); }],
        [_("Turn away"), () => turnAway(scan)],
      ]);
    case "refused":
      showVerdict({ verdict: "refused", ...shown, ...(why === "rule" ? { sentence: entry?.sentence, clause: entry?.clause } : { sentence: why === "ended" ? _("This badge is valid no more.") : _("The room is not open yet.") }) });
      return done("refused");
    default:
      showVerdict({ verdict: "unchecked", ...shown, sentence: {
        unknown: _("It is not on the list: it may be newer than the list, or no badge of this meeting."),
        "no-list": _("There is no list here: nothing can be checked."),
        "not-open": _("Whether this part is open by now cannot be checked."),
      }[why] });
      return offer([
        [_("Let in, and check later"), () => letIn(scan, "unchecked")],
        [_("Turn away"), () => turnAway(scan)],
      ]);
  }
}

/** @param {Scan} scan @param {string} told */
function letIn(scan, told) {
  list.keep({ ...scan, told });
  showVerdict({ verdict: told === "unchecked" ? "unchecked" : "admitted", word: told === "unchecked" ? _("Let in unchecked") : undefined, name: scan.name });
  tellLine();
}

/** @param {Scan} scan */
function turnAway(scan) {
  list.keep({ ...scan, told: "refused" });
  showVerdict({ verdict: "refused", word: _("Turned away"), name: scan.name });
  tellLine();
}

/** Tell the service what was done without it, in its order; true when nothing is left. */
function tell() {
  telling ??= tellAll().finally(() => { telling = null; tellLine(); });
  return telling;
}

async function tellAll() {
  for (const scan of list.queue.filter((each) => !each.fault)) {
    const { name: _name, fault: _fault, ...said } = scan;
    const response = await ask("/scans", said);
    if (!response) return false;
    if (response.ok) list.queue.splice(list.queue.indexOf(scan), 1);
    else scan.fault = (await response.json().catch(() => ({}))).detail || _("The service did not take it.");
    list.save();
  }
  return true;
}

/* Looking ------------------------------------------------------------------------------------- */

async function look() {
  const response = await ask("");
  if (response?.ok) showHall(await response.json());
}

async function refresh() {
  const response = await ask("/list");
  if (response?.ok) await list.take(await response.json(), true);
  tellLine();
}

/** What comes back with the network: first what was noted, then a new list and the hall. */
async function again() {
  if (without === null && list.queue.every((scan) => scan.fault)) return;
  if (await tell() && list.queue.every((scan) => scan.fault)) {
    await refresh();
    await look();
  }
}

/** Keep this page, without what it says of people, so that a reload needs no network. */
async function keepPage() {
  if (!navigator.serviceWorker || without) return;
  try {
    await navigator.serviceWorker.register("/door/worker.js");
    const bare = /** @type {HTMLElement} */ (document.documentElement.cloneNode(true));
    for (const within of ["#door-flag-list", "#door-queue", "#door-verdict", "#door-ask", "#door-camera", ".head-me"]) bare.querySelector(within)?.replaceChildren();
    for (const gone of ["#door-flags", "#door-waiting", "#door-verdict"]) bare.querySelector(gone)?.setAttribute("hidden", "");
    bare.querySelectorAll("[name=csrf]").forEach((field) => field.remove());
    bare.querySelector("#door")?.removeAttribute("data-ready");
    const cache = await caches.open("door");
    for (const old of await cache.keys()) if (new URL(old.url).pathname !== location.pathname) await cache.delete(old);
    await cache.put(location.pathname, new Response(`<!doctype html>${bare.outerHTML}`, { headers: { "Content-Type": "text/html; charset=utf-8" } }));
    const used = performance.getEntriesByType("resource").map((each) => new URL(each.name)).filter((each) => /^\/(static|i18n)\//.test(each.pathname));
    await Promise.all([...new Set(used.map((each) => each.href))].map((each) => cache.add(each)));
  } catch {
    // The page works without; only a reload then needs the network.
  }
}

function newId() {
  return crypto.randomUUID();
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const read = text.value.trim();
  text.value = "";
  text.focus();
  if (read) scanned(read);
});
door.value ||= localStorage.getItem("door-name") ?? "";
door.addEventListener("change", () => localStorage.setItem("door-name", door.value.trim()));
window.addEventListener("online", again);
offerCamera(at("door-camera"), form, scanned);

await list.recall();
await refresh();
await again();
await look();
setInterval(() => { if (without || list.queue.length) again(); }, TRY_AGAIN);
setInterval(() => { if (!without) look(); }, LOOK_AGAIN);
setInterval(() => { if (!without) refresh(); }, LIST_AGAIN);
await keepPage();
root.dataset.ready = "";
