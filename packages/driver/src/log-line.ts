/** Turns what a driver logs into lines of the protocol: text, labels, and the size they may have. */
import { inspect } from "node:util";
import {
  labelsIssue,
  MAX_FRAME_BYTES,
  MAX_LABELS_BYTES,
  MAX_MESSAGE_BYTES,
  PART_LABEL,
} from "@conveyor-ci/contract";
import type { LogLine } from "@conveyor-ci/core";

/** Labels of a line. Values that are not text are converted; `undefined` leaves the label out. */
export type Labels = Readonly<Record<string, unknown>>;

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
 * @throws {RangeError} when they are more, or longer, than a line may have
 */
export function labelsOf(labels: Labels | null | undefined): Record<string, string> {
  const texts: Record<string, string> = {};
  for (const [name, value] of Object.entries(labels ?? {})) {
    if (value === undefined) continue;
    const text = typeof value === "string" ? value : labelOf(value);
    Object.defineProperty(texts, name, { value: text, enumerable: true });
  }
  const issue = labelsIssue(texts);
  if (issue !== null) throw new RangeError(`the labels of a log line ${issue.message}`);
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
