// @ts-check
/** The connection in words. */

import { announce } from "./announce.js";
import * as clock from "./clock.js";
import { at, icon, make, say, show } from "./dom.js";
import { _, ngettext } from "./i18n.js";
import { clock as wall } from "./time.js";

/** @type {Record<string, () => string>} */
const WORDS = {
  knocking: () => _("Connecting"),
  outside: () => _("Waiting for the opening"),
  connected: () => _("Connected"),
  away: () => _("Reconnecting"),
  over: () => _("Not connected"),
};
let was = "";

/** @param {import("./connection.js").State} state @param {string} [place]  of the reader in the list, in words */
export function showState(state, place = "") {
  at("line").dataset.state = state;
  say(at("line-text"), WORDS[state]());
  const gone = at("gone");
  const away = state === "away";
  const said = place ? _("Reconnecting; your place (%(place)s) is kept.", { place }) : _("Reconnecting; nothing is lost.");
  if (away) say(at("gone-text"), said);
  show(gone, away);
  if (away && was !== "away") announce(said);
  was = state;
}

/** What stands behind the word, for those who ask. @param {import("./connection.js").Connection} line */
export function showDetails(line) {
  const ahead = Math.round(clock.now() - Date.now());
  const rows = [
    [_("State"), at("line-text").textContent],
    [_("Since"), wall(line.since)],
    [_("Interruptions"), ngettext("%(num)s so far", "%(num)s so far", line.breaks)],
    [_("Events read"), String(line.position)],
    [_("Clock of this device"), Math.abs(ahead) < 1000 ? _("agrees with the service") : _("%(num)s seconds off", { num: Math.round(ahead / 1000) })],
  ];
  at("line-more").replaceChildren(...rows.map(([name, value]) => make("div", {}, make("dt", {}, name), make("dd", {}, value))));
}
