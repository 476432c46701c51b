// @ts-check
/** Building a page: elements are made, never written as markup; icons are copied from the page. */

/** @param {string} id @returns {any} */
export const at = (id) => document.getElementById(id);

/**
 * @param {string} tag
 * @param {Record<string, string | number | boolean | null | undefined>} [attributes]  true: present, false or null: absent
 * @param {...(Node | string | number | false | null | undefined)} children
 */
export function make(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== false && value !== null && value !== undefined) made.setAttribute(name, value === true ? "" : String(value));
  }
  made.append(...children.filter((child) => child || child === 0).map((child) => (child instanceof Node ? child : String(child))));
  return made;
}

/** A copy of one of the icons that the page brings along. @param {string} name */
export function icon(name) {
  const drawn = at("icons").content.querySelector(`.icon-${name}`);
  return /** @type {Element} */ (drawn.cloneNode(true));
}

/** Change a text only where it differs, so that nothing is read out twice. @param {Element | null} node @param {string} text */
export function say(node, text) {
  if (node && node.textContent !== text) node.textContent = text;
}

/** @param {Element} node @param {boolean} shown */
export function show(node, shown) {
  /** @type {HTMLElement} */ (node).hidden = !shown;
}

/** Make a list show these items in this order, keeping the nodes (and the focus) of those that stay.
 * @template Item
 * @param {Element} list @param {Item[]} items @param {(item: Item) => string | number} key
 * @param {(item: Item) => HTMLElement} create @param {(node: HTMLElement, item: Item, place: number) => void} [update]
 */
export function keep(list, items, key, create, update = () => {}) {
  const keys = items.map((item) => String(key(item)));
  const known = new Map();
  for (const child of /** @type {HTMLElement[]} */ ([...list.children])) {
    // What goes is taken out first: a node that need not be moved keeps the focus.
    if (keys.includes(child.dataset.key ?? "")) {
      known.set(child.dataset.key, child);
      continue;
    }
    const focused = child.contains(document.activeElement);
    child.remove();
    if (focused) /** @type {HTMLElement} */ (list).focus();
  }
  items.forEach((item, place) => {
    const node = known.get(keys[place]) ?? create(item);
    node.dataset.key = keys[place];
    if (list.children[place] !== node) list.insertBefore(node, list.children[place] ?? null);
    update(node, item, place);
  });
}
