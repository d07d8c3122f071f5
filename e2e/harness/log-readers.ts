/** Readers of log streams on the bare wire, as programs in any language would be. */
import type { WireLogEnd, WireLogLine } from "@conveyor-ci/contract";
import WebSocket from "ws";
import type { Scope } from "./scope.ts";

export interface LogStream {
  /** Lines so far, in the order of their arrival. */
  readonly lines: readonly WireLogLine[];
  /** How the stream ended; rejects when it could not be opened. */
  readonly end: Promise<StreamEnd>;
  /** Stops reading from the socket, as a slow program does; `resume` goes on. */
  pause(): void;
  resume(): void;
  close(): void;
}

export interface StreamEnd {
  /** The end frame or event; null when the stream broke off before. */
  readonly end: Omit<WireLogEnd, "event"> | null;
  /** Close code of the WebSocket, or status of the answer. */
  readonly code: number;
}

/** Follows by WebSocket. `path` begins with `/logs/`. */
export function readByWebSocket(scope: Scope, server: string, path: string): LogStream {
  const socket = new WebSocket(`${server.replace("http", "ws")}${path}`);
  scope.own(() => socket.terminate());
  const lines: WireLogLine[] = [];
  let end: StreamEnd["end"] = null;
  const ended = new Promise<StreamEnd>((resolve, reject) => {
    socket.on("message", (data: Buffer) => {
      const frame = JSON.parse(data.toString("utf8")) as WireLogLine | WireLogEnd;
      if ("event" in frame) end = { runid: frame.runid, state: frame.state };
      else lines.push(frame);
    });
    socket.on("error", reject);
    socket.on("close", (code) => resolve({ end, code }));
  });
  // Whoever does not look at the end does not care for its failure either.
  ended.catch(() => undefined);
  return {
    lines,
    end: ended,
    pause: () => socket.pause(),
    resume: () => socket.resume(),
    close: () => socket.terminate(),
  };
}

/** Follows by server-sent events, after the event `lastEventId` if there is one. */
export function readByEvents(
  scope: Scope,
  server: string,
  at: { readonly path: string; readonly lastEventId?: number },
): LogStream {
  const lines: WireLogLine[] = [];
  const stop = new AbortController();
  scope.own(() => stop.abort());
  let gate: Promise<void> | undefined;
  let openGate = (): void => {};
  const ended = (async (): Promise<StreamEnd> => {
    const headers: Record<string, string> = { accept: "text/event-stream" };
    if (at.lastEventId !== undefined) headers["last-event-id"] = String(at.lastEventId);
    const response = await fetch(`${server}${at.path}`, { headers, signal: stop.signal });
    if (response.status !== 200) return { end: null, code: response.status };
    let end: StreamEnd["end"] = null;
    try {
      for await (const { event, id, data } of readEvents(response, () => gate)) {
        if (event === "end") end = JSON.parse(data) as Omit<WireLogEnd, "event">;
        else lines.push(checked(JSON.parse(data) as WireLogLine, id));
      }
    } catch (error) {
      if (!stop.signal.aborted && !(error instanceof TypeError)) throw error;
    }
    return { end, code: response.status };
  })();
  ended.catch(() => undefined);
  return {
    lines,
    end: ended,
    pause: () => {
      gate = new Promise((resolve) => {
        openGate = resolve;
      });
    },
    resume: () => {
      gate = undefined;
      openGate();
    },
    close: () => stop.abort(),
  };
}

function checked(line: WireLogLine, id: string): WireLogLine {
  if (id !== String(line.seq)) throw new Error(`event ${id} carries line ${line.seq}`);
  return line;
}

interface Event {
  readonly event: string;
  readonly id: string;
  readonly data: string;
}

async function* readEvents(
  response: Response,
  gate: () => Promise<void> | undefined,
): AsyncGenerator<Event> {
  let rest = "";
  const decoder = new TextDecoder();
  for await (const chunk of response.body ?? []) {
    await gate();
    const blocks = (rest + decoder.decode(chunk as Uint8Array, { stream: true })).split("\n\n");
    rest = blocks.pop() ?? "";
    for (const block of blocks) {
      const event = parseEvent(block);
      if (event !== undefined) yield event;
    }
  }
}

/** Comments (heartbeats) are no events. */
function parseEvent(block: string): Event | undefined {
  const fields = { event: "message", id: "", data: "" };
  for (const line of block.split("\n")) {
    const [, name, value = ""] = /^(event|id|data): ?(.*)$/.exec(line) ?? [];
    if (name !== undefined) fields[name as keyof Event] = value;
  }
  return fields.data === "" ? undefined : fields;
}
