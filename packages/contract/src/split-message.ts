/** Messages of log lines that are longer than the limit become several lines. */
import { MAX_MESSAGE_BYTES } from "./limits.ts";

/** Label of the parts of a split message: `1/3`, `2/3`, `3/3`. */
export const PART_LABEL = "conveyor.part";

export interface MessagePart {
  readonly message: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** The message itself, or its parts of at most `MAX_MESSAGE_BYTES`, each marked by a label. */
export function splitMessage(
  message: string,
  labels: Readonly<Record<string, string>>,
): readonly MessagePart[] {
  // A UTF-16 unit takes at most 3 bytes.
  if (message.length * 3 <= MAX_MESSAGE_BYTES) return [{ message, labels }];
  const bytes = new TextEncoder().encode(message);
  if (bytes.length <= MAX_MESSAGE_BYTES) return [{ message, labels }];
  const decoder = new TextDecoder();
  const parts: string[] = [];
  for (let from = 0; from < bytes.length; ) {
    let to = Math.min(from + MAX_MESSAGE_BYTES, bytes.length);
    // Never inside a character: its later bytes begin with the bits 10.
    while (to < bytes.length && ((bytes[to] ?? 0) & 0xc0) === 0x80) to -= 1;
    parts.push(decoder.decode(bytes.subarray(from, to)));
    from = to;
  }
  return parts.map((part, index) => ({
    message: part,
    labels: { ...labels, [PART_LABEL]: `${index + 1}/${parts.length}` },
  }));
}
