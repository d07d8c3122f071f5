/** Bytes that are nearly HTTP, and what a server says to them. */
import { connect } from "node:net";
import fc from "fast-check";
import { rarely } from "./rarely.ts";

const METHODS = ["POST", "get", "", "G\u0000T", "CONNECT", "PRI", "X".repeat(200), "GET\tGET"];

const TARGETS = [
  ...["*", "", "/a b", "//", "/%", "/\u00ff", "/\u0000", "?x", "/health#x", "\\health"],
  ...["http://127.0.0.1/health", "http://elsewhere.example/health", "/../../etc/passwd"],
  `/logs?q=${"y".repeat(20_000)}`,
  `/${"../".repeat(2_000)}`,
];

const VERSIONS = ["HTTP/1.0", "HTTP/0.9", "HTTP/2.0", "HTTP/9.9", "http/1.1", "HTTPS/1.1", ""];

const LINES = [
  ...["host: 127.0.0.1", "host: elsewhere.example", "host:", "host: 127.0.0.1:99999"],
  ...["content-length: 5", "content-length: -1", "content-length: 0x10", "content-length: 5, 5"],
  ...["content-length: 99999999999999999999", "content-length: 2", "content-length: 4194305"],
  ...["transfer-encoding: chunked", "transfer-encoding: identity", "transfer-encoding: xchunked"],
  ...["transfer-encoding: chunked, identity", "transfer-encoding : chunked"],
  ...["content-type: application/json", "expect: 100-continue", "x: a\r\n b", "a b: c", ": x"],
  ...[
    "x\u0000y: z",
    "x: \u0000",
    "x: \u00ff",
    "x:\ty",
    "no colon",
    "connection: close, keep-alive",
  ],
  "connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-key: x",
  "connection: upgrade\r\nupgrade: h2c\r\nhttp2-settings: AAMAAABkAAQAAP__",
  `x: ${"y".repeat(20_000)}`,
  Array.from({ length: 3_000 }, (_, index) => `x${index}: y`).join("\r\n"),
];

const BODIES = [
  ...["", "{}", "5\r\n{    \r\n0\r\n\r\n", "2\r\n{}\r\n0\r\n\r\n", "zz\r\n{}", "-1\r\n{}\r\n"],
  ...[
    "ffffffffffffffff\r\n",
    "2;x=y\r\n{}\r\n0\r\nx: y\r\n\r\n",
    "GET / HTTP/1.1\r\n\r\n",
    "\u0000",
  ],
];

export const RAW_REQUESTS: fc.Arbitrary<Buffer> = fc
  .record({
    method: rarely("GET", ...METHODS),
    target: rarely("/health", "/resources/", ...TARGETS),
    version: rarely("HTTP/1.1", ...VERSIONS),
    lines: fc.array(fc.constantFrom(...LINES), { maxLength: 4 }),
    hasHost: fc.nat(9).map((n) => n > 0),
    body: fc.constantFrom(...BODIES),
    newline: rarely("\r\n", "\n", "\r"),
    cut: fc.nat(29),
  })
  .map(({ method, target, version, lines, hasHost, body, newline, cut }) => {
    const host = hasHost ? ["host: 127.0.0.1"] : [];
    const head = [`${method} ${target} ${version}`, ...host, ...lines].join(newline);
    const bytes = Buffer.from(`${head}${newline}${newline}${body}`, "latin1");
    return cut === 0 ? bytes.subarray(0, bytes.length / 2) : bytes;
  });

const LATEST_MS = 10_000;

/** Sends bytes, says that there are no more, and answers all that comes back. */
export function exchangeRaw(url: string, bytes: Buffer): Promise<string> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname);
    const heard: Buffer[] = [];
    const text = (): string => Buffer.concat(heard).toString();
    socket.setTimeout(LATEST_MS, () => {
      socket.destroy(
        new Error(`the connection was left open: ${bytes.toString("latin1", 0, 500)}`),
      );
    });
    socket.on("data", (data) => heard.push(data));
    socket.on("error", (error: NodeJS.ErrnoException) => {
      // Cut off while it still talks: as good as an answer.
      if (error.code === "ECONNRESET" || error.code === "EPIPE") resolve(text());
      else reject(error);
    });
    socket.on("close", () => resolve(text()));
    socket.end(bytes);
  });
}

/** The first answer in what came back; null: there is none. */
export function firstAnswer(
  text: string,
): { readonly status: number; readonly body: string } | null {
  const [, status, rest = ""] = /^HTTP\/1\.1 (\d{3}) (.*)$/s.exec(text) ?? [];
  if (status === undefined) return null;
  if (status === "100") return firstAnswer(text.slice(text.indexOf("\r\n\r\n") + 4));
  const length = Number(/content-length: (\d+)/i.exec(rest)?.[1] ?? 0);
  const begin = rest.indexOf("\r\n\r\n") + 4;
  return {
    status: Number(status),
    body: Buffer.from(rest.slice(begin)).subarray(0, length).toString(),
  };
}
