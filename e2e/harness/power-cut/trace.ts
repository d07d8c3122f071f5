/** What a process did to its files and sockets, in order, from the output of strace. */
import { readFileSync } from "node:fs";

/** Calls that are traced: all by which a file of the data directory can change, and answers. */
const CALLS = [
  "openat",
  "close",
  "mkdir",
  "unlink",
  "rename",
  "write",
  "writev",
  "sendto",
  "pwrite64",
  "ftruncate",
  "fsync",
  "fdatasync",
];

/** Longer than a page of the database and than any answer of the story. */
const LONGEST_BYTES = 1_000_000;

/** The command that runs another one and writes what it does into a file. */
export function traced(output: string, command: readonly string[]): readonly string[] {
  const calls = ["-e", `trace=${CALLS.join(",")}`, "-e", "signal=none"];
  return [
    "strace",
    "-f",
    "-qq",
    ...calls,
    "-s",
    String(LONGEST_BYTES),
    "-xx",
    "-o",
    output,
    ...command,
  ];
}

export type Operation =
  | {
      readonly kind: "open";
      readonly fd: number;
      readonly path: string;
      readonly creates: boolean;
      readonly truncates: boolean;
    }
  | { readonly kind: "close"; readonly fd: number }
  | { readonly kind: "mkdir" | "unlink"; readonly path: string }
  | { readonly kind: "rename"; readonly from: string; readonly to: string }
  /** `at` is null where the file's own position counts, and for sockets. */
  | {
      readonly kind: "write";
      readonly fd: number;
      readonly at: number | null;
      readonly data: Buffer;
    }
  | { readonly kind: "truncate"; readonly fd: number; readonly sizeBytes: number }
  | { readonly kind: "sync"; readonly fd: number }
  /** The process is gone, and its descriptors with it. */
  | { readonly kind: "exit" };

/** The calls that succeeded, in the order in which they returned. */
export function readTrace(file: string): readonly Operation[] {
  const begun = new Map<string, string>();
  const operations: Operation[] = [];
  for (const line of readFileSync(file, "latin1").split("\n")) {
    const [, thread = "", text = ""] = /^(\d+) +(.*)$/.exec(line) ?? [];
    const unfinished = text.indexOf(" <unfinished ...>");
    if (unfinished >= 0) {
      begun.set(thread, text.slice(0, unfinished));
      continue;
    }
    const resumed = /^<\.\.\. \w+ resumed>/.exec(text);
    const whole = resumed === null ? text : begun.get(thread) + text.slice(resumed[0].length);
    const operation = operationOf(whole);
    if (operation !== null) operations.push(operation);
  }
  return [...operations, { kind: "exit" }];
}

function operationOf(text: string): Operation | null {
  const [, name, args = "", result = "-1"] = /^(\w+)\((.*)\) += (-?\d+)/.exec(text) ?? [];
  const returned = Number(result);
  if (name === undefined || returned < 0) return null;
  const fd = Number(/^\d+/.exec(args)?.[0] ?? -1);
  const texts = () =>
    [...args.matchAll(/"((?:\\x[0-9a-f]{2})*)"/g)].map(([, hex = ""]) => bytes(hex));
  const path = (index: number): string => texts()[index]?.toString() ?? "";
  switch (name) {
    case "openat":
      return {
        kind: "open",
        fd: returned,
        path: path(0),
        creates: args.includes("O_CREAT"),
        truncates: args.includes("O_TRUNC"),
      };
    case "close":
      return { kind: "close", fd };
    case "mkdir":
    case "unlink":
      return { kind: name, path: path(0) };
    case "rename":
      return { kind: "rename", from: path(0), to: path(1) };
    case "pwrite64":
      return {
        kind: "write",
        fd,
        at: Number(/(\d+)$/.exec(args)?.[1]),
        data: written(texts(), returned),
      };
    case "write":
    case "writev":
    case "sendto":
      return { kind: "write", fd, at: null, data: written(texts(), returned) };
    case "ftruncate":
      return { kind: "truncate", fd, sizeBytes: Number(/(\d+)$/.exec(args)?.[1]) };
    default:
      return { kind: "sync", fd };
  }
}

function bytes(hex: string): Buffer {
  return Buffer.from(hex.replaceAll("\\x", ""), "hex");
}

/** As much as was taken: a call may take a part of what it is given. */
function written(parts: readonly Buffer[], sizeBytes: number): Buffer {
  const all = Buffer.concat(parts);
  if (all.length < sizeBytes) throw new Error(`the trace has ${all.length} of ${sizeBytes} bytes`);
  return all.subarray(0, sizeBytes);
}
