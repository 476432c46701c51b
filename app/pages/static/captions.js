// @ts-check
/** The captions of the room: a log for each language that the reader has chosen, side by side where there is room. */

import { announce } from "./announce.js";
import { SIX, apply, corrected, named, same } from "./caption_lines.js";
import { at, icon, keep, make, say, show } from "./dom.js";
import { _, ngettext } from "./i18n.js";
import { word } from "./people.js";
import { clock as wall } from "./time.js";

/**
 * @typedef {import("./caption_lines.js").Captions} Captions
 * @typedef {import("./caption_lines.js").Line} Line
 * @typedef {{picture: Captions, log: Line[], fresh: number, interim: string, column: HTMLElement, timer: number}} Language
 */

const KEPT = "cwg-captions";
const MOST = 3;
const LONGEST = 500; // lines of a log: whoever pauses for longer reads the rest from the top
const SIZES = [1, 1.25, 1.5, 2, 2.5];
const STALE = 10_000;
const NEAR = 40; // pixels from the end

/** @param {any} host */
export function panel(host) {
  const kept = { languages: /** @type {string[]} */ ([]), shown: false, size: 1, contrast: false, ...JSON.parse(localStorage.getItem(KEPT) ?? "{}") };
  /** @type {Map<string, Language>} */ const languages = new Map();
  let sitting = "";
  let paused = false;
  let asked = "";

  function store() {
    localStorage.setItem(KEPT, JSON.stringify(kept));
  }

  /** Follow what is chosen and shown; what is not looked at costs nothing. */
  function follow() {
    const chosen = kept.shown ? kept.languages : [];
    for (const [language, { column }] of languages) {
      if (chosen.includes(language)) continue;
      column.remove();
      languages.delete(language);
    }
    host.line.listen(chosen);
    store();
    drawTools();
  }

  /** @param {string} language */
  function choose(language) {
    const has = kept.languages.includes(language);
    if (!has && kept.languages.length === MOST) return announce(_("Three languages are shown already: take one away first."));
    kept.languages = has ? kept.languages.filter((/** @type {string} */ one) => one !== language) : [...kept.languages, language];
    kept.shown = kept.languages.length > 0;
    announce(has ? _("Captions hidden: %(language)s", { language: named(language) }) : _("Captions shown: %(language)s", { language: named(language) }));
    return follow();
  }

  function toggle() {
    if (!kept.languages.length) return choose(host.floor?.captions[0] ?? "en");
    kept.shown = !kept.shown;
    return follow();
  }

  function pause() {
    paused = !paused;
    announce(paused ? _("Captions are paused; new lines are kept.") : _("Captions go on."));
    for (const language of languages.keys()) draw(language);
    drawTools();
  }

  /** @param {number} step */
  function resize(step) {
    kept.size = SIZES[Math.min(SIZES.length - 1, Math.max(0, SIZES.indexOf(kept.size) + step))] ?? 1;
    store();
    drawTools();
  }

  function contrast() {
    kept.contrast = !kept.contrast;
    store();
    drawTools();
  }

  // Lines

  /** @param {string} language @param {Captions} picture */
  function take(language, picture) {
    const known = languages.get(language) ?? { picture, log: [], fresh: 0, interim: "", column: column(language), timer: 0 };
    const [first] = picture.lines;
    // Lines of before stay, where the new picture goes on from them.
    const before = first && known.log.at(-1) ? known.log.filter(({ number }) => number < first.number) : [];
    const gap = before.length && before[before.length - 1].number + 1 < first.number;
    languages.set(language, { ...known, picture, log: [...(gap ? [] : before), ...picture.lines].slice(-LONGEST) });
    draw(language);
  }

  /** @param {string} language */
  function column(language) {
    const log = make("div", { class: "captions-log", tabindex: 0, role: "log", "aria-live": "off", "aria-label": _("Captions: %(language)s", { language: named(language) }), lang: language }, make("ol"));
    const more = make("button", { type: "button", class: "captions-more", hidden: true });
    more.onclick = pause;
    const made = make("section", { class: "captions-column", "data-language": language }, make("h3", {}, make("span", { lang: language }, make("bdi", {}, named(language))), " ", make("span", { class: "captions-state" })), log,
      make("p", { class: "captions-interim", dir: "auto", lang: language, "aria-hidden": "true" }), more);
    at("captions-columns").append(made);
    stickToTheEnd(log);
    return made;
  }

  /** @param {string} language @param {any} event */
  function tell(language, event) {
    const known = languages.get(language);
    if (!known) return;
    known.picture = apply(known.picture, event);
    if (event.kind === "caption") {
      known.log = [...known.log, known.picture.lines[known.picture.lines.length - 1]].slice(-LONGEST);
      known.fresh += paused ? 1 : 0;
      known.interim = "";
    } else known.log = known.log.map((line) => (event.kind === "caption-corrected" ? corrected(line, event.body) : line));
    draw(language);
  }

  /** @param {string} language @param {string} text */
  function murmur(language, text) {
    const known = languages.get(language);
    if (!known) return;
    known.interim = text;
    clearTimeout(known.timer);
    known.timer = setTimeout(() => murmur(language, ""), STALE);
    drawInterim(known);
  }

  // Drawing

  /** @param {Language} known */
  function drawInterim({ column, interim }) {
    say(column.querySelector(".captions-interim"), paused ? "" : interim);
  }

  /** The newest line stays in sight, unless the reader has gone back to older ones. @param {HTMLElement} log */
  function stickToTheEnd(log) {
    let low = true;
    const stick = new ResizeObserver(() => { if (low) log.scrollTop = log.scrollHeight; });
    log.addEventListener("scroll", () => { low = log.scrollHeight - log.scrollTop - log.clientHeight < NEAR; });
    for (const node of [log, /** @type {Element} */ (log.firstElementChild)]) stick.observe(node);
  }

  /** @param {string} language */
  function draw(language) {
    const known = /** @type {Language} */ (languages.get(language));
    const { column, log } = known;
    const list = /** @type {HTMLElement} */ (column.querySelector(".captions-log"));
    const more = /** @type {HTMLElement} */ (column.querySelector(".captions-more"));
    if (!paused) known.fresh = 0;
    // What is paused stays as it is, corrections too.
    if (!paused) keep(/** @type {Element} */ (list.firstElementChild), log, ({ number }) => number, (line) => row(line, language), (node, line, place) => update(node, line, log[place - 1]));
    show(more, paused && known.fresh > 0);
    say(more, ngettext("%(num)s new line: go on", "%(num)s new lines: go on", known.fresh));
    drawInterim(known);
  }

  /** @param {Line} line @param {string} language */
  function row(line, language) {
    const { lang } = document.documentElement;
    const copy = make("button", { type: "button", class: "caption-copy", lang, "aria-label": _("Copy with reference: line %(number)s", line) }, _("Copy"));
    copy.onclick = () => cite(language, line.number);
    return make("li", {}, make("p", { class: "caption-head", lang, hidden: true }), make("div", { class: "caption" }, make("time", { datetime: line.at }, wall(new Date(line.at))),
      make("div", { class: "caption-words", dir: "auto" }, make("span", { class: "caption-text" }), " ", make("span", { class: "caption-corrected", lang, hidden: true }, _("corrected"))), copy));
  }

  /** @param {HTMLElement} node @param {Line} line @param {Line | undefined} before */
  function update(node, line, before) {
    const head = /** @type {HTMLElement} */ (node.querySelector(".caption-head"));
    const anew = !same(line.heading, before?.heading);
    show(head, anew);
    if (anew && !head.childNodes.length) head.append(...heading(line));
    say(node.querySelector(".caption-text"), line.text);
    show(/** @type {Element} */ (node.querySelector(".caption-corrected")), line.corrected);
  }

  /** Whose words, on what, made by whom. @param {Line} line */
  function heading({ heading: { speaker, item, source, of } }) {
    const who = speaker ? [make("strong", {}, make("bdi", {}, speaker.title)), `, ${word("capacity", speaker.capacity)}`] : [make("span", {}, _("Nobody on the list had the floor"))];
    const notes = [item && _("item %(number)s", { number: item }), source === "machine" && word("source", source), of === "interpretation" && word("captions", of)].filter(Boolean);
    return [...who, notes.length ? ` · ${notes.join(" · ")}` : ""];
  }

  /** @param {string} language @param {number} number */
  async function cite(language, number) {
    const line = languages.get(language)?.log.find((one) => one.number === number);
    if (!line) return;
    const { speaker, source } = line.heading;
    const about = [speaker?.title, at("sitting").textContent, `${line.at.slice(0, 19)}Z`, _("captions %(language)s %(number)s", { language, number }), word("source", source), line.corrected && _("corrected"), _("not the record")];
    try {
      await navigator.clipboard.writeText(`“${line.text}” (${about.filter(Boolean).join(", ")})`);
      announce(_("Copied, with its reference."));
    } catch {
      announce(_("This browser does not let the page copy."));
    }
  }

  /** Buttons for the six, for what the sitting has besides, and for what was chosen before. */
  function drawTools() {
    const live = /** @type {string[]} */ (host.floor?.captions ?? []);
    const offered = [...SIX, ...[...live, ...kept.languages].filter((language) => !SIX.includes(language))].filter((one, place, all) => all.indexOf(one) === place);
    keep(at("captions-languages"), offered, (language) => language, (language) => {
      const place = SIX.indexOf(language) + 1;
      const button = make("button", { type: "button", class: "button captions-language", "data-kind": "secondary", "aria-keyshortcuts": place || null }, place ? make("kbd", { "aria-hidden": "true" }, place) : "", make("span", { lang: language }, named(language)), make("span", { class: "captions-on" }));
      button.onclick = () => choose(language);
      return button;
    }, (button, language) => {
      const on = live.includes(language);
      button.setAttribute("aria-pressed", String(kept.languages.includes(language)));
      button.toggleAttribute("data-live", on);
      say(button.querySelector(".captions-on"), on ? _("live") : "");
    });
    const said = live.length ? _("live: %(languages)s", { languages: live.map((language) => language.toUpperCase()).join(", ") }) : _("none at this moment");
    say(at("captions-live"), said);
    const shown = kept.shown && kept.languages.length > 0;
    for (const id of ["captions-open", "captions-tools"]) show(at(id), shown);
    at("captions-show").setAttribute("aria-expanded", String(shown));
    say(at("captions-show").querySelector("span"), shown ? _("Hide") : _("Show"));
    say(at("captions-pause").querySelector("span"), paused ? _("Go on") : _("Pause"));
    at("captions-pause").setAttribute("aria-pressed", String(paused));
    at("captions-contrast").setAttribute("aria-pressed", String(kept.contrast));
    at("captions").toggleAttribute("data-open", shown);
    at("captions").toggleAttribute("data-many", shown && kept.languages.length > 1);
    at("captions").toggleAttribute("data-contrast", kept.contrast);
    at("captions").style.setProperty("--captions-size", `${kept.size}rem`);
    for (const [id, end] of Object.entries({ "captions-smaller": SIZES[0], "captions-larger": SIZES[SIZES.length - 1] })) at(id).setAttribute("aria-disabled", String(kept.size === end));
    for (const [language, { column }] of languages) say(column.querySelector(".captions-state"), live.includes(language) ? "" : _("not written at this moment"));
  }

  /** A language that the sitting lists since is followed from a new hello on; asked once, the answer is in the welcome. */
  function catchUp() {
    if (!host.floor || !host.line.connected) return;
    const now = kept.shown ? kept.languages.filter((/** @type {string} */ language) => host.floor.captions.includes(language) && !host.line.hears(`captions:${language}`)).join() : "";
    if (now && now !== asked) host.line.listen(kept.languages);
    asked = now;
  }

  const acts = { "captions-show": toggle, "captions-pause": pause, "captions-smaller": () => resize(-1), "captions-larger": () => resize(1), "captions-contrast": contrast };
  for (const [id, act] of Object.entries(acts)) at(id).onclick = act;
  show(at("captions"), true);
  follow();
  return {
    /** @param {any} welcome */
    welcome(welcome) {
      if (welcome.sitting !== sitting) {
        for (const { column } of languages.values()) column.remove();
        languages.clear();
        paused = false;
      }
      sitting = welcome.sitting;
      for (const [on, { snapshot }] of Object.entries(/** @type {Record<string, any>} */ (welcome.channels))) {
        if (on.startsWith("captions:") && snapshot) take(on.slice("captions:".length), snapshot);
      }
      drawTools();
    },
    /** @param {any} event */
    event(event) {
      if (event.on.startsWith("captions:")) tell(event.on.slice("captions:".length), event);
    },
    /** @param {{on: string, text: string}} interim */
    interim({ on, text }) {
      murmur(on.slice("captions:".length), text);
    },
    draw() {
      show(at("captions-write"), Boolean(host.you?.may_caption));
      at("captions-write").href = `/captions/${host.line.sitting}`;
      drawTools();
      catchUp();
    },
    keys: { c: toggle, ...Object.fromEntries(SIX.map((language, place) => [String(place + 1), () => choose(language)])) },
  };
}
