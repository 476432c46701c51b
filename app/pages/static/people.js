// @ts-check
/**
 * How people and their roles are shown. What the values are called stands in the page, in `data-words`,
 * in the reader's language: one vocabulary for pages and scripts.
 */

import { _ } from "./i18n.js";
import { icon, make } from "./dom.js";

/** @typedef {import("./floor.js").Speaker} Speaker */

/** @type {Record<string, Record<string, string>>} */
const words = JSON.parse(/** @type {HTMLElement} */ (document.querySelector("[data-words]")).dataset.words ?? "{}");

/** What a value is called. @param {string} vocabulary @param {string} value */
export function word(vocabulary, value) {
  return words[vocabulary]?.[value] ?? value;
}

/** Whom the floor is given to: the body that is represented, or else the person. @param {Speaker} speaker */
export function title(speaker) {
  return represents(speaker) ? speaker.entity : speaker.name;
}

/** @param {Speaker} speaker */
function represents({ entity, capacity, category }) {
  return Boolean(entity) && category !== "stakeholder" && ["delegate", "observer"].includes(capacity);
}

/** The person behind a body, or the body behind a person. @param {Speaker} speaker */
export function other(speaker) {
  const name = represents(speaker) ? speaker.name : speaker.entity;
  return name === title(speaker) ? "" : name;
}

/** The other name, and the capacity in which someone speaks. @param {Speaker} speaker */
function role(speaker) {
  const name = other(speaker);
  return make("span", { class: "who-role" }, ...(name ? [make("bdi", {}, name), ", "] : []), word("capacity", speaker.capacity));
}

/** Name, role and category as elements; names are isolated, they may run the other way. @param {Speaker} speaker @param {string} [tag] */
export function shown(speaker, tag = "span") {
  return [named(speaker, tag), role(speaker), make("span", { class: "who-marks" }, chip(speaker.category), " ", mode(speaker))];
}

/** @param {Speaker} speaker @param {string} [tag] */
export function named(speaker, tag = "span") {
  return make(tag, { class: "who-title", dir: "auto" }, title(speaker));
}

/** Only whom the chair put on the list without an account is of the public there. @param {string} category */
export function chip(category) {
  return make("span", { class: "chip", "data-kind": category }, category === "public" ? _("Without an account") : word("category", category));
}

/** @param {Speaker} speaker */
export function mode({ remote }) {
  return make("span", { class: "mode" }, icon(remote ? "remote" : "hall"), remote ? _("Remote") : _("In the hall"));
}
