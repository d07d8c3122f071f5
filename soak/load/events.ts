/** Server-sent events on the bare wire. */
import { get, type IncomingMessage } from "node:http";

export interface ServerEvent {
  readonly event: string;
  readonly data: string;
}

/** Ends without an error when the signal aborts or the connection breaks. */
export async function* openEvents(url: string, signal: AbortSignal): AsyncGenerator<ServerEvent> {
  const response = await connect(url, signal);
  if (response === null) return;
  response.setEncoding("utf8");
  let rest = "";
  try {
    for await (const part of response as AsyncIterable<string>) {
      const blocks = (rest + part).split("\n\n");
      rest = blocks.pop() ?? "";
      for (const block of blocks) {
        const event = parseEvent(block);
        if (event !== null) yield event;
      }
    }
  } catch {
    // Broken off: what is missing is seen by whoever counts.
  } finally {
    response.destroy();
  }
}

function connect(url: string, signal: AbortSignal): Promise<IncomingMessage | null> {
  return new Promise((resolve) => {
    const headers = { accept: "text/event-stream" };
    const sent = get(url, { headers, agent: false, signal }, resolve);
    sent.on("error", () => resolve(null));
  });
}

function parseEvent(block: string): ServerEvent | null {
  let event = "message";
  let data = "";
  for (const line of block.split("\n")) {
    if (line.startsWith("event: ")) event = line.slice(7);
    else if (line.startsWith("data: ")) data = line.slice(6);
  }
  return data === "" ? null : { event, data };
}
