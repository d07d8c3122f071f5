/** Sends a request as it stands: nothing is added, repaired or followed. */
import { Agent, type ClientRequest, type IncomingMessage, request } from "node:http";
import type { GeneratedRequest } from "./requests.ts";
import { bytesOf, headersOf } from "./sent-body.ts";

export interface GeneratedAnswer {
  readonly status: number;
  readonly type: string;
  readonly runId: string | null;
  readonly text: string;
  /** The text is longer than what was kept of it. */
  readonly isCut: boolean;
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
  { method, path, headers, body, form }: GeneratedRequest,
  to: { readonly agent: Agent; readonly hostname: string; readonly port: string },
): Promise<GeneratedAnswer> {
  const began = performance.now();
  const bytes = body === null ? null : bytesOf(body, form);
  const sending = { ...headersOf(bytes, form), ...headers };
  return new Promise((resolve, reject) => {
    const sent = request({ ...to, method, path, headers: sending });
    sent.setTimeout(LATEST_MS, () => sent.destroy(new Error(`no answer in ${LATEST_MS} ms`)));
    sent.on("response", (answer) => {
      read(answer).then((text) => {
        // Refused before it was asked for its body, which nobody waits for any more.
        if (!sent.writableEnded) sent.destroy();
        resolve(answerOf(answer, { text, began }));
      }, reject);
    });
    sent.on("upgrade", (answer, socket) => {
      socket.destroy();
      resolve(answerOf(answer, { text: "", began }));
    });
    sent.on("error", reject);
    if (bytes === null) sent.end();
    else if (form === "expected") sent.once("continue", () => sent.end(bytes)).flushHeaders();
    else if (form === "chunked") inParts(sent, bytes);
    else sent.end(bytes);
  });
}

/** Three chunks, the cuts anywhere in a character. */
function inParts(sent: ClientRequest, bytes: Buffer): void {
  const third = Math.ceil(bytes.length / 3);
  for (let from = 0; from < bytes.length; from += third) {
    sent.write(bytes.subarray(from, from + third));
  }
  sent.end();
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
    isCut: text.length >= MAX_BODY,
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
