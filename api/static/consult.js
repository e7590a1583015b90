import { events, show } from "./stream.js";

const $ = (selector, within = document) => within.querySelector(selector);
const $$ = (selector, within = document) => [...within.querySelectorAll(selector)];
const form = $("#ask");
const question = $("#question");
const stop = $("#stop");
const progress = $("#progress");
const trouble = $("#trouble");
const said = $("#said");
const STAGES = ["searching", "reading", "checking", "recorded"];
const SAID = {
  searching: "Searching", evidence: "Evidence found", reading: "Reading the passages",
  checking: "Checking every sentence", recorded: "Recorded",
};
let running = null;

// --- asking ---------------------------------------------------------------------------------------------------

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (running || !question.value.trim()) return;
  running = new AbortController();
  begin();
  try {
    const response = await fetch(form.action, {
      method: "POST",
      body: new URLSearchParams(new FormData(form)),
      headers: { Accept: "text/event-stream" },
      signal: running.signal,
    });
    if (response.redirected || response.status === 401) {
      location.reload(); // the sign-in has ended: the sign-in page leads back here
      return;
    }
    if (!response.ok) throw new Error((await response.json()).detail);
    let recorded = false;
    for await (const { event: name, data } of events(response)) {
      if (name === "stage") stage(data.stage);
      else if (name === "place") place(data.ahead);
      else if (name === "evidence") evidence(data.html);
      else if (name === "recommendation") { answered(data); recorded = true; }
      else if (name === "error") throw new Error(data.detail);
    }
    if (!recorded) throw new Error("The connection was cut before the answer was recorded, so nothing is shown. Ask again.");
  } catch (error) {
    if (error.name === "AbortError") tell("Stopped. Nothing was recorded.");
    else {
      const lost = error instanceof TypeError ? "The service cannot be reached. Nothing was recorded; ask again." : error.message;
      trouble.textContent = lost;
      trouble.hidden = false;
    }
  } finally {
    end();
  }
});

function begin() {
  trouble.hidden = true;
  stop.hidden = false;
  form.classList.add("running");
  $("button[type=submit]", form).disabled = true;
  $("#answer").setAttribute("aria-busy", "true");
  $$("#decision button").forEach((button) => { button.disabled = true; }); // it belongs to the answer before
  progress.hidden = false;
  stage("searching");
}

function end() {
  running = null;
  stop.hidden = true;
  form.classList.remove("running");
  $("button[type=submit]", form).disabled = false;
  $("#answer").removeAttribute("aria-busy");
  $$("#decision button").forEach((button) => { button.disabled = false; });
  progress.hidden = true;
}

function stage(name) {
  const at = STAGES.indexOf(name);
  $$("li", progress).forEach((item, index) => {
    item.dataset.waits = "";
    item.className = index < at ? "done" : index === at ? "now" : "";
  });
  tell(SAID[name] ?? "");
}

/** Others are read before this one; the count stands beside the stage it waits in. */
function place(ahead) {
  const reading = $$("li", progress)[STAGES.indexOf("reading")];
  reading.dataset.waits = ahead ? `${ahead} before you` : "";
  tell(ahead ? `Waiting for the language model: ${ahead} before you` : SAID.reading);
}

function evidence(html) {
  show($("#evidence"), html);
  tell(SAID.evidence);
}

function answered({ html, evidence: passages, address, id }) {
  show($("#answer"), html);
  show($("#evidence"), passages);
  $$(".earlier").forEach((part) => part.remove());
  history.pushState({}, "", address);
  document.title = "Consult · " + document.title.split(" · ").pop();
  form.elements.follows.value = id;
  $("label[for=question]").textContent = "Ask a follow-up";
  question.value = "";
  question.placeholder = "A follow-up on this, about the same patient";
  grow();
  const answer = $("#answer article");
  answer.tabIndex = -1;
  answer.focus({ preventScroll: true }); // so that it is read out, and one key decides
}

function tell(text) { said.textContent = text; }

stop.addEventListener("click", () => running?.abort());
window.addEventListener("popstate", () => location.reload());

// --- the field ------------------------------------------------------------------------------------------------

function grow() {
  question.style.height = "auto";
  question.style.height = `${question.scrollHeight + 2}px`;
}
question.addEventListener("input", grow);
question.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    form.requestSubmit();
  }
});

// --- passages -------------------------------------------------------------------------------------------------

function openPassage(number, sentences, { focus = false } = {}) {
  const card = $(`#p-${number}`);
  if (!card) return;
  const folded = card.closest("details");
  if (folded) folded.open = true;
  $$(".lit", $("#evidence")).forEach((part) => part.classList.remove("lit"));
  $$("[data-opens-passage][aria-current]").forEach((mark) => mark.removeAttribute("aria-current"));
  unfold(card, true);
  const wanted = sentences?.length ? sentences : $$("mark", card).map((part) => part.dataset.sentence);
  wanted.forEach((sentence) => $(`[data-sentence="${sentence}"]`, card)?.classList.add("lit"));
  $$(`[data-opens-passage="${number}"]`).forEach((mark) => {
    if (!sentences || mark.dataset.sentences === sentences.join(",")) mark.setAttribute("aria-current", "true");
  });
  bringIntoView(card);
  if (focus) card.focus({ preventScroll: true });
  const page = $("[data-page]", card);
  if (page && !$(".leaf", card)) showPage(page, wanted);
}

