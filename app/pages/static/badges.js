// @ts-check
/** The badge desk by camera: what it reads is sent as if a scanner had typed it. */

import { offerCamera } from "./scanner.js";

const form = /** @type {HTMLFormElement | null} */ (document.querySelector("[data-scan]"));
const place = /** @type {HTMLElement | null} */ (document.querySelector("[data-camera]"));
if (form && place) {
  offerCamera(place, form, (text) => {
    /** @type {any} */ (form.elements.namedItem("q")).value = text;
    form.requestSubmit();
  });
}
