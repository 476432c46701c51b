// @ts-check
/**
 * Asks the browser for a passkey and sends its answer with the form. Forms that need one are hidden
 * until this script has found that the browser can; without it a link by mail signs in.
 */

import { _ } from "./i18n.js";

const able = typeof window.PublicKeyCredential?.parseRequestOptionsFromJSON === "function";
const forms = /** @type {NodeListOf<HTMLFormElement>} */ (document.querySelectorAll("form[data-passkey]"));

/** @param {HTMLFormElement} form @returns {Promise<Credential | null>} */
function ask(form) {
  const options = JSON.parse(form.dataset.options ?? "{}");
  return form.dataset.passkey === "add"
    ? navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) })
    : navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) });
}

/** What went wrong, beside the button. @param {HTMLFormElement} form @param {string} sentence */
function tell(form, sentence) {
  const line = /** @type {HTMLElement} */ (form.querySelector("[data-told]"));
  line.textContent = sentence;
  line.hidden = false;
}

/** @param {unknown} fault */
function sentence(fault) {
  const name = fault instanceof DOMException ? fault.name : "";
  if (name === "InvalidStateError") return _("This device has a passkey for this account already.");
  if (name === "SecurityError") return _("Passkeys do not work at this address of the service.");
  return _("No passkey was used. You can try again, or have a link mailed to you.");
}

/** @param {SubmitEvent} event */
async function submitted(event) {
  const form = /** @type {HTMLFormElement} */ (event.currentTarget);
  event.preventDefault();
  try {
    const given = /** @type {PublicKeyCredential} */ (await ask(form));
    /** @type {HTMLInputElement} */ (form.elements.namedItem("credential")).value = JSON.stringify(given.toJSON());
    form.submit();
  } catch (fault) {
    tell(form, sentence(fault));
  }
}

for (const form of forms) {
  const place = /** @type {HTMLElement} */ (form.closest("[data-with-passkeys]") ?? form);
  place.hidden = !able;
  form.addEventListener("submit", submitted);
}
for (const line of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-without-passkeys]"))) {
  line.hidden = able;
}
