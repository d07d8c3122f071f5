/** Answers what Node's parser does not take for a request. */
import { STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import { PROBLEM_MEDIA_TYPE, viewProblem } from "./problem.ts";

const WORDS: Readonly<Record<string, readonly [number, string]>> = {
  HPE_HEADER_OVERFLOW: [431, "the path or the headers are longer than 16 KiB"],
  ERR_HTTP_REQUEST_TIMEOUT: [408, "the rest of the request did not come in time"],
  HPE_INVALID_METHOD: [400, "the method is none of HTTP's"],
  HPE_INVALID_URL: [400, "the path has characters that must be percent-encoded"],
};
const OTHER = [400, "the request is not HTTP"] as const;

let answered = 0;

export function answerClientError(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
    return;
  }
  const { code = "" } = error;
  const [status, message] = (Object.hasOwn(WORDS, code) ? WORDS[code] : undefined) ?? OTHER;
  answered += 1;
  const issues = [{ path: "", rule: "http", message }];
  const refusal = { code: "invalid_request", message, issues } as const;
  const body = JSON.stringify({ ...viewProblem(refusal, `unparsed-${answered}`), status });
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}\r\n` +
      `content-type: ${PROBLEM_MEDIA_TYPE}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n` +
      `connection: close\r\n\r\n${body}`,
  );
}
