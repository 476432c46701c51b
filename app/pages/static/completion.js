// @ts-check
/** Completions of the command line: verbs, who waits, and who is registered; chosen with the arrows or a tap. */

import { VERBS } from "./commands.js";
import { make, show } from "./dom.js";
import { listed } from "./floor.js";
import { title, word } from "./people.js";

/**
 * @typedef {{reference: string, name: string, title: string, category: string}} Found
 * @typedef {{text: string, detail: string}} Offer
 */

const MOST = 8;
const PAUSE = 150;

/** Who is registered and may be meant; null where the service does not answer. @param {string} sitting @param {string} like @returns {Promise<Found[] | null>} */
export async function find(sitting, like) {
  const response = await fetch(`/api/v1/sittings/${sitting}/speakers?like=${encodeURIComponent(like)}`).catch(() => null);
  return response?.ok ? response.json() : null;
}

/**
 * Offer completions under a field; ``now`` tells the floor and the sitting of this moment.
 * @param {HTMLInputElement} field @param {HTMLElement} list @param {() => {floor: any, sitting: string}} now
 */
export function complete(field, list, now) {
  let chosen = -1;
  let timer = 0;
  let round = 0;

  /** @param {Offer[]} offers */
  function draw(offers) {
    chosen = -1;
    list.replaceChildren(...offers.slice(0, MOST).map((offer, place) => {
      const option = make("li", { role: "option", id: `offer-${place}`, "aria-selected": "false", "data-text": offer.text }, make("bdi", {}, offer.text.trim()), offer.detail ? make("span", { class: "quiet" }, ` ${offer.detail}`) : "");
      option.onmousedown = (event) => {
        event.preventDefault();
        take(offer.text);
      };
      return option;
    }));
    const shown = list.children.length > 0 && document.activeElement === field;
    show(list, shown);
    field.setAttribute("aria-expanded", String(shown));
    field.removeAttribute("aria-activedescendant");
  }

  /** @param {string} text */
  function take(text) {
    field.value = text;
    draw([]);
    field.focus();
    ask();
  }

  /** @param {number} step */
  function choose(step) {
    const options = [...list.children];
    if (!options.length) return;
    chosen = (chosen + step + options.length + (chosen < 0 && step < 0 ? 1 : 0)) % options.length;
    options.forEach((option, place) => option.setAttribute("aria-selected", String(place === chosen)));
    options[chosen].scrollIntoView({ block: "nearest" });
    field.setAttribute("aria-activedescendant", options[chosen].id);
  }

  function ask() {
    clearTimeout(timer);
    const mine = ++round;
    const { floor, sitting } = now();
    const said = floor ? parts(field.value) : null;
    if (!said) return draw([]);
    if (said.of === "registered") {
      if (said.rest.length < 2) return draw([]);
      timer = setTimeout(async () => {
        const found = (await find(sitting, said.rest)) ?? [];
        if (mine === round) draw(found.filter((each) => each.title !== said.rest).map((each) => ({ text: `${said.verb} ${unique(each, found)}`, detail: `${each.name} · ${word("category", each.category)}` })));
      }, PAUSE);
      return undefined;
    }
    return draw(said.of === "waiting" ? waiting(floor, said) : verbs(field.value));
  }

  field.addEventListener("input", ask);
  field.addEventListener("blur", () => draw([]));
  field.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const option = /** @type {HTMLElement | undefined} */ (list.children[Math.max(chosen, 0)]);
    if (list.hidden || !option) return;
    if (step) choose(step);
    else if (event.key === "Tab" && !event.shiftKey) take(option.dataset.text ?? "");
    else if (event.key === "Enter" && chosen >= 0) take(option.dataset.text ?? "");
    else if (event.key === "Escape") draw([]);
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
}

/** Of two with one title, the person's name tells them apart. @param {Found} one @param {Found[]} all */
function unique(one, all) {
  return all.filter(({ title: same }) => same === one.title).length > 1 ? one.name : one.title;
}

/** @param {string} line @returns {{of: "waiting" | "registered" | "verb", verb: string, rest: string}} */
function parts(line) {
  for (const of of /** @type {("waiting" | "registered")[]} */ (["waiting", "registered"])) {
    const verb = VERBS[of].find((each) => line.toLowerCase().startsWith(`${each} `));
    if (verb) return { of, verb, rest: line.slice(verb.length + 1).trim() };
  }
  return { of: "verb", verb: "", rest: line };
}

/** @param {string} line @returns {Offer[]} */
function verbs(line) {
  const said = line.trimStart().toLowerCase();
  if (!said) return [];
  const all = [...VERBS.waiting, ...VERBS.registered, ...VERBS.others];
  const takesMore = [...VERBS.waiting, ...VERBS.registered, "mic", "time", "item", "announce"];
  return all.filter((verb) => verb.startsWith(said) && verb !== said).map((verb) => ({ text: takesMore.includes(verb) ? `${verb} ` : verb, detail: "" }));
}

/** @param {any} floor @param {{verb: string, rest: string}} said @returns {Offer[]} */
function waiting(floor, { verb, rest }) {
  const like = rest.toLowerCase();
  return listed(floor)
    .map((/** @type {any} */ { speaker }) => ({ text: `${verb} ${title(speaker)}`, detail: speaker.name === title(speaker) ? "" : speaker.name }))
    .filter(({ text, detail }) => [text.slice(verb.length + 1), detail].some((name) => name.toLowerCase().startsWith(like)) && text.slice(verb.length + 1).toLowerCase() !== like);
}
