// @ts-check
/**
 * The captions of one language as a client keeps them: a snapshot, and every event after it. The twin of
 * `app/policy/captions.py`; both pass the same vectors.
 */

import { Unreadable } from "./floor.js";

/**
 * @typedef {{title: string, capacity: string}} Voice
 * @typedef {{speaker: Voice | null, item: number | null, source: "human" | "machine", of: "caption" | "interpretation"}} Heading
 * @typedef {{number: number, text: string, at: string, heading: Heading, corrected: boolean}} Line
 * @typedef {{heading: Heading, lines: Line[]}} Captions
 */

const SHOWN = 50;

/** The six languages of every sitting, in the order of their keys. */
export const SIX = ["ar", "zh", "en", "fr", "ru", "es"];

/** The picture after the event. @param {Captions} captions @param {{kind: string, at: string, body: any}} event @returns {Captions} */
export function apply(captions, { kind, at, body }) {
  switch (kind) {
    case "caption-heading":
      return { ...captions, heading: { speaker: null, item: null, source: "human", of: "caption", ...body.heading } };
    case "caption":
      return { ...captions, lines: [...captions.lines, { number: body.number, text: body.text, at, heading: captions.heading, corrected: false }].slice(-SHOWN) };
    case "caption-corrected":
      return { ...captions, lines: captions.lines.map((line) => corrected(line, body)) };
    default:
      throw new Unreadable(kind);
  }
}

/** @param {Line} line @param {{number: number, text: string}} body @returns {Line} */
export function corrected(line, { number, text }) {
  return line.number === number ? { ...line, text, corrected: true } : line;
}

/** @param {Heading} one @param {Heading | undefined} other */
export function same(one, other) {
  return JSON.stringify(one) === JSON.stringify(other);
}

/** What a language is called by those who read it. @param {string} language */
export function named(language) {
  const name = new Intl.DisplayNames([language], { type: "language", fallback: "code" }).of(language) ?? language;
  return name.charAt(0).toLocaleUpperCase(language) + name.slice(1);
}
