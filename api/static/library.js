// The library page: files dropped on it, the progress of a load, pages drawn when they are opened.

const STAGES = { look: "Looking at files", read: "Reading", index: "Indexing passages" };
const EVERY_MS = 1000;

for (const area of document.querySelectorAll("[data-drop]")) {
  const input = area.querySelector("input[type=file]");
  area.addEventListener("dragover", (event) => {
    event.preventDefault();
    area.classList.add("over");
  });
  area.addEventListener("dragleave", () => area.classList.remove("over"));
  area.addEventListener("drop", (event) => {
    event.preventDefault();
    area.classList.remove("over");
    input.files = event.dataTransfer.files;
    input.focus();
  });
}

for (const state of document.querySelectorAll("[data-load]")) {
  const bar = state.querySelector("progress");
  const words = state.querySelector("[data-words]");
  const look = async () => {
    const answer = await fetch(state.dataset.load, { headers: { accept: "application/json" } });
    if (!answer.ok) return;
    const job = await answer.json();
    if (!job.running) {
      location.reload();
      return;
    }
    bar.max = job.total || 1;
    bar.value = job.done;
    words.textContent = `${STAGES[job.stage] ?? job.stage}: ${job.done} of ${job.total}`;
    setTimeout(look, EVERY_MS);
  };
  look();
}

for (const details of document.querySelectorAll("[data-page]")) {
  details.addEventListener("toggle", async () => {
    const place = details.querySelector("div");
    if (!details.open || place.childElementCount) return;
    const answer = await fetch(details.dataset.page);
    if (answer.ok) place.innerHTML = await answer.text();
    else place.textContent = "The page cannot be shown.";
  });
}
