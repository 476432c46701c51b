// @ts-check
/** Who speaks, and in which role: events say it as a row (`app/policy/people.py`), the picture by name. */

/** @typedef {import("./floor.js").Speaker} Speaker */

/** @param {[string, string, string, string, boolean]} row @returns {Speaker} */
export function speaker([name, entity, capacity, category, remote]) {
  return { name, entity, capacity, category, remote };
}
