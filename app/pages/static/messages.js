// @ts-check
/**
 * What was written to all, and which statements are on record, as a client keeps it: the twin of
 * `app/policy/chat.py` and `app/policy/statement.py`.
 */

/**
 * @typedef {{number: number, speaker: import("./floor.js").Speaker, text: string | null, at: string}} Message  without text: removed
 * @typedef {{paused: boolean, messages: Message[]}} Chat
 * @typedef {{number: number, speaker: import("./floor.js").Speaker, item: number | null, characters: number, at: string}} OnRecord
 * @typedef {import("./floor.js").Floor} Floor
 */

const MOST = 50;

/** @type {Record<string, (floor: Floor, body: any, at: string) => Floor>} */
export const WRITTEN = {
  "chat-said": (floor, { message }, at) => written(floor, [...floor.chat.messages, { at, ...message }].slice(-MOST)),
  "chat-retracted": (floor, { number }) => written(floor, floor.chat.messages.map((each) => (each.number === number ? { ...each, text: null } : each))),
  "chat-restored": (floor, { message }) => written(floor, floor.chat.messages.map((each) => (each.number === message.number ? message : each))),
  "chat-closed": (floor) => ({ ...floor, chat: { ...floor.chat, paused: true } }),
  "chat-opened": (floor) => ({ ...floor, chat: { ...floor.chat, paused: false } }),
  "statement-recorded": (floor, { statement }) => ({ ...floor, statements: [...floor.statements, statement].slice(-MOST) }),
  "statement-unrecorded": (floor, { number }) => ({ ...floor, statements: floor.statements.filter((each) => each.number !== number) }),
};

/** @param {Floor} floor @param {Message[]} messages */
function written(floor, messages) {
  return { ...floor, chat: { ...floor.chat, messages } };
}
