// @ts-check
/**
 * The registration's form, made easier: it searches while one types and, on phones, asks one group
 * of questions at a time. Without this script the page is complete, and the server says what is wrong.
 */

import { announce } from "./announce.js";
import { _, ngettext } from "./i18n.js";

const form = /** @type {HTMLFormElement | null} */ (document.querySelector("form.register"));

// The search.

/** @typedef {{id: string, name: string, category: string}} Match */

/** @param {HTMLFormElement} form */
function searching(form) {
  const input = /** @type {HTMLInputElement} */ (form.querySelector("#f-q"));
  const box = /** @type {HTMLElement} */ (form.querySelector(".matches"));
  const list = /** @type {HTMLElement} */ (box.querySelector(".matches-list"));
  const none = form.querySelector(".no-match");
  let waiting = 0;
  let asked = 0;

  form.querySelector(".search-line button")?.remove();
  input.addEventListener("input", () => {
    window.clearTimeout(waiting);
    waiting = window.setTimeout(search, 250);
  });

  async function search() {
    const text = input.value.trim();
    const number = ++asked;
    if (text.length < 2) return show([]);
    try {
      const answer = await fetch(`${form.dataset.search}?q=${encodeURIComponent(text)}`);
      const found = answer.ok ? await answer.json() : [];
      if (number === asked) show(found, true);
    } catch {
      announce(_("The search did not work. Send the form, and the service searches for you."));
    }
  }

  /** @param {Match[]} found @param {boolean} [say] */
  function show(found, say = false) {
    const chosen = list.querySelector("input:checked")?.closest(".choice");
    const kept = /** @type {HTMLInputElement | undefined} */ (chosen?.querySelector("input") ?? undefined);
    const others = found.filter((match) => match.id !== kept?.value);
    list.replaceChildren(...(chosen ? [chosen] : []), ...others.map(choice));
    box.hidden = !list.childElementCount;
    none?.remove();
    if (say) announce(ngettext("%(num)s body found", "%(num)s bodies found", found.length));
  }
}

/** @param {Match} match @param {number} place */
function choice(match, place) {
  const input = document.createElement("input");
  Object.assign(input, { type: "radio", name: "entity", value: match.id, id: `match-${place}-${match.id}` });
  const name = document.createElement("bdi");
  name.textContent = match.name;
  const category = document.createElement("span");
  category.className = "quiet";
  category.textContent = match.category;
  const said = document.createElement("span");
  said.append(name, " ", category);
  const label = document.createElement("label");
  label.htmlFor = input.id;
  label.append(said);
  const row = document.createElement("div");
  row.className = "choice";
  row.append(input, label);
  return row;
}

// One group of questions at a time, on phones.

/** @param {HTMLFormElement} form */
function stepping(form) {
  const steps = /** @type {HTMLElement[]} */ ([...form.querySelectorAll("[data-step]")]);
  const end = /** @type {HTMLElement} */ (form.querySelector(":scope > .actions"));
  const narrow = window.matchMedia("(max-width: 39.99rem)");
  const line = document.createElement("p");
  const [back, on] = [button(_("Back"), "secondary"), button(_("Continue"), "primary")];
  const ways = document.createElement("p");
  let at = Math.max(0, steps.findIndex((step) => step.querySelector("[data-error], .field-error")));

  line.className = "step-line quiet";
  ways.className = "actions step-ways";
  ways.append(on, back);
  form.prepend(line);
  end.before(ways);
  back.addEventListener("click", () => go(at - 1));
  on.addEventListener("click", () => { if (complete(steps[at])) go(at + 1); });
  narrow.addEventListener("change", () => show());
  document.querySelector("#errors")?.addEventListener("click", (event) => {
    const to = /** @type {HTMLElement} */ (event.target).getAttribute("href");
    const found = to ? steps.findIndex((step) => step.querySelector(to)) : -1;
    if (found >= 0) { at = found; show(); }
  });
  form.addEventListener("keydown", (event) => {
    const target = /** @type {HTMLElement} */ (event.target);
    if (event.key !== "Enter" || !narrow.matches || at === steps.length - 1) return;
    if (target.matches("input:not([type=submit])")) { event.preventDefault(); on.click(); }
  });

  /** @param {number} to */
  function go(to) {
    at = Math.min(Math.max(to, 0), steps.length - 1);
    show();
    const heading = /** @type {HTMLElement} */ (steps[at].querySelector("h2"));
    heading.tabIndex = -1;
    heading.focus();
    line.scrollIntoView({ block: "start" });
  }

  function show() {
    const all = !narrow.matches;
    steps.forEach((step, place) => { step.hidden = !all && place !== at; });
    line.hidden = ways.hidden = all;
    end.hidden = !all && at < steps.length - 1;
    on.hidden = at === steps.length - 1;
    back.hidden = at === 0;
    line.textContent = _("Step %(step)s of %(steps)s", { step: at + 1, steps: steps.length });
  }

  show();
}

/**
 * Whether what is seen of a step is answered; the browser says what is not. Of the sittings one is
 * enough, which the service says at the end.
 * @param {HTMLElement} step
 */
function complete(step) {
  const asked = /** @type {HTMLInputElement[]} */ ([...step.querySelectorAll("input, select, textarea")]);
  return asked.filter((field) => field.offsetParent && !field.closest(".attend")).every((field) => field.reportValidity());
}

/** @param {string} label @param {string} kind */
function button(label, kind) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = "button";
  made.dataset.kind = kind;
  made.textContent = label;
  return made;
}

if (form) {
  searching(form);
  stepping(form);
}
