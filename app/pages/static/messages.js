// @ts-check
/**
 * What was written to all, and which statements are on record, as a client keeps it: the twin of
 * `app/policy/chat.py` and `app/policy/statement.py`.
 */

import { speaker } from "./speaker.js";

/**
 * @typedef {{number: number, speaker: import("./floor.js").Speaker, text: string | null, at: string}} Message  without text: removed
 * @typedef {{paused: boolean, messages: Message[]}} Chat
 * @typedef {{number: number, speaker: import("./floor.js").Speaker, item: number | null, characters: number, at: string}} OnRecord
 * @typedef {import("./floor.js").Floor} Floor
 */

const MOST = 50;

/** @type {Record<string, (floor: Floor, body: any, at: string) => Floor>} */
export const WRITTEN = {
  "chat-said": (floor, body, at) => written(floor, [...floor.chat.messages, said(body, at)].slice(-MOST)),
  "chat-retracted": (floor, { number }) => worded(floor, number, null),
  "chat-restored": (floor, { number, text }) => worded(floor, number, text),
  "chat-closed": (floor) => ({ ...floor, chat: { ...floor.chat, paused: true } }),
  "chat-opened": (floor) => ({ ...floor, chat: { ...floor.chat, paused: false } }),
  "statement-recorded": (floor, body, at) => ({ ...floor, statements: [...floor.statements, recorded(body, at)].slice(-MOST) }),
  "statement-unrecorded": (floor, { number }) => ({ ...floor, statements: floor.statements.filter((each) => each.number !== number) }),
};

/** The message of an event, with what it left out. @param {any} body @param {string} at @returns {Message} */
export function said(body, at) {
  return { number: body.number, speaker: speaker(body.speaker), text: body.text, at: body.at ?? at };
}

/** @param {any} body @param {string} at @returns {OnRecord} */
function recorded({ number, speaker: row, item = null, characters, ...body }, at) {
  return { number, speaker: speaker(row), item, characters, at: body.at ?? at };
}

/** The same with other words in one message, or none. @param {Floor} floor @param {number} number @param {string | null} text */
function worded(floor, number, text) {
  return written(floor, floor.chat.messages.map((each) => (each.number === number ? { ...each, text } : each)));
}

/** @param {Floor} floor @param {Message[]} messages */
function written(floor, messages) {
  return { ...floor, chat: { ...floor.chat, messages } };
}
