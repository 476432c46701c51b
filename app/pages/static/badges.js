// @ts-check
/**
 * The badge desk: what the camera reads is sent as if a scanner had typed it. While there is no
 * network this page goes on by the signed list it has: it finds people, notes that a document was
 * looked at and that a badge was handed out, and tells it later, once. It prints nothing then.
 */

import { _, ngettext } from "./i18n.js";
import { at, make, say, show } from "./dom.js";
import { DeskList } from "./desk_list.js";
import { Outage, clock, keepPage } from "./outage.js";
import { offerCamera } from "./scanner.js";

/** @typedef {import("./desk_list.js").Entry} Entry */

const root = at("desk");
const form = /** @type {HTMLFormElement} */ (document.querySelector("[data-scan]"));
const field = /** @type {HTMLInputElement} */ (form.elements.namedItem("q"));
const list = new DeskList(root.dataset.meeting, root.dataset.key);
const line = new Outage(`/api/v1/meetings/${root.dataset.slug}/badges`, list, "/notes", { changed: tellLine, look });

function tellLine() {
  const { without, signedOut } = line;
  const said = line.sentences();
  if (without && list.list) {
    said.push(_("People are found by the list of %(time)s. Badges and registrations that have changed since then, and what other desks do, cannot be checked.", { time: clock(list.list.made_at) }));
  }
  if (without) said.push(_("Nothing can be printed, taken back or photographed until the network is there again."));
  const waits = line.waiting.length;
  if (waits) said.push(ngettext("%(num)s note waits to be told to the service.", "%(num)s notes wait to be told to the service.", waits));
  say(at("desk-line"), said.join(" "));
  show(at("desk-line"), said.length > 0);
  show(at("desk-online"), !without);
  if (!without && !signedOut) {
    show(at("desk-alone"), false);
    backOnline();
  }
  const kept = list.queue.filter((note) => without || note.fault);
  at("desk-queue").replaceChildren(...kept.map((note) => make("li", {},
    `${clock(note.at)} · `, make("bdi", {}, note.name || _("not on the list")), `: ${did(note)}`,
    note.told === "unchecked" && ` · ${_("not checked")}`, note.fault && ` · ${note.fault}`)));
  show(at("desk-waiting"), kept.length > 0);
}

/** A page that this browser kept has nobody on it: once there is a network, it says how to go on. */
function backOnline() {
  const online = at("desk-online");
  if (online.childElementCount) return;
  const all = make("a", { class: "button", "data-kind": "secondary", href: location.pathname }, _("The network is there again: show all people"));
  online.append(make("p", { class: "actions" }, all));
}

/** @param {{identity_seen: boolean, handed_out: boolean}} note */
function did(note) {
  return [note.identity_seen && _("a document was looked at"), note.handed_out && _("the badge was handed out")].filter(Boolean).join(", ");
}

async function look() {
  const response = await line.ask("/notes");
  if (!response?.ok) return;
  const flags = await response.json();
  at("desk-flag-list").replaceChildren(...flags.map((/** @type {any} */ flag) => make("li", {},
    clock(flag.at), flag.name && " · ", flag.name && make("strong", {}, make("bdi", {}, flag.name)), ": ",
    `${_("noted while the desk had no network.")} ${flag.sentence}`)));
  show(at("desk-flags"), flags.length > 0);
}

/* Without the network ------------------------------------------------------------------------- */

/**
 * Whoever acted on what stood here goes on where it stands now; elsewhere the focus stays.
 * @param {...(Node | false)} children
 */
function showAlone(...children) {
  const alone = at("desk-alone");
  const acted = alone.contains(document.activeElement);
  alone.replaceChildren(...children.filter(Boolean));
  show(alone, true);
  const title = alone.querySelector("h2");
  if (!acted || !title) return;
  title.tabIndex = -1;
  title.focus();
}

