/**
 * Reading what `apply -f` names: YAML or JSON, any number of documents.
 *
 * D1 All documents are read before anything is sent, so that a typing error changes nothing.
 * D2 Whatever is wrong is named by file, line and column.
 */
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { text } from "node:stream/consumers";
import { nearestWord } from "@conveyor-ci/contract/names";
import { type Document, isMap, isNode, LineCounter, parseAllDocuments } from "yaml";
import { usageFailure } from "./failure.ts";
import type { Terminal } from "./terminal.ts";

export const DOCUMENT_KINDS = ["ResourceDefinition", "Pipeline", "Resource"] as const;
export type DocumentKind = (typeof DOCUMENT_KINDS)[number];

/** One document: its kind, and the body as it goes over the wire. */
export interface InputDocument {
  readonly kind: DocumentKind;
  readonly body: Readonly<Record<string, unknown>>;
  /** Says where in its file a JSON Pointer of the body points: `app.yaml:3:7`. */
  locate(pointer: string): string;
}

/** Reads every file; `-` is stdin. */
export async function readDocuments(
  terminal: Pick<Terminal, "stdin" | "cwd">,
  files: readonly string[],
): Promise<readonly InputDocument[]> {
  const documents: InputDocument[] = [];
  for (const file of files) {
    const found = parseDocuments(file, await readInput(terminal, file));
    if (found.length === 0) throw usageFailure(`${nameOf(file)} holds no documents`);
    documents.push(...found);
  }
  return documents;
}

async function readInput(terminal: Pick<Terminal, "stdin" | "cwd">, file: string): Promise<string> {
  if (file === "-") return await text(terminal.stdin);
  try {
    return await readFile(resolve(terminal.cwd, file), "utf8");
  } catch (error) {
    throw usageFailure(`${file} cannot be read: ${reasonOf(error)}`);
  }
}

function reasonOf(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === "ENOENT") return "there is no such file";
  if (code === "EISDIR") return "it is a directory";
  if (code === "EACCES") return "permission denied";
  return error instanceof Error ? error.message : String(error);
}

/** Parses one file; an array at the top is as many documents. */
export function parseDocuments(file: string, source: string): readonly InputDocument[] {
  const lines = new LineCounter();
  const place = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return `${nameOf(file)}:${line}:${col}`;
  };
  const parsed = parseAllDocuments(source, { lineCounter: lines, prettyErrors: false });
  const documents: readonly Document[] = Array.isArray(parsed) ? parsed : [];
  return documents.flatMap((document) => {
    // A tag that is not known would otherwise turn silently into something else.
    const problem = document.errors[0] ?? document.warnings[0];
    if (problem !== undefined) throw usageFailure(`${place(problem.pos[0])}: ${problem.message}`);
    return inputsOf(document, place);
  });
}

function inputsOf(document: Document, place: (offset: number) => string): InputDocument[] {
  const value: unknown = document.toJS();
  if (value === null || value === undefined) return [];
  const list = Array.isArray(value) ? value : undefined;
  return (list ?? [value]).map((one: unknown, index) => {
    const base = list === undefined ? [] : [index];
    const locate = (pointer: string) =>
      place(offsetOf(document, [...base, ...segmentsOf(pointer)]));
    return inputOf(one, locate);
  });
}

function inputOf(value: unknown, locate: (pointer: string) => string): InputDocument {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw usageFailure(`${locate("")}: a document must be an object`);
  }
  assertNumbers(value, { pointer: "", locate });
  const { kind, ...body } = value as Record<string, unknown>;
  if (kind === undefined) {
    throw usageFailure(
      `${locate("")}: the document has no kind`,
      `begin it with \`kind: Resource\`, or another of ${DOCUMENT_KINDS.join(", ")}`,
    );
  }
  if (!isDocumentKind(kind)) {
    const nearest = typeof kind === "string" ? nearestWord(kind, DOCUMENT_KINDS) : undefined;
    throw usageFailure(
      `${locate("/kind")}: unknown kind ${JSON.stringify(kind)}`,
      nearest === undefined
        ? `the kinds are ${DOCUMENT_KINDS.join(", ")}; a resource's own kind stands in \`resource\``
        : `did you mean ${nearest}?`,
    );
  }
  return { kind, body, locate };
}

function isDocumentKind(kind: unknown): kind is DocumentKind {
  return DOCUMENT_KINDS.some((known) => known === kind);
}

/** JSON has no `.inf` and `.nan`, and would make them null. */
function assertNumbers(
  value: unknown,
  at: { pointer: string; locate: (pointer: string) => string },
): void {
  if (typeof value === "number" && !Number.isFinite(value)) {
    throw usageFailure(`${at.locate(at.pointer)}: ${value} is no number that JSON can hold`);
  }
  if (typeof value !== "object" || value === null) return;
  for (const [key, member] of Object.entries(value)) {
    const segment = key.replaceAll("~", "~0").replaceAll("/", "~1");
    assertNumbers(member, { ...at, pointer: `${at.pointer}/${segment}` });
  }
}

function segmentsOf(pointer: string): string[] {
  const parts = pointer.split("/").slice(1);
  return parts.map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
}

/** Where a path is in the source, or the nearest of its parents that is there. */
function offsetOf(document: Document, path: readonly (string | number)[]): number {
  for (let length = path.length; length > 0; length--) {
    const node = document.getIn(path.slice(0, length), true);
    const key = keyOffset(document, path.slice(0, length));
    if (key !== undefined) return key;
    if (isNode(node) && node.range) return node.range[0];
  }
  return document.contents?.range?.[0] ?? 0;
}

/** The key of a member is a better place than its value, which may be on a later line. */
function keyOffset(document: Document, path: readonly (string | number)[]): number | undefined {
  const parent = path.length === 1 ? document.contents : document.getIn(path.slice(0, -1), true);
  if (!isMap(parent)) return undefined;
  const pair = parent.items.find(({ key }) => isNode(key) && String(key) === path.at(-1));
  return isNode(pair?.key) ? pair.key.range?.[0] : undefined;
}

function nameOf(file: string): string {
  return file === "-" ? "stdin" : file;
}
