// @ts-check
/**
 * The door of the hall. Every scan has an id and is kept until the service has answered it; while
 * there is no network this page decides by the signed list it has, says so, and tells it later.
 */

import { _, ngettext } from "./i18n.js";
import { at, icon, make, say, show } from "./dom.js";
import { DoorList } from "./door_list.js";
import { Outage, clock, keepPage } from "./outage.js";
import { offerCamera } from "./scanner.js";

/** @typedef {import("./door_list.js").Scan} Scan */

const root = at("door");
const sitting = root.dataset.sitting;
const api = `/api/v1/sittings/${sitting}/door`;
const form = /** @type {HTMLFormElement} */ (at("door-form"));
const text = /** @type {HTMLInputElement} */ (form.elements.namedItem("text"));
const door = /** @type {HTMLInputElement} */ (form.elements.namedItem("door"));
const list = new DoorList(sitting, root.dataset.key);

const line = new Outage(api, list, "/scans", { changed: tellLine, look });

/** @type {number | null} */ let counted = Date.now(); // when the service last told the head count

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
  const { without } = line;
  const waits = line.waiting.length;
  const said = line.sentences();
  if (without && list.list) {
    said.push(_("Decided by the list of %(time)s. What has changed since then, and what other doors see, cannot be checked.", { time: clock(list.list.made_at) }));
  }
  say(at("door-count-of"), without && counted ? _("at %(time)s; what was noted here since is not in it", { time: clock(counted) }) : "");
  if (waits) said.push(ngettext("%(num)s scan waits to be told to the service.", "%(num)s scans wait to be told to the service.", waits));
  say(at("door-line"), said.join(" "));
  show(at("door-line"), said.length > 0);
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
  if (line.without === null && (list.queue.length === 0 || await line.tell())) {
    const { id, insists } = scan;
    const response = await line.ask("/scans", { id, text: read, way: scan.way, door: scan.door, insists });
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

/* Looking ------------------------------------------------------------------------------------- */

async function look() {
  const response = await line.ask("");
  if (response?.ok) showHall(await response.json());
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
offerCamera(at("door-camera"), form, scanned);

await line.begin();
if (!line.without) {
  await keepPage("/door/worker.js", {
    emptied: ["#door-flag-list", "#door-queue", "#door-verdict", "#door-ask", "#door-camera"],
    hidden: ["#door-flags", "#door-waiting", "#door-verdict"],
  });
}
root.dataset.ready = "";
