// @ts-check
/** Inputs to be presented: their authors are put on the list, and what came of it is noted. */

import { announce } from "./announce.js";
import { at, keep, make, say, show } from "./dom.js";
import { _ } from "./i18n.js";

/**
 * @typedef {{consultation: string, input: number, address: string, summary: string, language: string, who: string, named: boolean,
 *   state: "asked" | "presented" | "not_come", registered: boolean, here: boolean}} Presentation
 */

/** @type {Record<Presentation["state"], () => string>} */
const STATES = { asked: () => _("Asked for"), presented: () => _("Presented"), not_come: () => _("Nobody came") };

/** @param {any} host  what a panel may use */
export function panel(host) {
  /** @param {string} of @param {object} [said] */
  async function ask(of, said) {
    const posted = said && { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(said) };
    const response = await fetch(`/api/v1/sittings/${host.line.sitting}/presentations${of}`, posted).catch(() => null);
    return { ok: Boolean(response?.ok), body: await response?.json().catch(() => null) };
  }

  async function look() {
    const { ok, body } = await ask("");
    if (!ok) return;
    const found = /** @type {Presentation[]} */ (body);
    show(at("presentations-none"), !found.length);
    keep(at("presentations-list"), found, ({ consultation, input }) => `${consultation} ${input}`, row, paint);
    host.fresh(0);
  }

  /** @param {Presentation} of */
  function row({ consultation, input, address, summary, language, who }) {
    const number = make("a", { href: address, target: "_blank", rel: "noopener" }, _("Input %(number)s", { number: input }));
    const unseen = () => make("span", { class: "unseen" }, ` ${_("Input %(number)s", { number: input })}`);
    const call = make("button", { type: "button", class: "button presentation-call", "data-kind": "secondary" }, _("Put on the list"), unseen());
    call.onclick = () => act("/calls", { id: crypto.randomUUID(), consultation, input }, _("On the list of speakers"));
    const notes = /** @type {Presentation["state"][]} */ (Object.keys(STATES)).map((state) => {
      const button = make("button", { type: "button", class: "plain-button", "data-note": state }, STATES[state](), unseen());
      button.onclick = () => act("", { consultation, input, state }, STATES[state]());
      return button;
    });
    return make("li", { class: "expert" }, make("p", {}, number, who && ": ", who && make("bdi", {}, who), " ", make("b", { class: "presentation-state" })),
      make("p", { class: "quiet", lang: language, dir: "auto" }, summary), make("p", { class: "presentation-who quiet" }), make("p", { class: "acts" }, call, ...notes));
  }

  /** @param {HTMLElement} node @param {Presentation} of */
  function paint(node, { state, named, registered, here }) {
    say(node.querySelector(".presentation-state"), STATES[state]());
    say(node.querySelector(".presentation-who"), !named ? _("Its author is not named.") : here ? _("In the sitting") : registered ? _("Registered; not seen in the sitting") : _("No registration that stands"));
    show(/** @type {Element} */ (node.querySelector(".presentation-call")), registered && Boolean(host.you?.may_steer));
    for (const button of /** @type {NodeListOf<HTMLElement>} */ (node.querySelectorAll("[data-note]"))) show(button, button.dataset.note !== state);
  }

  /** @param {string} of @param {object} said @param {string} done */
  async function act(of, said, done) {
    const { ok, body } = await ask(of, said);
    if (ok && body?.ok !== false) announce(done);
    else host.refuse(body?.why?.sentence ?? body?.detail ?? body?.title ?? _("The service cannot be reached at this moment."));
    look();
  }

  return { welcome: look };
}
