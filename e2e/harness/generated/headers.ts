/** Headers that are right, unusual, or wrong. */
import fc from "fast-check";
import { rarely } from "./rarely.ts";

export type Headers = Readonly<Record<string, string | string[]>>;

const TYPES = [
  "text/plain",
  "application/x-www-form-urlencoded",
  "multipart/form-data; boundary=x",
  "application/json; charset=x",
  "application/json; charset=utf-8",
  "application/json, text/plain",
  "APPLICATION/JSON",
  "application/problem+json",
  "application/",
  "garbage",
  "",
];

const MORE: readonly Headers[] = [
  { "if-match": '"1"' },
  { "if-match": "*" },
  { "if-match": '"x", W/' },
  { "if-match": '"9007199254740993"' },
  { "if-match": ['"1"', '"2"'] },
  { "last-event-id": "1" },
  { "last-event-id": "x" },
  { "last-event-id": "-1" },
  { "last-event-id": "99999999999999999999" },
  { accept: "text/event-stream" },
  { accept: "application/x-ndjson" },
  { accept: "image/png" },
  { accept: "*/*;q=x" },
  { origin: "http://elsewhere.example" },
  { origin: "null" },
  { origin: "\u00ff" },
  { "content-encoding": "identity" },
  { "content-encoding": "br" },
  { "content-encoding": "gzip, gzip" },
  { expect: "nothing" },
  { host: "elsewhere.example" },
  { host: "" },
  { upgrade: "h2c", connection: "upgrade" },
  { upgrade: "websocket", connection: "upgrade" },
  {
    upgrade: "websocket",
    connection: "upgrade",
    "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
    "sec-websocket-version": "13",
  },
  { upgrade: "websocket", connection: "upgrade", "sec-websocket-version": "99" },
  { connection: "close" },
  { authorization: "Bearer \u00fc" },
  { "x-request-id": "a".repeat(8_000) },
  { "transfer-encoding": "gzip, chunked" },
  { "x-http-method-override": "DELETE" },
  { range: "bytes=0-1" },
];

export function headers(hasBody: boolean): fc.Arbitrary<Headers> {
  const type = hasBody
    ? rarely("application/json", ...TYPES)
    : rarely("", "application/json", "text/plain");
  return fc.tuple(type, rarely<Headers>({}, ...MORE)).map(([contentType, rest]) => ({
    ...(contentType === "" ? {} : { "content-type": contentType }),
    ...rest,
  }));
}
