// @ts-check
/** How far the change to the members' part is, as the service itself reports it. */

import { announce } from "./announce.js";
import { at, icon, keep, make, say, show } from "./dom.js";
import { _, ngettext } from "./i18n.js";

/** @typedef {{state: "ready" | "raised" | "verified" | "opened", from_sitting: string, to_sitting: string, epoch: number | null, closed: number, remaining: number, waits_for: string | null, waits_sentence: string, certificate: string | null, stay: any[], leave: any[], subjects: string[]}} Fence */

const OFTEN = 1000;
let timer = 0;
let told = "";
/** @type {Set<string>} */ const away = new Set();
let expected = 0; // how many were to leave, where it was rehearsed on this page

/** @param {number} number */
export function expect(number) {
  expected = number;
}

/** @param {string} sitting @param {RequestInit} [request] @param {string} [under] */
export async function ask(sitting, request = {}, under = "") {
  const headers = { accept: "application/json", "content-type": "application/json" };
  const response = await fetch(`/api/v1/sittings/${sitting}/fence${under}`, { headers, ...request });
  const said = await response.json().catch(() => ({}));
  return response.ok ? { fence: /** @type {Fence} */ (said) } : { no: String(said.detail || said.title || "") };
}

/** @param {object} body @returns {RequestInit} */
export function posted(body) {
  return { method: "POST", body: JSON.stringify(body) };
}

/** Show where it stands, and look again until it is through. @param {string} sitting @param {boolean} presides */
export async function follow(sitting, presides) {
  clearTimeout(timer);
  const { fence } = await ask(sitting).catch(() => ({ fence: undefined }));
  if (fence) draw(fence, presides);
  if (!fence || fence.state === "raised" || fence.state === "verified") timer = fence || !at("fence").hidden ? setTimeout(() => follow(sitting, presides), OFTEN) : 0;
}

/** @param {Fence} fence @param {boolean} presides */
export function draw(fence, presides) {
  const raised = fence.state !== "ready";
  at("console").dataset.fence = fence.state;
  const key = `${fence.to_sitting} ${fence.epoch}`;
  show(at("fence"), raised && !away.has(key));
  if (!raised) return;
  at("fence-close").onclick = () => {
    away.add(key);
    show(at("fence"), false);
  };
  keep(at("fence-steps"), steps(fence), ({ name }) => name, () => make("li", { class: "step" }, make("span", { class: "step-mark", "aria-hidden": true }), make("span", { class: "step-said" })), paint);
  const hall = fence.waits_for === "hall-not-signed";
  show(at("fence-hall"), hall);
  show(at("fence-without"), presides);
  at("fence-desk").href = `/desk/hall/${fence.to_sitting}`;
  show(at("fence-certificate"), Boolean(fence.certificate));
  if (fence.certificate) at("fence-certificate").href = fence.certificate;
  show(at("fence-close"), fence.state === "opened");
  tell(fence);
}

/** @param {Fence} fence */
function steps({ state, epoch, closed, remaining, waits_for, waits_sentence }) {
  const empty = state !== "raised";
  const hall = empty && waits_for !== "hall-not-signed";
  const opened = state === "opened";
  const silent = !empty && waits_for === "process-silent";
  const all = Math.max(closed + remaining, empty ? 0 : expected);
  const left = !all && !silent ? _("Nobody had to leave.") : ngettext("%(left)s of %(num)s has left", "%(left)s of %(num)s have left", all, { left: closed });
  return [
    { name: "frozen", done: true, said: _("Frozen: the list of the open part is kept as it was.") },
    { name: "raised", done: true, said: _("Epoch %(epoch)s: the open part's channel says nothing more.", { epoch }) },
    { name: "leaving", done: !remaining && !silent, said: left },
    { name: "verified", done: empty, said: empty ? _("Verified: nobody remains who may not stay.") : waits_sentence || _("Being verified") },
    { name: "hall", done: hall, said: hall ? _("The hall is settled.") : _("The hall: the sign-off of a steward is awaited.") },
    { name: "opened", done: opened, said: opened ? _("The members' part is open, and certified.") : _("The members' part is not open yet.") },
  ];
}

/** @param {HTMLElement} row @param {{done: boolean, said: string}} step */
function paint(row, { done, said }) {
  const state = done ? "done" : row.previousElementSibling?.getAttribute("data-state") === "done" ? "now" : "next";
  if (row.dataset.state !== state) row.querySelector(".step-mark")?.replaceChildren(...(state === "done" ? [icon("check")] : state === "now" ? [icon("clock")] : []));
  row.dataset.state = state;
  say(row.querySelector(".step-said"), said);
}

/** @param {Fence} fence */
function tell(fence) {
  const now = `${fence.state} ${fence.waits_for}`;
  if (now === told) return;
  told = now;
  const current = steps(fence).find(({ done }) => !done) ?? steps(fence)[5];
  announce(current.said);
}
