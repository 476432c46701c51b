// @ts-check
/**
 * Keys for the list of what waits: they work while the list has the focus and nobody is typing.
 * They decide on the row that has the focus or, where rows are marked, on all of these.
 * Without this script every row has its own buttons, and marked rows are decided together.
 */

const form = /** @type {HTMLFormElement | null} */ (document.querySelector("[data-waiting]"));
const rows = form ? [...form.querySelectorAll("[data-row]")] : [];

/** @param {Element | undefined} row */
function mark(row) {
  return /** @type {HTMLInputElement | null} */ (row?.querySelector("input[type=checkbox]") ?? null);
}

/** The row that the focus is in, or none. */
function current() {
  return rows.findIndex((row) => row.contains(document.activeElement));
}

/** @param {number} to */
function go(to) {
  mark(rows[Math.min(Math.max(to, 0), rows.length - 1)])?.focus();
}

/** @param {Element} row @param {string} what */
function press(row, what) {
  /** @type {HTMLElement | null} */ (row.querySelector(what))?.click();
}

/** Open the reason of a row, to be typed and then sent. @param {Element} row */
function reject(row) {
  const reason = row.querySelector("details");
  if (!reason) return;
  reason.open = true;
  reason.querySelector("textarea")?.focus();
}

/** @type {Record<string, (at: number) => void>} */
const keys = {
  j: (at) => go(at + 1),
  ArrowDown: (at) => go(at + 1),
  k: (at) => go(at - 1),
  ArrowUp: (at) => go(at - 1),
  x: (at) => mark(rows[at])?.click(),
  a: (at) => (marked() ? press(together(), "[name=approve-marked]") : press(rows[at], "[data-approve]")),
  r: (at) => reject(marked() ? together() : rows[at]),
};

/** Whether rows are marked: then a key is meant for all of them. */
function marked() {
  return rows.length > 1 && rows.some((row) => mark(row)?.checked);
}

/** What decides on all the marked rows. */
function together() {
  return /** @type {Element} */ (form?.querySelector(".together"));
}

form?.addEventListener("keydown", (event) => {
  const target = /** @type {HTMLElement} */ (event.target);
  if (target.matches("textarea")) {
    if (event.key === "Escape") go(current());
    return;
  }
  const at = current();
  const key = keys[event.key];
  if (!key || at < 0 || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  key(at);
});

const told = form?.querySelector(".keys");
if (told instanceof HTMLElement) told.hidden = false;
