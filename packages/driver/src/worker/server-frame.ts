/** Reads what the server sends. */
import type { ServerFrame } from "@conveyor-ci/contract";

const LEASE_FRAMES: ReadonlySet<string> = new Set([
  "assign",
  "cancel",
  "logged",
  "recorded",
  "lost",
  "refused",
]);
const OTHER_FRAMES: ReadonlySet<string> = new Set(["welcome", "drain", "error"]);

/**
 * The frame of a text. The server is trusted for the members of its frames, but not to be one: a text
 * that is no frame says that something else answers at this address.
 *
 * @throws {Error} when the text is not a frame of the protocol
 */
export function parseServerFrame(text: string): ServerFrame {
  const value: unknown = JSON.parse(text);
  if (typeof value !== "object" || value === null || !("type" in value)) {
    throw new Error(`not a frame: ${text.slice(0, 100)}`);
  }
  const { type } = value;
  const isLeaseFrame = typeof type === "string" && LEASE_FRAMES.has(type);
  if (isLeaseFrame && !("lease" in value && typeof value.lease === "number")) {
    throw new Error(`a frame without its lease: ${text.slice(0, 100)}`);
  }
  if (!isLeaseFrame && !(typeof type === "string" && OTHER_FRAMES.has(type))) {
    throw new Error(`unknown frame ${JSON.stringify(type)}`);
  }
  return value as ServerFrame;
}
