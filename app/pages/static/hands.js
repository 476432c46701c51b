// @ts-check
/** A show of hands: the question, one's own hand, and the counts. It is no vote, and says so wherever it is shown. */

import { at, make, say, show } from "./dom.js";
import { _, ngettext } from "./i18n.js";
import { chip, title, word } from "./people.js";

/**
 * @typedef {{by_choice: number[], by_category: Record<string, number[]>}} Counts
 * @typedef {{number: number, question: string, choices: string[], asked_at: string, counts: Counts | null}} Show
 */

/** The usual choices are kept as words of the protocol. @type {Record<string, () => string>} */
const CHOICES = { agree: () => _("Agree"), disagree: () => _("Disagree"), abstain: () => _("Abstain") };

/** @param {string} said */
function choice(said) {
  return Object.hasOwn(CHOICES, said) ? CHOICES[said]() : said;
}

/** "Agree 12, Disagree 3". @param {Show} asked @param {Counts} counts */
export function tally({ choices }, { by_choice }) {
  return choices.map((each, place) => `${choice(each)} ${by_choice[place] ?? 0}`).join(", ");
}

/** @param {number[]} numbers */
function sum(numbers) {
  return numbers.reduce((before, number) => before + number, 0);
}

/** @param {any} host */
export function panel(host) {
  const presiding = host.face === "console";
  let number = 0; // of the question that is shown
  let mine = 0;
  let wished = -1; // the choice that waits for its answer, 0 to lower
  /** @type {Counts | null} */ let soFar = null;

  /** @param {any} welcome */
  function welcome({ you }) {
    mine = you.hand ?? 0;
    wished = -1;
  }

  /** @param {any} event */
  function event({ kind, body }) {
    if (kind === "hands-asked") host.fresh(1);
    // What was taken back may be asked again, with other hands.
    if (kind === "hands-asked" || (kind === "hands-restored" && body.show?.number !== number)) mine = 0;
  }

  /** @param {{number: number, counts: Counts}} told */
  function counted(told) {
    if (told.number !== host.floor?.hands?.number) return;
    soFar = told.counts;
    draw(host.floor);
    if (presiding) look();
  }

  /** @param {number} chosen  0 lowers the hand */
  async function raise(chosen) {
    const asked = number;
    wished = chosen;
    draw(host.floor);
    const answer = await host.wish(...(chosen ? ["raise-hand", { number: asked, choice: chosen }] : ["lower-hand", { number: asked }]));
    if (asked === number) wished = -1;
    if (answer?.ok && asked === number) mine = chosen;
    if (answer && !answer.ok && answer.reason !== "over") host.refuse(answer.why?.sentence || word("reason", answer.reason));
    if (host.floor) draw(host.floor);
  }

  /** @param {import("./floor.js").Floor} floor */
  function draw({ hands, state }) {
    if (hands?.number !== number) soFar = null;
    number = hands?.number ?? 0;
    const asked = hands ?? null;
    show(at(presiding ? "hands-shown" : "hands"), Boolean(asked));
    if (presiding) drawAsking(asked, state);
    if (!asked) return;
    const counts = asked.counts ?? soFar ?? { by_choice: asked.choices.map(() => 0), by_category: {} };
    say(at("hands-question"), asked.question);
    at("hands").toggleAttribute("data-runs", !asked.counts);
    if (!presiding) drawOwn(asked, state);
    drawResult(asked, counts);
  }

  /** @param {Show} asked @param {string} state */
  function drawOwn(asked, state) {
    const takes = !asked.counts && state === "open" && host.you.may_speak;
    const box = at("hands-choices");
    const key = `${asked.number} ${takes}`;
    if (box.dataset.key !== key) {
      box.dataset.key = key;
      const down = make("button", { type: "button", class: "button", "data-kind": "quiet", "data-choice": 0 }, _("Lower my hand"));
      const buttons = asked.choices.map((each, place) => make("button", { type: "button", class: "button", "data-choice": place + 1, dir: "auto" }, choice(each)));
      box.replaceChildren(...(takes ? [...buttons, down] : []));
    }
    for (const button of box.querySelectorAll("button")) {
      const chosen = Number(button.dataset.choice);
      const up = chosen === mine && chosen > 0;
      if (chosen) button.setAttribute("aria-pressed", String(up));
      if (chosen) button.dataset.kind = up ? "primary" : "secondary";
      else show(button, mine > 0);
      button.toggleAttribute("aria-busy", chosen === wished);
    }
    const said = asked.counts ? _("Counted and closed.") : !host.you.may_speak ? _("Hands are for those who may speak in this part; you see the counts.") : "";
    say(at("hands-mine"), said || (wished >= 0 ? _("Sending …") : mine ? _("Your hand is up: %(choice)s. You may change it until the chair closes.", { choice: choice(asked.choices[mine - 1]) }) : _("Your hand is down.")));
  }

  /** @param {Show | null} asked @param {string} state */
  function drawAsking(asked, state) {
    const runs = asked !== null && !asked.counts;
    const presides = host.you.may_preside && state === "open";
    show(at("hands-none"), !asked);
    show(at("hands-ask"), presides && !runs);
    show(at("hands-close"), presides && runs);
    show(at("hands-who"), Boolean(asked) && host.you.may_preside);
    say(at("hands-state"), !asked ? "" : runs ? _("Hands are taken now.") : _("Counted and closed. No vote: nothing is decided by it."));
  }

  /** @param {Show} asked @param {Counts} counts */
  function drawResult(asked, counts) {
    const box = at("hands-result");
    const key = JSON.stringify([asked.number, counts]);
    if (box.dataset.key === key) return;
    const open = box.querySelector("details")?.open;
    box.dataset.key = key;
    box.replaceChildren(bars(asked, counts), ...byCategory(asked, counts));
    const details = box.querySelector("details");
    if (details) details.open = presiding || Boolean(open);
  }

  /** Whose hands: asked for only where somebody looks. */
  async function look() {
    if (!at("hands-who").open || !host.you.may_preside) return;
    const response = await fetch(`/api/v1/sittings/${host.line.sitting}/hands`).catch(() => null);
    const found = response?.ok ? await response.json().catch(() => null) : null;
    const asked = found?.shows[0];
    if (!found?.raised || asked?.number !== number) return;
    at("hands-raised").replaceChildren(...found.raised.map((/** @type {any} */ each) => make("li", { class: "hands-hand" },
      make("bdi", {}, title(each.speaker)), " ", chip(each.speaker.category), " ", word("capacity", each.speaker.capacity), ": ", make("b", {}, make("bdi", {}, choice(asked.choices[each.choice - 1]))))));
  }

  if (presiding) {
    at("hands-who").ontoggle = look;
    at("hands-close").onclick = () => host.wish("close-hands", { number }).then(look);
    at("hands-ask").onsubmit = ask;
  } else {
    at("hands-choices").onclick = (/** @type {MouseEvent} */ event) => {
      const button = /** @type {HTMLElement} */ (event.target).closest("button");
      if (button) raise(Number(button.dataset.choice));
    };
  }

  /** @param {Event} event */
  async function ask(event) {
    event.preventDefault();
    const fields = /** @type {HTMLInputElement[]} */ ([...document.querySelectorAll(".hands-option")]);
    const options = fields.map(({ value }) => value.trim()).filter(Boolean);
    if (options.length === 1) return host.refuse(_("Write two to four choices, or none for the usual ones."));
    const answer = await host.wish("ask-hands", { question: at("hands-text").value.trim(), ...(options.length ? { options } : {}) });
    if (answer?.ok) at("hands-ask").reset();
    return undefined;
  }

  return { welcome, event, counted, draw };
}

