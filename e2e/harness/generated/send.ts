/** Sends a request as it stands: nothing is added, repaired or followed. */
import { Agent, type IncomingMessage, request } from "node:http";
import type { GeneratedRequest } from "./requests.ts";

export interface GeneratedAnswer {
  readonly status: number;
  readonly type: string;
  readonly runId: string | null;
  readonly text: string;
  readonly tookMs: number;
}

const MAX_BODY = 1_000_000;
const LATEST_MS = 20_000;

export function createSender(url: string): {
  send(what: GeneratedRequest): Promise<GeneratedAnswer>;
  close(): void;
} {
  const agent = new Agent({ keepAlive: true, maxSockets: 4 });
  const { hostname, port } = new URL(url);
  return {
    close: () => agent.destroy(),
    send: (what) => exchange(what, { agent, hostname, port }),
  };
}

function exchange(
  { method, path, headers, body }: GeneratedRequest,
  to: { readonly agent: Agent; readonly hostname: string; readonly port: string },
): Promise<GeneratedAnswer> {
  const began = performance.now();
  const length = body === null ? {} : { "content-length": Buffer.byteLength(body) };
  return new Promise((resolve, reject) => {
    const sent = request({ ...to, method, path, headers: { ...headers, ...length } });
    sent.setTimeout(LATEST_MS, () => sent.destroy(new Error(`no answer in ${LATEST_MS} ms`)));
    sent.on("response", (answer) => {
      read(answer).then((text) => resolve(answerOf(answer, { text, began })), reject);
    });
    sent.on("upgrade", (answer, socket) => {
      socket.destroy();
      resolve(answerOf(answer, { text: "", began }));
    });
    sent.on("error", reject);
    sent.end(body ?? undefined);
  });
}

function answerOf(
  { statusCode = 0, headers }: IncomingMessage,
  { text, began }: { readonly text: string; readonly began: number },
): GeneratedAnswer {
  return {
    status: statusCode,
    type: headers["content-type"] ?? "",
    runId: typeof headers["run-id"] === "string" ? headers["run-id"] : null,
    text,
    tookMs: performance.now() - began,
  };
}

/** The body, or nothing of a stream that goes on. */
async function read(answer: IncomingMessage): Promise<string> {
  if (answer.headers["content-type"]?.includes("event-stream")) {
    answer.destroy();
    return "";
  }
  let text = "";
  answer.setEncoding("utf8");
  for await (const part of answer) if (text.length < MAX_BODY) text += String(part);
  return text;
}
