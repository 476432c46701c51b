// @ts-check
/**
 * The minutes on a page of their own. It asks now and then what has changed: a second line to the sitting would
 * take the console's place, as one person has one seat.
 */

import { at, show } from "./dom.js";
import { pad } from "./minutes.js";

const EVERY = 3000;

const made = pad(at("minutes").dataset.sitting, () => {});
show(at("minutes-plain"), false);
show(at("minutes-live"), true);
made.pull();
setInterval(() => document.visibilityState === "visible" && made.pull(), EVERY);
document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && made.pull());
