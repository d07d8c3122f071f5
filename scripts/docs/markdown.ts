/** Reads the project's Markdown: tables, code in cells, generated sections, fenced examples. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { ROOT } from "../run-step.mjs";

/** The text of a page, by its path from the root. */
export function readPage(path: string): string {
  return readFileSync(join(ROOT, path), "utf8");
}

/** Every page of the project, by its path from the root. */
export function listPages(): string[] {
  const roots = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md"];
  const below = (directory: string): string[] =>
    readdirSync(join(ROOT, directory), { withFileTypes: true }).flatMap((entry) => {
      const path = `${directory}/${entry.name}`;
      if (entry.isDirectory()) return below(path);
      return entry.name.endsWith(".md") ? [path] : [];
    });
  const own = readdirSync(join(ROOT, "packages")).map((name) => `packages/${name}/README.md`);
  const single = [...roots, ...own].filter((path) => existsSync(join(ROOT, path)));
  return [...single, ...below("docs")];
}

/** The cells of every row, head and rule left out, of the tables whose first column has this head. */
export function rowsOf(text: string, head: string): string[][] {
  const rows: string[][] = [];
  let isInside = false;
  for (const line of text.split("\n")) {
    if (!line.startsWith("|")) {
      isInside = false;
      continue;
    }
    const cells = line
      .slice(1, -1)
      .split(/(?<!\\)\|/)
      .map((cell) => cell.trim().replaceAll("\\|", "|"));
    if (cells[0] === head) isInside = true;
    else if (isInside && !/^:?-+:?$/.test(cells[0] ?? "")) rows.push(cells);
  }
  return rows;
}

/** What stands between backticks in a cell. */
export function codesOf(cell: string): string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? "");
}

/** A part of a page that a program writes. */
export interface GeneratedSection {
  readonly name: string;
  /** The program, by its path from the root. */
  readonly by: string;
}

const END = "<!-- end of generated -->";

/** The page with a generated section replaced. */
export function withSection(text: string, { name, by }: GeneratedSection, content: string): string {
  const begin = `<!-- generated: ${name}, by ${by} -->`;
  const from = text.indexOf(begin);
  const to = text.indexOf(END, from);
  if (from < 0 || to < 0) throw new Error(`the page has no generated section "${name}"`);
  return `${text.slice(0, from)}${begin}\n\n${content.trim()}\n\n${text.slice(to)}`;
}

/** A fenced block, with what the comment before it says. */
export interface Example {
  readonly page: string;
  readonly line: number;
  readonly language: string;
  /** Such as `run`, `run background`, `file: hello.mjs`; empty without one. */
  readonly mark: string;
  readonly code: string;
}

/** The fenced blocks of a page, in order. */
export function examplesOf(page: string): Example[] {
  const lines = readPage(page).split("\n");
  const examples: Example[] = [];
  let open: { line: number; language: string; mark: string; code: string[] } | undefined;
  for (const [index, line] of lines.entries()) {
    const fence = /^```(\S*)/.exec(line);
    if (open === undefined && fence !== null) {
      const mark = /^<!-- ((?:run|file|sketch)\b.*?) -->$/.exec(lines[index - 1] ?? "")?.[1] ?? "";
      open = { line: index + 1, language: fence[1] ?? "", mark, code: [] };
    } else if (open !== undefined && fence !== null) {
      examples.push({ ...open, page, code: `${open.code.join("\n")}\n` });
      open = undefined;
    } else open?.code.push(line);
  }
  if (open !== undefined) throw new Error(`${page}:${open.line}: the fence is not closed`);
  return examples;
}

/** The path from the root of a file of the project. */
export function fromRoot(path: string): string {
  return relative(ROOT, path);
}
