/** From the text of a frame to a typed one. Log frames are hot and checked by hand. */
import {
  DrainingFrame,
  GoodbyeFrame,
  HelloFrame,
  type InstanceFrame,
  type LogFrame,
  labelsWithinBounds,
  MAX_JSON_DEPTH,
  MAX_MESSAGE_BYTES,
  ProgressFrame,
  ResultFrame,
} from "@conveyor-ci/contract";
import { ConveyorError, LOG_LEVELS, type LogLevel, type LogLine, quoted } from "@conveyor-ci/core";
import { findJsonProblem, hasMoreOpeners } from "../http/json-scan.ts";
import { bodyShape, type Shape } from "../http/shape.ts";
import { normalTimestamp } from "../routes/timestamp.ts";

/** A frame with the lines in the words of the domain. */
export type ParsedFrame =
  | Exclude<InstanceFrame, LogFrame>
  | (Omit<LogFrame, "lines"> & { readonly lines: readonly LogLine[] });

const SHAPES: Readonly<Record<string, Shape<Exclude<InstanceFrame, LogFrame>>>> = {
  hello: bodyShape<HelloFrame>(HelloFrame),
  progress: bodyShape<ProgressFrame>(ProgressFrame),
  result: bodyShape<ResultFrame>(ResultFrame),
  draining: bodyShape<DrainingFrame>(DrainingFrame),
  goodbye: bodyShape<GoodbyeFrame>(GoodbyeFrame),
};

const LEVELS: ReadonlySet<unknown> = new Set<LogLevel>(LOG_LEVELS);

/** Throws `invalid_frame` for what the protocol does not know (D3). */
export function parseFrame(text: string): ParsedFrame {
  const frame = parseObject(text);
  const { type } = frame;
  if (type === "log") return parseLog(frame);
  const shape = typeof type === "string" && Object.hasOwn(SHAPES, type) ? SHAPES[type] : undefined;
  if (shape === undefined) {
    const shown = typeof type === "string" ? quoted(type) : "that is no text";
    refuse(`there is no frame of a type ${shown}`);
  }
  if (type === "result" || type === "hello") assertShallow(text);
  try {
    return shape.parse(frame);
  } catch (cause) {
    if (!(cause instanceof ConveyorError)) throw cause;
    return refuse(`${String(type)}: ${cause.message}`);
  }
}

function refuse(message: string): never {
  throw new ConveyorError({ code: "invalid_frame", message });
}

function parseObject(text: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return refuse("the frame is not JSON");
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return value as Readonly<Record<string, unknown>>;
  }
  return refuse("the frame is not a JSON object");
}

/** What is stored and shown again must be possible to write. */
function assertShallow(text: string): void {
  if (!hasMoreOpeners(text, MAX_JSON_DEPTH)) return;
  const problem = findJsonProblem(text, MAX_JSON_DEPTH);
  if (problem?.kind === "deep") refuse(`${problem.path} ${problem.message}`);
}

function parseLog(frame: Readonly<Record<string, unknown>>): ParsedFrame {
  const { lease, first, lines } = frame;
  if (!isCount(lease, 1)) refuse("log: /lease must be the token of a lease");
  if (!isCount(first, 0)) refuse("log: /first must be the index of the first line");
  if (!Array.isArray(lines) || lines.length === 0) refuse("log: /lines must have lines");
  return { type: "log", lease, first, lines: lines.map(parseLine) };
}

function isCount(value: unknown, least: number): value is number {
  return Number.isSafeInteger(value) && (value as number) >= least;
}

function parseLine(value: unknown, index: number): LogLine {
  if (typeof value !== "object" || value === null) refuse(`log: /lines/${index} is not a line`);
  const { timestamp, level, stream, message, labels } = value as Record<string, unknown>;
  if (typeof message !== "string" || isTooLong(message)) {
    refuse(`log: /lines/${index}/message must be a text of at most ${MAX_MESSAGE_BYTES} bytes`);
  }
  if (!LEVELS.has(level)) {
    refuse(`log: /lines/${index}/level must be one of ${LOG_LEVELS.join(", ")}`);
  }
  if (!isLabels(labels)) refuse(`log: /lines/${index}/labels must map texts to texts`);
  const time = typeof timestamp === "string" ? normalTimestamp(timestamp) : undefined;
  if (time === undefined) refuse(`log: /lines/${index}/timestamp must be a time as of RFC 3339`);
  const kept = labelsWithinBounds(labels);
  const line = { timestamp: time, level: level as LogLevel, message, labels: kept };
  if (stream === undefined) return line;
  if (typeof stream !== "string" || stream.length > 64) {
    refuse(`log: /lines/${index}/stream must be a text of at most 64 characters`);
  }
  return { ...line, stream };
}

function isTooLong(message: string): boolean {
  // A UTF-16 unit takes at most 3 bytes.
  return message.length * 3 > MAX_MESSAGE_BYTES && Buffer.byteLength(message) > MAX_MESSAGE_BYTES;
}

function isLabels(value: unknown): value is Readonly<Record<string, string>> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  for (const name in value) {
    if (typeof (value as Record<string, unknown>)[name] !== "string") return false;
  }
  return true;
}
