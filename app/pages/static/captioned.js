// @ts-check
/** The console's view of captions: in which languages there are any, started and stopped by those who preside. */

import { SIX, named } from "./caption_lines.js";
import { at, keep, make, say, show } from "./dom.js";
import { _ } from "./i18n.js";

/** @param {any} host */
export function panel(host) {
  /** @type {Set<string>} */ const known = new Set(SIX);

  /** @param {string} language */
  function row(language) {
    const button = make("button", { type: "button", class: "button", "data-kind": "secondary", "data-language": language }, make("span", {}), make("span", { class: "unseen" }, ` ${named(language)}`));
    button.onclick = () => host.wish(host.floor.captions.includes(language) ? "stop-captions" : "start-captions", { language });
    return make("li", {}, make("span", { class: "captioned-name" }, make("b", {}, language.toUpperCase()), " ", make("bdi", { lang: language }, named(language))), make("span", { class: "captioned-state" }), button);
  }

  at("captioned-more").onsubmit = async (/** @type {Event} */ event) => {
    event.preventDefault();
    const language = at("captioned-code").value.trim().toLowerCase();
    const answer = await host.wish("start-captions", { language });
    if (answer?.ok) at("captioned-code").value = "";
  };

  return {
    /** @param {import("./floor.js").Floor} floor @param {any} you */
    draw({ captions: live, state }, you) {
      for (const language of live) known.add(language);
      const can = you.may_preside && state === "open" && host.line.connected;
      keep(at("captioned"), [...known], (language) => language, row, (node, language) => {
        const on = live.includes(language);
        node.toggleAttribute("data-on", on);
        say(node.querySelector(".captioned-state"), on ? _("live") : _("off"));
        const button = /** @type {HTMLElement} */ (node.querySelector("button"));
        say(button.firstElementChild, on ? _("Stop") : _("Start"));
        show(button, you.may_preside);
        button.setAttribute("aria-disabled", String(!can));
      });
      show(at("captioned-more"), you.may_preside);
      show(at("captioned-off"), host.root.dataset.part === "second_half" && !live.length);
      say(at("captioned-now"), live.length ? live.map((language) => _("%(language)s live", { language: language.toUpperCase() })).join(", ") : _("none at this moment"));
    },
  };
}
