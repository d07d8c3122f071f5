/** Turns what a driver logs into lines of the protocol: text, labels, and the size they may have. */
import { inspect } from "node:util";
import { MAX_FRAME_BYTES, MAX_MESSAGE_BYTES } from "@conveyor-ci/contract";
import type { LogLine } from "@conveyor-ci/core";

/** Labels of a line. Values that are not text are converted; `undefined` leaves the label out. */
export type Labels = Readonly<Record<string, unknown>>;

/** What a line's labels may take as JSON, so that a line always fits a frame. */
export const MAX_LABELS_BYTES = 64 * 1024;
/** Label that says which part of a split message a line is, as in `1/3`. */
export const PART_LABEL = "conveyor.part";
/** JSON writes a control character in six bytes; so much text fits a frame however it is written. */
const ALWAYS_FITS_BYTES = 128 * 1024;
/** What a line's message may take as JSON beside its labels and its place in a frame. */
const MAX_MESSAGE_JSON_BYTES = MAX_FRAME_BYTES - MAX_LABELS_BYTES - 4 * 1024;

/** The text of anything: strings as they are, errors with their stack, objects as JSON. */
export function textOf(value: unknown): string {
  if (typeof value === "string") return value;
  if (value instanceof Error) return value.stack ?? `${value.name}: ${value.message}`;
  if (value instanceof Uint8Array) return Buffer.from(value).toString("utf8");
  if (typeof value !== "object" || value === null) return String(value);
  try {
    return JSON.stringify(value) ?? inspect(value);
  } catch {
    return inspect(value);
  }
}

function labelOf(value: unknown): string {
  return value instanceof Error ? value.message : textOf(value);
}

/**
 * Labels with text for values.
 *
 * @throws {RangeError} when they take more than 64 KiB as JSON
 */
export function labelsOf(labels: Labels | null | undefined): Record<string, string> {
  const texts: Record<string, string> = {};
  let length = 0;
  for (const [name, value] of Object.entries(labels ?? {})) {
    if (value === undefined) continue;
    const text = typeof value === "string" ? value : labelOf(value);
    Object.defineProperty(texts, name, { value: text, enumerable: true });
    length += name.length + text.length;
  }
  // Six bytes for each character at the most: what is short needs no second look.
  if (
    length * 6 > MAX_LABELS_BYTES &&
    Buffer.byteLength(JSON.stringify(texts)) > MAX_LABELS_BYTES
  ) {
    throw new RangeError(`the labels of a log line take more than ${MAX_LABELS_BYTES} bytes`);
  }
  return texts;
}

/** Cuts a text into parts of at most `maxBytes` of UTF-8, between characters. */
export function splitText(text: string, maxBytes: number): string[] {
  const bytes = Buffer.from(text, "utf8");
  const parts: string[] = [];
  for (let from = 0; from < bytes.length; ) {
    let to = Math.min(bytes.length, from + maxBytes);
    while (to < bytes.length && to > from + 1 && ((bytes[to] ?? 0) & 0xc0) === 0x80) to -= 1;
    parts.push(bytes.toString("utf8", from, to));
    from = to;
  }
  return parts;
}

function fitsLine(message: string): boolean {
  // At most three bytes of UTF-8 for each unit of the string.
  if (message.length * 3 <= ALWAYS_FITS_BYTES) return true;
  if (Buffer.byteLength(message) > MAX_MESSAGE_BYTES) return false;
  return Buffer.byteLength(JSON.stringify(message)) <= MAX_MESSAGE_JSON_BYTES;
}

function partsOf(message: string): string[] {
  const parts = splitText(message, MAX_MESSAGE_BYTES);
  return parts.every(fitsLine) ? parts : splitText(message, ALWAYS_FITS_BYTES);
}

/** The line as JSON; more than one when the message is longer than a line may be. */
export function encodeLine(line: LogLine): string[] {
  if (fitsLine(line.message)) return [JSON.stringify(line)];
  const parts = partsOf(line.message);
  return parts.map((message, index) => {
    const labels = { ...line.labels, [PART_LABEL]: `${index + 1}/${parts.length}` };
    return JSON.stringify({ ...line, message, labels });
  });
}
