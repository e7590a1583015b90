// Server-sent events from a POST: the browser's own EventSource can only GET, and a question is never in an address.

/** Yields {event, data} until the stream ends; data is already parsed JSON. */
export async function* events(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let waiting = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    waiting += value;
    let end;
    while ((end = waiting.indexOf("\n\n")) >= 0) {
      const lines = waiting.slice(0, end).split("\n");
      waiting = waiting.slice(end + 2);
      const told = { event: "message", data: "" };
      for (const line of lines) {
        if (line.startsWith("event: ")) told.event = line.slice(7);
        else if (line.startsWith("data: ")) told.data += line.slice(6);
      }
      if (told.data) yield { event: told.event, data: JSON.parse(told.data) };
    }
  }
}

/** Puts a part of a page, rendered and escaped by the server, in place of what an element holds. */
export function show(element, html) {
  const parsed = new DOMParser().parseFromString(html, "text/html");
  element.replaceChildren(...document.adoptNode(parsed.body).childNodes);
}
