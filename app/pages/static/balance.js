// @ts-check
/**
 * Balance at the console: what those who wait have had before, the shares of regions and categories, and a
 * suggestion that the chair may take with A. Asked for after what changes it; nothing reorders by itself.
 */

import { at, keep, make, say, show } from "./dom.js";
import { _ } from "./i18n.js";
import { ordinal } from "./news.js";
import { title, word } from "./people.js";
import { length } from "./time.js";

/**
 * @typedef {{number: number, count: number, seconds: number, body_count: number, body_seconds: number}} Row
 * @typedef {{name: string, count: number, seconds: number}} Share
 * @typedef {{rows: Row[], categories: Share[], regions: Share[], suggestion: {number: number, reasons: string[]} | null}} Balance
 */

const CHANGES = ["floor-requested", "request-returned", "request-withdrawn", "request-removed", "request-moved", "floor-given", "speech-ended", "speech-restored", "item-taken"];
const PAUSE = 300;

/** @type {Balance | null} */ let now = null;
let timer = 0;
let round = 0;

/** @param {any} host */
export function panel(host) {
  const ask = () => {
    clearTimeout(timer);
    const mine = ++round;
    timer = setTimeout(async () => {
      const response = await fetch(`/api/v1/sittings/${host.line.sitting}/balance`).catch(() => null);
      const found = response?.ok ? await response.json().catch(() => null) : null;
      if (mine !== round) return;
      now = found;
      if (host.floor) draw(host.floor);
    }, PAUSE);
  };
  /** @param {any} floor */
  const draw = (floor) => {
    drawSuggestion(floor, Boolean(host.you?.may_steer));
    for (const [id, shares, words] of /** @type {[string, Share[], string][]} */ ([["regions", now?.regions ?? [], "region"], ["categories", now?.categories ?? [], "category"]])) drawShares(id, shares, words);
  };
  at("suggestion-take").onclick = () => take(host);
  return { welcome: ask, event: (/** @type {any} */ { kind }) => CHANGES.includes(kind) && ask(), draw };
}

/** Give the floor to whom the balance suggests. @param {any} host */
export function take(host) {
  if (now?.suggestion) host.wish("give-floor", { number: now.suggestion.number });
  else host.refuse(_("There is no suggestion at this moment."));
}

/** What somebody who waits has had before: "1st intervention", or "3rd, 4:10". @param {number} number */
export function before(number) {
  const row = now?.rows.find((each) => each.number === number);
  if (!row) return "";
  if (!row.body_count) return _("1st intervention");
  const said = _("%(nth)s, %(time)s so far", { nth: ordinal(row.count + 1), time: length(row.seconds) });
  return row.body_count > row.count ? _("%(said)s (body: %(time)s)", { said, time: length(row.body_seconds) }) : said;
}

/** @param {any} floor @param {boolean} steers */
function drawSuggestion({ waiting, state }, steers) {
  const suggestion = now?.suggestion;
  const request = suggestion && waiting.find((/** @type {any} */ each) => each.number === suggestion.number);
  const shown = Boolean(request) && state === "open";
  show(at("suggestion"), shown);
  show(at("suggestion-take"), shown && steers);
  if (request) say(at("suggestion-text"), _("%(who)s could be next: %(why)s", { who: title(request.speaker), why: suggestion.reasons.map((/** @type {string} */ reason) => word("balance", reason)).join("; ") }));
}

/** A bar whose parts are as wide as the time spoken, and the same in words. @param {string} id @param {Share[]} shares @param {string} words */
function drawShares(id, shares, words) {
  const spoken = shares.filter(({ seconds }) => seconds >= 1);
  show(at(`${id}-share`), spoken.length > 0);
  keep(at(`${id}-bar`), spoken, ({ name }) => name, () => make("span", { class: "share" }), (part, { seconds }) => { part.style.flexGrow = String(seconds); });
  say(at(`${id}-text`), spoken.map(({ name, seconds, count }) => _("%(name)s %(time)s (%(count)s)", { name: word(words, name), time: length(seconds), count })).join(" · "));
}
