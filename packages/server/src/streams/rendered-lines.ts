/**
 * The lines of a chunk as readers get them. A chunk is rendered once for all its followers: the
 * bytes hang on the chunk itself and go when it goes.
 */
import type { LogChunk } from "@conveyor-ci/core";
import { firstAfter, viewLines } from "../views/line.ts";

interface Rendered {
  frames?: Buffer;
  events?: Buffer;
}

const renderedByChunk = new WeakMap<LogChunk, Rendered>();

function renderedOf(chunk: LogChunk): Rendered {
  let rendered = renderedByChunk.get(chunk);
  if (rendered === undefined) {
    rendered = {};
    renderedByChunk.set(chunk, rendered);
  }
  return rendered;
}

/** Lines with a greater `seq` than `after`, each as one WebSocket text frame. */
export function linesAsFrames(chunk: LogChunk, after: number): Buffer {
  const from = firstAfter(chunk, after);
  if (from > 0) return framesOf(viewLines(chunk, from));
  const rendered = renderedOf(chunk);
  rendered.frames ??= framesOf(viewLines(chunk));
  return rendered.frames;
}

/** Lines with a greater `seq` than `after`, each as one server-sent event with its `seq` as id. */
export function linesAsEvents(chunk: LogChunk, after: number): Buffer {
  const from = firstAfter(chunk, after);
  if (from > 0) return eventsOf(chunk, from);
  const rendered = renderedOf(chunk);
  rendered.events ??= eventsOf(chunk, 0);
  return rendered.events;
}

function eventsOf(chunk: LogChunk, from: number): Buffer {
  const texts = viewLines(chunk, from);
  const events = texts.map((text, index) => `id: ${chunk.first + from + index}\ndata: ${text}\n\n`);
  return Buffer.from(events.join(""));
}

const FIN_TEXT = 0x81;
const LENGTH_16 = 126;
const LENGTH_64 = 127;
const MAX_LENGTH_16 = 0xffff;

/** Unmasked, unfragmented text frames (RFC 6455, 5.2), as a server sends them. */
export function framesOf(texts: readonly string[]): Buffer {
  const sizes = texts.map((text) => Buffer.byteLength(text));
  let total = 0;
  for (const size of sizes) total += headSize(size) + size;
  const bytes = Buffer.allocUnsafe(total);
  let at = 0;
  for (const [index, text] of texts.entries()) {
    const size = sizes[index] ?? 0;
    at = writeHead(bytes, at, size);
    at += bytes.write(text, at, size, "utf8");
  }
  return bytes;
}

function headSize(size: number): number {
  if (size < LENGTH_16) return 2;
  return size <= MAX_LENGTH_16 ? 4 : 10;
}

function writeHead(bytes: Buffer, at: number, size: number): number {
  bytes[at] = FIN_TEXT;
  if (size < LENGTH_16) {
    bytes[at + 1] = size;
  } else if (size <= MAX_LENGTH_16) {
    bytes[at + 1] = LENGTH_16;
    bytes.writeUInt16BE(size, at + 2);
  } else {
    bytes[at + 1] = LENGTH_64;
    bytes.writeBigUInt64BE(BigInt(size), at + 2);
  }
  return at + headSize(size);
}
