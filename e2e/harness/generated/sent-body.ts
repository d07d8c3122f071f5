/** How the text of a body travels. */
import { gzipSync } from "node:zlib";
import fc from "fast-check";

/**
 * `whole` with its length; `chunked` in parts; `expected` after the server has said that it may;
 * the others as bytes that are no plain UTF-8.
 */
export type BodyForm = "whole" | "chunked" | "expected" | "gzip" | "utf16" | "latin1" | "marked";

export const BODY_FORMS: fc.Arbitrary<BodyForm> = fc.oneof(
  { weight: 20, arbitrary: fc.constant<BodyForm>("whole") },
  { weight: 3, arbitrary: fc.constantFrom<BodyForm[]>("chunked", "expected") },
  { weight: 1, arbitrary: fc.constantFrom<BodyForm[]>("gzip", "utf16", "latin1", "marked") },
);

export function bytesOf(text: string, form: BodyForm): Buffer {
  switch (form) {
    case "gzip":
      return gzipSync(text);
    case "utf16":
      return Buffer.from(text, "utf16le");
    case "latin1":
      // A byte that UTF-8 does not know stands where a text may stand.
      return Buffer.from(text.replace(/"(?=[:,}\]])/, '\u00ff"'), "latin1");
    case "marked":
      return Buffer.from(`\ufeff${text}`);
    case "whole":
    case "chunked":
    case "expected":
      return Buffer.from(text);
  }
}

/** The headers that say so. */
export function headersOf(bytes: Buffer | null, form: BodyForm): Readonly<Record<string, string>> {
  if (bytes === null) return {};
  const length = String(bytes.length);
  switch (form) {
    case "chunked":
      return { "transfer-encoding": "chunked" };
    case "expected":
      return { expect: "100-continue", "content-length": length };
    case "gzip":
      return { "content-encoding": "gzip", "content-length": length };
    default:
      return { "content-length": length };
  }
}
