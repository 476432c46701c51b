// @ts-check
/** The documents of the item in hand, as far as the reader may read them. */

import { at, keep, make, show } from "./dom.js";
import { _ } from "./i18n.js";

/** @typedef {{number: string, written: string, address: string, titles: Record<string, string>, languages: string[]}} Document */

/** @param {any} host */
export function panel(host) {
  /** @type {number | null | undefined} */ let known;
  let round = 0;

  async function look() {
    const current = ++round;
    const response = await fetch(`/api/v1/sittings/${host.line.sitting}/documents`).catch(() => null);
    const said = response?.ok ? await response.json().catch(() => null) : null;
    if (current !== round) return;
    const found = /** @type {Document[]} */ (said?.documents ?? []);
    keep(at("documents-list"), found, ({ number }) => number, row, () => {});
    show(at("documents-none"), !found.length);
  }

  /** @param {Document} of */
  function row({ written, address, titles, languages }) {
    const language = [document.documentElement.lang, "en", ...Object.keys(titles)].find((each) => titles[each]) ?? "en";
    return make("li", {}, make("a", { href: address, target: "_blank", rel: "noopener" }, make("bdi", { dir: "ltr" }, written)), " ",
      make("bdi", { lang: language }, titles[language] ?? ""), " ", make("span", { class: "quiet" }, languages.join(", ")));
  }

  return {
    /** @param {any} welcome */
    welcome() {
      known = undefined;
    },
    /** @param {import("./floor.js").Floor} floor */
    draw({ item }) {
      if (known === (item?.number ?? null)) return;
      known = item?.number ?? null;
      look();
    },
    keys: {
      d() {
        look();
        at("documents-title").focus();
        at("documents-title").scrollIntoView({ block: "nearest" });
      },
    },
  };
}