/** A bar for each choice; the number stands beside it. @param {Show} asked @param {Counts} counts */
function bars({ choices, question }, { by_choice }) {
  const most = Math.max(1, ...by_choice);
  const row = (/** @type {string} */ each, /** @type {number} */ place) => make("tr", {}, make("th", { scope: "row" }, make("bdi", {}, choice(each))),
    make("td", { class: "hands-bar", "aria-hidden": "true" }, bar(by_choice[place] / most)), make("td", { class: "figures" }, by_choice[place] ?? 0));
  const hands = sum(by_choice);
  return make("table", { class: "hands-bars" }, make("caption", {}, ngettext("%(num)s hand", "%(num)s hands", hands), make("span", { class: "unseen" }, `: ${question}`)),
    make("tbody", {}, ...choices.map(row)));
}

/** @param {number} part */
function bar(part) {
  const made = make("div", { class: "hands-done" });
  made.style.inlineSize = `${Math.round(100 * part)}%`;
  return made;
}

/** @param {Show} asked @param {Counts} counts */
function byCategory({ choices }, { by_category }) {
  const rows = Object.entries(by_category);
  if (!rows.length) return [];
  const name = (/** @type {string} */ row) => (row === "service" ? _("Service of the meeting") : word("category", row));
  return [make("details", { class: "hands-more" }, make("summary", {}, _("By category")),
    make("div", { class: "hands-table", role: "region", tabindex: 0, "aria-label": _("Hands by category") }, make("table", {}, make("caption", { class: "unseen" }, _("Hands by category")),
      make("thead", {}, make("tr", {}, make("th", { scope: "col" }, _("Category")), ...choices.map((each) => make("th", { scope: "col", class: "figures" }, make("bdi", {}, choice(each)))))),
      make("tbody", {}, ...rows.map(([row, numbers]) => make("tr", {}, make("th", { scope: "row" }, name(row)), ...numbers.map((number) => make("td", { class: "figures" }, number))))))))];
}
