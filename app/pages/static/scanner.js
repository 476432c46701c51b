// @ts-check
/** A camera that reads the code of a badge, where the browser can; a scanner that types needs none of it. */

import { _ } from "./i18n.js";
import { make } from "./dom.js";

const EVERY = 250; // milliseconds between looks
const AGAIN = 3000; // the same badge still before the camera is no new one

/** Whether this browser reads QR codes by itself. */
async function able() {
  const Detector = /** @type {any} */ (globalThis).BarcodeDetector;
  if (!Detector || !navigator.mediaDevices) return null;
  try {
    return (await Detector.getSupportedFormats()).includes("qr_code") ? new Detector({ formats: ["qr_code"] }) : null;
  } catch {
    return null;
  }
}

/** Offer the camera in this place, or say what to use instead.
 * @param {HTMLElement} place @param {(text: string) => void} found
 */
export async function offerCamera(place, found) {
  const detector = await able();
  place.hidden = false;
  if (!detector) {
    place.append(make("p", { class: "quiet" }, _("This browser reads no codes by camera. Use a scanner that types, or type the reference.")));
    return;
  }
  const video = /** @type {HTMLVideoElement} */ (make("video", { playsinline: true, muted: true, hidden: true }));
  const button = make("button", { type: "button", class: "button", "data-kind": "secondary", "aria-pressed": "false" }, _("Use the camera"));
  const trouble = make("p", { class: "quiet", role: "status" });
  place.append(button, video, trouble);
  /** @type {MediaStream | null} */ let stream = null;
  let last = "", since = 0;

  function stop() {
    stream?.getTracks().forEach((track) => track.stop());
    stream = null;
    video.hidden = true;
    button.textContent = _("Use the camera");
    button.setAttribute("aria-pressed", "false");
  }

  async function look() {
    if (!stream) return;
    try {
      const [seen] = await detector.detect(video);
      if (seen && (seen.rawValue !== last || Date.now() - since > AGAIN)) {
        [last, since] = [seen.rawValue, Date.now()];
        found(seen.rawValue);
      }
    } catch {
      // A frame that cannot be read yet: the next one may.
    }
    setTimeout(look, EVERY);
  }

  button.addEventListener("click", async () => {
    if (stream) return stop();
    try {
      stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
    } catch {
      trouble.textContent = _("The camera cannot be used. Use a scanner that types, or type the reference.");
      return;
    }
    trouble.textContent = "";
    video.srcObject = stream;
    video.hidden = false;
    await video.play();
    button.textContent = _("Stop the camera");
    button.setAttribute("aria-pressed", "true");
    look();
  });
}
