// @ts-check
/** Experts for one item: whom those who preside invite, whom a second person confirms, and how it ends. */

import { announce } from "./announce.js";
import * as clock from "./clock.js";
import { at, keep, make, say, show } from "./dom.js";
import { _ } from "./i18n.js";
import { clock as wall, readerZone } from "./time.js";

/**
 * @typedef {{name: string, body: string, reference: string, email: string}} Expert
 * @typedef {{id: string, item: number, title: string, expert: Expert, reason: string, state: "pending" | "confirmed" | "expired" | "ended", in_hand: boolean, invited_by: string, expires_at: string, confirmed_by: string, ended_by: string, may_confirm: boolean, may_end: boolean}} Invitation
 */

const PAUSE = 200;
const LONGEST_WAIT = 2 ** 31 - 1;

/** @type {Record<Invitation["state"], (each: Invitation) => string>} */
const STATES = {
  pending: ({ invited_by }) => _("Waits for a second person; invited by %(who)s", { who: invited_by }),
  confirmed: ({ confirmed_by, in_hand, expires_at }) => {
    const values = { who: confirmed_by, time: wall(new Date(expires_at)) };
    return in_hand ? _("May attend now; confirmed by %(who)s, until %(time)s", values) : _("Confirmed by %(who)s, until %(time)s; waits for the item", values);
  },
  expired: ({ expires_at }) => _("Expired at %(time)s", { time: wall(new Date(expires_at)) }),
  ended: ({ ended_by }) => _("Ended by %(who)s", { who: ended_by }),
};

/** @param {string} path @param {object} [body] */
async function ask(path, body) {
  const posted = body && { method: "POST", body: JSON.stringify(body) };
  const headers = { accept: "application/json", "content-type": "application/json" };
  const response = await fetch(`/api/v1${path}`, { headers, ...posted }).catch(() => null);
  const said = await response?.json().catch(() => null);
  return { ok: Boolean(response?.ok), said };
}

/** What a refusal says: the faults of the fields, or the reason. @param {any} said */
function sentence(said) {
  const faults = Object.values(said?.faults ?? {});
  return faults.join(" ") || said?.detail || said?.title || _("The service cannot be reached at this moment.");
}

/** @param {any} host  what a panel may use */
export function panel(host) {
  const sittings = (at("experts").dataset.sittings ?? "").split(" ").filter(Boolean);
  let round = 0;
  let timer = 0;

  async function look() {
    clearTimeout(timer);
    const current = ++round;
    const asked = await Promise.all(sittings.map((sitting) => ask(`/sittings/${sitting}/invitations`)));
    if (current !== round || asked.some(({ ok }) => !ok)) return;
    draw(asked.flatMap(({ said }) => /** @type {Invitation[]} */ (said)));
  }

  /** @param {Invitation[]} found */
  function draw(found) {
    show(at("experts-none"), !found.length);
    keep(at("experts-list"), found, ({ id }) => id, row, paint);
    host.fresh(found.filter(({ may_confirm }) => may_confirm).length);
    const ends = found.filter(({ state }) => state === "pending" || state === "confirmed").map(({ expires_at }) => Date.parse(expires_at) - clock.now());
    if (ends.length) timer = setTimeout(look, Math.min(LONGEST_WAIT, Math.max(0, Math.min(...ends)) + 1000));
  }

  /** @param {Invitation} invitation */
  function row({ id, item, title, expert: { name, body, email }, reason }) {
    const confirm = make("button", { type: "button", class: "button expert-confirm", "data-kind": "primary" }, _("Confirm"), make("span", { class: "unseen" }, ` ${name}`));
    const end = make("button", { type: "button", class: "button expert-end", "data-kind": "quiet" }, _("End now"), make("span", { class: "unseen" }, ` ${name}`));
    confirm.onclick = () => act(`/invitations/${id}/confirm`);
    end.onclick = () => act(`/invitations/${id}/end`);
    return make("li", { class: "expert" },
      make("p", { class: "expert-who" }, make("b", {}, make("bdi", {}, name)), body && ", ", body && make("bdi", {}, body)),
      make("p", { class: "quiet" }, make("bdi", {}, email)),
      make("p", {}, _("Item %(number)s: %(title)s", { number: item, title })),
      make("p", { class: "quiet" }, make("bdi", {}, reason)),
      make("p", { class: "expert-state" }), make("p", { class: "acts" }, confirm, end));
  }

  /** @param {HTMLElement} node @param {Invitation} invitation */
  function paint(node, invitation) {
    node.dataset.state = invitation.state;
    say(node.querySelector(".expert-state"), STATES[invitation.state](invitation));
    show(/** @type {Element} */ (node.querySelector(".expert-confirm")), invitation.may_confirm);
    show(/** @type {Element} */ (node.querySelector(".expert-end")), invitation.may_end);
  }

  /** @param {string} path */
  async function act(path) {
    const { ok, said } = await ask(path, {});
    if (ok) announce(STATES[/** @type {Invitation["state"]} */ (said.state)](said));
    else host.refuse(sentence(said));
    look();
  }

  at("experts-title").append(" ", make("span", { class: "zone-time" }, _("(times of %(zone)s)", { zone: readerZone.replaceAll("_", " ") })));
  const form = /** @type {HTMLFormElement | null} */ (document.getElementById("expert-form"));
  if (form) invites(form, look);
  return {
    welcome: look,
    /** @param {{kind: string}} event @param {boolean} missed */
    event({ kind }, missed) {
      if (!missed && (kind === "invitation-moved" || kind === "item-taken")) look();
    },
  };
}

/** The form of those who invite, with a search among those who are registered. @param {HTMLFormElement} form @param {() => void} done */
function invites(form, done) {
  const whom = at("expert-whom");
  let timer = 0;
  whom.oninput = () => {
    clearTimeout(timer);
    timer = setTimeout(find, PAUSE);
  };

  async function find() {
    const like = whom.value.trim();
    if (like.length < 2 || like.includes("@")) return;
    const { ok, said } = await ask(`/sittings/${at("experts").dataset.find}/speakers?like=${encodeURIComponent(like)}`);
    if (!ok) return;
    at("expert-found").replaceChildren(...said.map((/** @type {any} */ each) => make("option", { value: each.reference }, each.title === each.name ? each.name : `${each.name}, ${each.title}`)));
  }

  /** @param {string} [no] */
  function refuse(no = "") {
    say(at("expert-no").querySelector("span"), no);
    show(at("expert-no"), Boolean(no));
    if (no) announce(no);
  }

  form.onsubmit = async (event) => {
    event.preventDefault();
    const [sitting, item] = at("expert-item").value.split(":");
    const minutes = Number(at("expert-ends").value);
    const ends = minutes ? { expires_at: new Date(clock.now() + minutes * 60_000).toISOString() } : {};
    const { ok, said } = await ask(`/sittings/${sitting}/invitations`, { whom: whom.value.trim() || "?", item: Number(item), reason: at("expert-reason").value, ...ends });
    refuse(ok ? "" : sentence(said));
    if (!ok) return;
    form.reset();
    announce(STATES.pending(said));
    done();
  };
}
