// @ts-check
/**
 * A camera that reads the code of a badge: by itself where the browser can, else the service reads
 * one picture after the other, which needs the network. A scanner that types needs none of it.
 */

import { _ } from "./i18n.js";
import { make } from "./dom.js";

const EVERY = 250; // milliseconds between looks
const EVERY_PICTURE = 1000; // between pictures that the service reads
const AGAIN = 3000; // the same badge still before the camera is no new one
const PATIENCE = 8000; // for an answer of the service
const LARGEST = 1000; // pixels of the longer side of what is sent
const QUALITY = 0.7;

/** Whether this browser reads QR codes by itself. */
async function able() {
  const Detector = /** @type {any} */ (globalThis).BarcodeDetector;
  if (!Detector) return null;
  try {
    return (await Detector.getSupportedFormats()).includes("qr_code") ? new Detector({ formats: ["qr_code"] }) : null;
  } catch {
    return null;
  }
}

/** A picture as a small JPEG, in base64.
 * @param {CanvasImageSource} picture @param {number} width @param {number} height
 */
function still(picture, width, height) {
  const scale = Math.min(1, LARGEST / Math.max(width, height));
  const canvas = /** @type {HTMLCanvasElement} */ (make("canvas", { width: Math.round(width * scale), height: Math.round(height * scale) }));
  canvas.getContext("2d")?.drawImage(picture, 0, 0, canvas.width, canvas.height);
  return canvas.toDataURL("image/jpeg", QUALITY).split(",")[1];
}

/** What the service reads in a picture: the text, "" where there is no code, null where it did not answer.
 * @param {string} address @param {string} picture base64
 */
async function readBy(address, picture) {
  const options = { method: "POST", body: JSON.stringify({ picture }), headers: { "Content-Type": "application/json" } };
  const answer = await fetch(address, { ...options, signal: AbortSignal.timeout(PATIENCE) }).catch(() => null);
  if (answer?.ok) return String((await answer.json()).text);
  return answer?.status === 422 ? "" : null;
}

const NO_NETWORK = () => _("The service does not answer, and this browser reads no codes by itself. Use a scanner that types, or type the reference.");

/** A picture that was chosen, or taken by the phone's own camera.
 * @param {HTMLInputElement} input @param {string} reads @param {(text: string) => void} found
 */
function offerPicture(input, reads, found) {
  const told = make("p", { class: "quiet", role: "status" });
  input.after(told);
  input.addEventListener("change", async () => {
    const [file] = input.files ?? [];
    if (!file) return;
    told.textContent = _("The service reads it …");
    const picture = await createImageBitmap(file).catch(() => null);
    const text = picture ? await readBy(reads, still(picture, picture.width, picture.height)) : "";
    input.value = "";
    told.textContent = text === null ? NO_NETWORK() : text ? "" : _("No code was found in the picture. Hold it nearer, and in light.");
    if (text) found(text);
  });
}

/** Offer the camera in this place, and the pictures of this form.
 * @param {HTMLElement} place @param {HTMLFormElement} form  whose data-reads is where the service reads
 * @param {(text: string) => void} found
 */
export async function offerCamera(place, form, found) {
  const reads = form.dataset.reads ?? "";
  const input = /** @type {HTMLInputElement | null} */ (form.elements.namedItem("picture"));
  if (input) offerPicture(input, reads, found);
  const detector = await able();
  place.hidden = false;
  if (!navigator.mediaDevices) {
    place.append(make("p", { class: "quiet" }, _("This browser lends no camera to a page. Use a scanner that types, type the reference, or take a picture of the code.")));
    return;
  }
  const video = /** @type {HTMLVideoElement} */ (make("video", { playsinline: true, muted: true, hidden: true }));
  const button = make("button", { type: "button", class: "button", "data-kind": "secondary", "aria-pressed": "false" }, _("Use the camera"));
  const trouble = make("p", { class: "quiet", role: "status" }, detector ? "" : _("This browser reads no codes by itself: the service reads the pictures of the camera, and keeps none. This needs the network."));
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

  /** What is before the camera now; nothing where no code is. */
  async function seen() {
    if (detector) return (await detector.detect(video))[0]?.rawValue ?? "";
    if (!video.videoWidth) return "";
    const text = await readBy(reads, still(video, video.videoWidth, video.videoHeight));
    trouble.textContent = text === null ? NO_NETWORK() : "";
    return text ?? "";
  }

  async function look() {
    if (!stream) return;
    try {
      const text = await seen();
      if (stream && text && (text !== last || Date.now() - since > AGAIN)) {
        [last, since] = [text, Date.now()];
        found(text);
      }
    } catch {
      // A frame that cannot be read yet: the next one may.
    }
    setTimeout(look, detector ? EVERY : EVERY_PICTURE);
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
