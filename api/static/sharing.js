// Both pages of a shared session: hear of changes, fetch what changed, send what was filled in and lose nothing of it.
import { show } from "./stream.js";

const live = document.querySelector("#live");
const trouble = document.querySelector("#trouble");
const said = document.querySelector("#said");
const WAITING = `cds-unsent ${location.pathname}`;
const AGAIN_MS = 2000;

// --- hearing ----------------------------------------------------------------------------------------------------

let number = Number(live?.dataset.number ?? 0);
let source = null;
let due = null;
const drawn = new WeakMap(); // part → the HTML it was made from

function listen() {
  source?.close();
  source = new EventSource(`${live.dataset.events}?after=${number}`);
  source.addEventListener("change", (event) => {
    number = Math.max(number, JSON.parse(event.data).number);
    soon();
  });
  source.addEventListener("closed", () => { source.close(); location.reload(); });
  source.addEventListener("open", () => { calm(); soon(); sendWaiting(); });
  source.addEventListener("error", () => {
    if (source.readyState === EventSource.CLOSED) setTimeout(listen, AGAIN_MS); // refused: the browser gave up, we do not
  });
}

function soon() { // many events, one look
  clearTimeout(due);
  due = setTimeout(refresh, 30);
}

async function refresh() {
  let response;
  try {
    response = await fetch(live.dataset.live, { headers: { Accept: "application/json" } });
  } catch { return; } // away; the stream says when it is back
  if (response.status === 401 || response.status === 404) { location.reload(); return; }
  if (!response.ok) return;
  const fresh = document.createElement("div");
  show(fresh, await response.text());
  // The frame around the parts is in the language the page was opened in.
  const language = fresh.querySelector("[data-language]")?.dataset.language;
  if (language && live.dataset.language && language !== live.dataset.language && !unsent().length) { location.reload(); return; }
  for (const part of fresh.querySelectorAll("[data-part]")) {
    const old = live.querySelector(`:scope > [data-part="${part.dataset.part}"]`);
    if (!old) live.append(part);
    else if (drawn.get(old) !== part.outerHTML) place(old, part);
  }
}

/** Swaps a part, unless somebody is writing in it: then as soon as they are done. */
function place(old, part) {
  const html = part.outerHTML;
  if (busy(old)) {
    old.addEventListener("focusout", soon, { once: true });
    return;
  }
  const opened = [...old.querySelectorAll("details")].map((one) => one.open);
  const focused = old.contains(document.activeElement) ? path(old, document.activeElement) : null;
  old.replaceWith(part);
  drawn.set(part, html);
  const details = [...part.querySelectorAll("details")];
  if (details.length === opened.length) details.forEach((one, index) => { one.open = opened[index]; });
  if (focused) part.querySelectorAll("button, input, textarea, select, summary, a")[focused]?.focus({ preventScroll: true });
}

function path(within, element) {
  const index = [...within.querySelectorAll("button, input, textarea, select, summary, a")].indexOf(element);
  return index < 0 ? null : index;
}

function busy(part) {
  return [...part.querySelectorAll("textarea, input:not([type=hidden]):not([type=radio]):not([type=checkbox])")].some(
    (field) => (field === document.activeElement || field.value !== field.defaultValue) && field.offsetParent !== null,
  ) || [...part.querySelectorAll("form:not([data-auto]) input[type=radio], form:not([data-auto]) input[type=checkbox]")].some(
    (field) => field.checked !== field.defaultChecked,
  );
}

// --- sending ----------------------------------------------------------------------------------------------------

document.addEventListener("submit", async (event) => {
  if (event.target.matches('form[action$="/leave"]')) { // what comes next is the goodbye page, not a reload
    source?.close();
    sessionStorage.clear();
    return;
  }
  const form = event.target.closest("form[data-send]");
  if (!form) return;
  event.preventDefault();
  const data = new FormData(form, event.submitter);
  data.set("once", crypto.randomUUID ? crypto.randomUUID() : `${Date.now()}-${Math.random().toString(36).slice(2)}`);
  form.classList.add("sending");
  const kept = { to: form.action, body: new URLSearchParams(data).toString() };
  const done = await send(kept);
  form.classList.remove("sending");
  if (done === "away") {
    keep([...unsent(), kept]);
    tell(live.dataset.away ?? "No connection. What you sent is kept here and goes out by itself.");
  }
  if (done !== "refused") {
    settle(form);
    soon();
  }
});

document.addEventListener("change", (event) => event.target.closest("form[data-auto]")?.requestSubmit());

/** After it was sent a form is no longer being written in. */
function settle(form) {
  if (form.hasAttribute("data-empties")) form.reset();
  for (const field of form.elements) {
    if (field.type === "radio" || field.type === "checkbox") field.defaultChecked = field.checked;
    else if (field.defaultValue !== undefined) field.defaultValue = field.value;
  }
  if (form.contains(document.activeElement) && document.activeElement.matches("textarea, input")) document.activeElement.blur();
  form.closest("details")?.removeAttribute("open");
}

async function send({ to, body }) {
  let response;
  try {
    response = await fetch(to, {
      method: "POST",
      body,
      headers: { Accept: "application/json", "Content-Type": "application/x-www-form-urlencoded" },
      keepalive: body.length < 60_000,
    });
  } catch { return "away"; }
  if (response.ok) { calm(); return "sent"; }
  if (response.status >= 500 && response.status !== 500) return "away";
  const detail = await response.json().then((problem) => problem.detail, () => "This could not be kept.");
  tell(detail);
  return "refused";
}

function unsent() { return JSON.parse(sessionStorage.getItem(WAITING) ?? "[]"); }
function keep(list) {
  if (list.length) sessionStorage.setItem(WAITING, JSON.stringify(list));
  else sessionStorage.removeItem(WAITING);
}

let sending = false;
async function sendWaiting() { // in the order it was written; the server keeps each once
  if (sending) return;
  sending = true;
  try {
    for (let list = unsent(); list.length; list = unsent()) {
      if ((await send(list[0])) === "away") return;
      keep(list.slice(1));
    }
    calm();
    soon();
  } finally { sending = false; }
}

function tell(text) {
  trouble.textContent = text;
  trouble.hidden = false;
  said.textContent = text;
}
function calm() { if (!unsent().length) trouble.hidden = true; }

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-print]")) window.print();
});

if (live) {
  listen();
  window.addEventListener("online", () => { listen(); });
  document.addEventListener("visibilitychange", () => { // a phone that slept
    if (document.visibilityState === "visible") { if (source.readyState !== EventSource.OPEN) listen(); soon(); sendWaiting(); }
  });
  sendWaiting();
}
