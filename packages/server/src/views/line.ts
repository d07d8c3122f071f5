/** Log lines on the wire, as text: what the lines of a chunk share is written once. */
import type { LogChunk, LogLine } from "@conveyor-ci/core";

/** Writes lines of one chunk as the JSON texts of `WireLogLine`. */
export type LineWriter = (line: LogLine, index: number) => string;

/** A writer for the lines of a chunk; `index` is that of the line in it. */
export function lineWriter(chunk: LogChunk): LineWriter {
  const head =
    `,"runid":${JSON.stringify(chunk.run)},"driver":${JSON.stringify(chunk.driver)}` +
    `,"pipeline":${JSON.stringify(chunk.pipeline)},"step":${JSON.stringify(chunk.step)}` +
    `,"attempt":${chunk.attempt},"timestamp":"`;
  return (line, index) => {
    const stream = line.stream === undefined ? "" : `"stream":${JSON.stringify(line.stream)},`;
    return (
      `{"seq":${chunk.first + index}${head}${line.timestamp}","level":"${line.level}",${stream}` +
      `"message":${JSON.stringify(line.message)},"labels":${JSON.stringify(line.labels)}}`
    );
  };
}

/** The JSON texts of the lines of a chunk from one index on. */
export function viewLines(chunk: LogChunk, from = 0): string[] {
  const write = lineWriter(chunk);
  const lines = from === 0 ? chunk.lines : chunk.lines.slice(from);
  return lines.map((line, index) => write(line, from + index));
}

/** Index of the first line of a chunk with a `seq` greater than `after`. */
export function firstAfter(chunk: LogChunk, after: number): number {
  return Math.max(0, after - chunk.first + 1);
}

/** `seq` of the last line of a chunk. */
export function lastSeq(chunk: LogChunk): number {
  return chunk.first + chunk.lines.length - 1;
}