/** @param {string} asked */
async function alone(asked) {
  const { found, number, ended } = await list.look(asked);
  if (ended) {
    return showAlone(make("p", { class: "door-line" }, _("This badge is valid no more. Keep it, and print another when the network is there again.")));
  }
  if (found.length === 1) return showOne(found[0]);
  if (found.length) {
    return showAlone(
      make("h2", {}, ngettext("%(num)s person on the list", "%(num)s people on the list", number)),
      make("ul", { class: "plain" }, ...found.map((entry) => {
        const button = make("button", { type: "button", class: "button", "data-kind": "quiet" }, make("bdi", {}, entry.name));
        button.addEventListener("click", () => showOne(entry));
        return make("li", {}, button, " · ", make("bdi", {}, entry.entity));
      })),
      number > found.length && make("p", { class: "quiet" }, _("The first %(shown)s are shown: search for the others.", { shown: found.length })),
    );
  }
  if (!asked || !/\d/.test(asked)) return showAlone(make("p", {}, list.list ? _("Nobody of that name is on the list.") : _("There is no list here: nothing can be checked.")));
  showAlone(
    make("h2", {}, _("Could not be checked")),
    make("p", {}, _("It is not on the list: it may be newer than the list, or no badge of this meeting.")),
    act(_("Note that it was handed out, and check later"), () => keep({ text: asked, identity_seen: false, handed_out: true }, "unchecked", "")),
    " ",
    act(_("Note that a document was looked at, and check later"), () => keep({ text: asked, identity_seen: true, handed_out: false }, "unchecked", "")),
  );
}

/** @param {Entry} entry */
function showOne(entry) {
  const known = list.state(entry);
  const badge = !entry.badge ? _("No badge was made: printing needs the network.")
    : entry.outdated ? _("The registration was changed after the badge was printed: another one has to be printed, which needs the network.")
    : known.handed_out ? _("The badge is noted as handed out already.") : _("A badge was made.");
  /** @param {boolean} identity_seen @param {boolean} handed_out */
  const note = (identity_seen, handed_out) => {
    keep({ registration: entry.registration, identity_seen, handed_out }, "listed", entry.name);
    showOne(entry);
  };
  const gives = entry.badge && !entry.outdated && !known.handed_out;
  showAlone(make("div", { class: "card badge-one" },
    make("h2", {}, make("bdi", {}, entry.name)),
    make("p", {}, make("strong", {}, make("bdi", {}, entry.entity)), ` · ${entry.capacity}`),
    make("p", {}, `${badge} ${known.identity_seen ? _("A document was looked at.") : _("No document is noted as looked at.")}`),
    make("p", { class: "quiet" }, _("By the list of %(time)s, without network.", { time: clock(list.list?.made_at ?? Date.now()) })),
    make("p", { class: "actions" },
      gives && act(_("Document looked at, badge handed out"), () => note(true, true)),
      gives && act(_("Badge handed out"), () => note(false, true)),
      !known.identity_seen && act(_("Document looked at"), () => note(true, false)),
    )));
}

/** @param {string} label @param {() => void} does */
function act(label, does) {
  const button = make("button", { type: "button", class: "button", "data-kind": "secondary" }, label);
  button.addEventListener("click", () => { does(); field.focus(); });
  return button;
}

/** @param {{registration?: string, text?: string, identity_seen: boolean, handed_out: boolean}} done @param {string} told @param {string} name */
function keep(done, told, name) {
  list.keep({ id: crypto.randomUUID(), ...done, at: list.now(), told, name });
  if (told === "unchecked") showAlone(make("p", {}, _("It is noted here, unchecked: %(what)s.", { what: did(done) })));
  tellLine();
}

/* Finding ------------------------------------------------------------------------------------- */

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const asked = field.value.trim();
  if (await line.ask("/notes")) return form.submit();
  field.value = "";
  field.focus();
  await alone(asked);
});
offerCamera(/** @type {HTMLElement} */ (document.querySelector("[data-camera]")), form, (text) => {
  field.value = text;
  form.requestSubmit();
});

await line.begin();
if (!line.without) {
  await keepPage("/desk/badges/worker.js", {
    emptied: ["#desk-online", "#desk-alone", "#desk-queue", "#desk-flag-list", "[data-camera]"],
    hidden: ["#desk-online", "#desk-alone", "#desk-waiting", "#desk-flags"],
  });
}
root.dataset.ready = "";