/** Scrolls the column of passages alone where it scrolls by itself, so that the question and the answer stay put. */
function bringIntoView(card) {
  const column = $("#evidence");
  if (column.scrollHeight > column.clientHeight && getComputedStyle(column).overflowY === "auto") {
    column.scrollTop += card.getBoundingClientRect().top - column.getBoundingClientRect().top - 8;
  } else card.scrollIntoView({ block: "start" });
}

function unfold(card, open) {
  card.classList.toggle("open", open);
  const button = $("[data-unfold]", card);
  button?.setAttribute("aria-expanded", String(open));
  if (button) button.textContent = open ? "Less" : "Whole passage";
  if (!open) $(".leaf", card)?.remove();
}

async function showPage(button, sentences) {
  const card = button.closest(".card");
  const wanted = sentences ?? $$("mark", card).map((part) => part.dataset.sentence);
  try {
    const response = await fetch(`${button.dataset.page}?sentences=${wanted.join(",")}`);
    if (!response.ok) return; // the text beside it says the same
    $(".leaf", card)?.remove();
    const leaf = document.createElement("figure");
    leaf.className = "leaf";
    show(leaf, await response.text());
    $(".card-foot", card).before(leaf);
  } catch { /* the service is gone; the text is still there */ }
}

// --- one listener for what the server rendered ------------------------------------------------------------------

document.addEventListener("click", async (event) => {
  const at = (selector) => event.target.closest?.(selector);
  let found;
  if ((found = at("[data-opens-passage]"))) {
    event.preventDefault();
    openPassage(found.dataset.opensPassage, found.dataset.sentences?.split(",").filter(Boolean), { focus: event.detail === 0 });
  } else if ((found = at("[data-unfold]"))) {
    const card = found.closest(".card");
    if (card.classList.contains("open")) unfold(card, false);
    else openPassage(card.dataset.number);
  } else if ((found = at("[data-page]"))) {
    openPassage(found.closest(".card").dataset.number);
    showPage(found);
  } else if ((found = at("[data-opens]"))) {
    openDialog(found.dataset.opens);
  } else if ((found = at("[data-closes]"))) {
    found.closest("dialog").close();
  } else if (at("[data-modify]")) {
    modify();
  } else if ((found = at("[data-copy]"))) {
    await copy(found);
  } else if (at("[data-print]")) {
    print();
  }
});

function openDialog(id) {
  const dialog = document.getElementById(id);
  dialog.showModal();
  $("input", dialog)?.focus();
}

function modify() {
  const part = $("#modify");
  part.hidden = !part.hidden;
  $("[data-modify]").setAttribute("aria-expanded", String(!part.hidden));
  if (!part.hidden) $("textarea", part).focus();
}

async function copy(button) {
  const response = await fetch(button.dataset.copy);
  if (!response.ok) return;
  await navigator.clipboard.writeText(await response.text());
  tell("Copied");
  const text = button.firstChild;
  const before = text.textContent;
  text.textContent = "Copied ";
  setTimeout(() => { text.textContent = before; }, 1500);
}

// What the chart says and what rests on it light up together.
for (const [kind, on] of [["pointerover", true], ["pointerout", false], ["focusin", true], ["focusout", false]]) {
  document.addEventListener(kind, (event) => {
    const part = event.target.closest?.(".statement, .note");
    if (!part) return;
    for (const fact of $$("[data-fact]", part)) {
      $$(".strip [data-fact]").filter((line) => line.dataset.fact === fact.dataset.fact)
        .forEach((line) => line.classList.toggle("lit", on));
    }
  });
}

// --- choosing a patient -----------------------------------------------------------------------------------------

$("#people-filter")?.addEventListener("input", (event) => {
  const wanted = event.target.value.toLowerCase().split(/\s+/);
  for (const line of $$("#people [data-find]")) {
    line.parentElement.hidden = !wanted.every((word) => line.dataset.find.includes(word));
  }
});
$("#people-filter")?.addEventListener("keydown", (event) => {
  if (event.key !== "Enter") return;
  event.preventDefault();
  $$("#people [data-find]").find((line) => !line.parentElement.hidden)?.click();
});

// --- keys -------------------------------------------------------------------------------------------------------

const single = $("#single-keys");
single.checked = localStorage.getItem("cds-single-keys") !== "off";
single.addEventListener("change", () => localStorage.setItem("cds-single-keys", single.checked ? "on" : "off"));

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && running) { running.abort(); return; }
  if (!single.checked || event.ctrlKey || event.metaKey || event.altKey || $("dialog[open]")) return;
  if (event.target.closest("input, textarea, select, [contenteditable]")) {
    if (event.key === "Escape") event.target.blur();
    return;
  }
  const { key } = event;
  let used = true;
  if (key === "/") question.focus();
  else if (key === "p") openDialog("people");
  else if (key === "?") openDialog("keys");
  else if (key === "c") $("[data-copy]")?.click();
  else if (/^[1-9]$/.test(key)) openPassage(key);
  else if ("amod".includes(key) && !running) {
    const decide = $("details.decide");
    const button = $(`[data-key="${key}"]`);
    if (button) { decide.open = true; button.click(); }
  } else used = false;
  if (used) event.preventDefault();
});

// --- the strip stays in view; what is below it makes room ---------------------------------------------------------

const strip = $(".strip");
new ResizeObserver(() => {
  document.documentElement.style.setProperty("--strip", `${strip.offsetHeight + 8}px`);
}).observe(strip);
grow();
