// The library page: files dropped on it, the progress of a load, pages drawn when they are opened.

const STAGES = { look: "Looking at files", read: "Reading", index: "Indexing passages" };
const EVERY_MS = 1000;

// The files of a dropped file or folder, those in folders within it too; hidden ones are left where they are.
async function* filesUnder(entry) {
  if (entry.name.startsWith(".") || entry.name.startsWith("~$")) return;
  if (entry.isFile) {
    yield await new Promise((done, failed) => entry.file(done, failed));
    return;
  }
  const reader = entry.createReader();
  for (;;) {
    // A folder is read a hundred at a time, until there are no more.
    const some = await new Promise((done, failed) => reader.readEntries(done, failed));
    if (!some.length) return;
    for (const one of some) yield* filesUnder(one);
  }
}

for (const area of document.querySelectorAll("[data-drop]")) {
  const input = area.querySelector("input[type=file]");
  area.addEventListener("dragover", (event) => {
    event.preventDefault();
    area.classList.add("over");
  });
  area.addEventListener("dragleave", () => area.classList.remove("over"));
  area.addEventListener("drop", async (event) => {
    event.preventDefault();
    area.classList.remove("over");
    // What was dropped can be asked for now only, before the first wait.
    const entries = [...event.dataTransfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
    const plain = event.dataTransfer.files;
    const chosen = new DataTransfer();
    for (const entry of entries) for await (const file of filesUnder(entry)) chosen.items.add(file);
    input.files = chosen.files.length ? chosen.files : plain;
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
