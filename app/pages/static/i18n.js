// @ts-check
/**
 * What scripts say, in the language of the page. English is in the scripts; another language is
 * fetched once, and where that fails English is said.
 *
 *     import { _, ngettext } from "./i18n.js";
 *     _("Back: you are %(place)s", { place: "3rd" });
 *     ngettext("%(num)s person", "%(num)s people", n);
 *
 * Messages are literals, so that they can be found; a percent sign is written %%.
 */

const root = document.documentElement;

/** @type {{language: string, plurals: string, messages: Record<string, string | Record<string, string>>}} */
const catalogue = await fetched(root.dataset.messages);
const plurals = new Intl.PluralRules(catalogue.plurals);

/** The language of dates and numbers: days first, digits that everybody reads. */
export const locale = { en: "en-GB-u-nu-latn", zh: "zh-Hans-CN-u-nu-latn", "ar-XB": "ar-u-nu-latn" }[root.lang]
  ?? `${root.lang}-u-nu-latn`;

/** @param {string | undefined} url */
async function fetched(url) {
  const english = { language: "en", plurals: "en", messages: {} };
  if (!url) return english;
  try {
    return await (await fetch(url)).json();
  } catch {
    return english;
  }
}

/** @param {string} message @param {Record<string, unknown>} [values] */
export function _(message, values = {}) {
  const said = catalogue.messages[message];
  return filled(typeof said === "string" ? said : message, values);
}

/** @param {string} one @param {string} many @param {number} num @param {Record<string, unknown>} [values] */
export function ngettext(one, many, num, values = {}) {
  const forms = catalogue.messages[one];
  const english = num === 1 ? one : many;
  const said = typeof forms === "object" ? forms[plurals.select(num)] ?? forms.other : english;
  return filled(said, { num, ...values });
}

/** @param {string} message @param {Record<string, unknown>} values */
function filled(message, values) {
  return message.replace(/%\((\w+)\)s|%%/g, (found, name) => (name ? String(values[name] ?? found) : "%"));
}
