// @ts-check
/**
 * Brings the page of a door, or of the badge desk, back while there is no network. It keeps nothing by itself: the page
 * puts what it needs into the cache, without anybody's name. What the service answers comes first.
 */

const SCOPE = new URL(".", self.location.href).pathname; // the addresses beside this one
const PATIENCE = 4000; // milliseconds

/** @param {Request} request */
async function fetched(request) {
  const kept = () => caches.open(SCOPE).then((cache) => cache.match(request, { ignoreSearch: true }));
  try {
    const answer = await fetch(request, { signal: AbortSignal.timeout(PATIENCE) });
    if (answer.status < 500) return answer;
    return (await kept()) ?? answer;
  } catch {
    return (await kept()) ?? Response.error();
  }
}

self.addEventListener("install", () => /** @type {any} */ (self).skipWaiting());
self.addEventListener("activate", (/** @type {any} */ event) => event.waitUntil(/** @type {any} */ (self).clients.claim()));
self.addEventListener("fetch", (/** @type {any} */ event) => {
  const { pathname } = new URL(event.request.url);
  const page = pathname.startsWith(SCOPE) && !pathname.slice(SCOPE.length).includes("/");
  if (event.request.method === "GET" && (page || /^\/(static|i18n)\//.test(pathname))) event.respondWith(fetched(event.request));
});
