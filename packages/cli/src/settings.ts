/** Settings of `up`: flags before `CONVEYOR_*` before conveyor.yaml before defaults. */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { DEFAULT_PORT } from "@conveyor-ci/contract/limits";
import { nearestWord } from "@conveyor-ci/contract/names";
import { isMap, isNode, isScalar, LineCounter, parseDocument } from "yaml";
import { usageFailure } from "./failure.ts";
import type { Terminal } from "./terminal.ts";

export const LOG_THRESHOLDS = ["debug", "info", "warn", "error", "silent"] as const;

export interface Settings {
  readonly port: number;
  /** Loopback of both families unless set. */
  readonly host: string | undefined;
  readonly data: string;
  readonly databaseUrl: string | undefined;
  readonly insecure: boolean;
  readonly allowedHosts: readonly string[];
  readonly logLevel: (typeof LOG_THRESHOLDS)[number];
}

/** A value and the name of the place it comes from, for messages. */
interface Given {
  readonly value: unknown;
  readonly from: string;
}

/** The names in conveyor.yaml, which are those of the flags. */
export const SETTING_NAMES = [
  "port",
  "host",
  "data",
  "database-url",
  "insecure",
  "allowed-host",
  "log-level",
] as const;
export type SettingName = (typeof SETTING_NAMES)[number];

export type Flags = Readonly<Partial<Record<SettingName, unknown>>>;

/** The file that is read when none is named. */
export const SETTINGS_FILE = "conveyor.yaml";

/** Puts the settings together from everywhere. */
export function readSettings(
  terminal: Pick<Terminal, "env" | "cwd">,
  flags: Flags,
  file: string | undefined,
): Settings {
  const inFile = readSettingsFile(terminal.cwd, file);
  const given = (name: SettingName): Given | undefined => {
    if (flags[name] !== undefined) return { value: flags[name], from: `--${name}` };
    const variable = `CONVEYOR_${name.toUpperCase().replaceAll("-", "_")}`;
    const text = terminal.env[variable];
    if (text !== undefined && text !== "") return { value: text, from: variable };
    return inFile.get(name);
  };
  return {
    port: portOf(given("port")),
    host: textOf(given("host")),
    data: resolve(terminal.cwd, textOf(given("data")) ?? "./.conveyor"),
    databaseUrl: textOf(given("database-url")),
    insecure: flagOf(given("insecure")),
    allowedHosts: namesOf(given("allowed-host")),
    logLevel: levelOf(given("log-level")),
  };
}

function readSettingsFile(cwd: string, file: string | undefined): ReadonlyMap<string, Given> {
  const name = file ?? SETTINGS_FILE;
  const source = readIfThere(resolve(cwd, name), file !== undefined);
  const settings = new Map<string, Given>();
  if (source === undefined) return settings;
  const lines = new LineCounter();
  const place = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return `${name}:${line}:${col}`;
  };
  const document = parseDocument(source, { lineCounter: lines, prettyErrors: false });
  const problem = document.errors[0] ?? document.warnings[0];
  if (problem !== undefined) throw usageFailure(`${place(problem.pos[0])}: ${problem.message}`);
  if (document.contents === null) return settings;
  if (!isMap(document.contents)) throw usageFailure(`${place(0)}: the settings must be an object`);
  for (const { key, value } of document.contents.items) {
    const word = isScalar(key) ? String(key.value) : String(key);
    const at = place(isScalar(key) ? (key.range?.[0] ?? 0) : 0);
    assertKnown(word, at);
    const plain: unknown = isNode(value) ? value.toJS(document) : value;
    if (plain !== null && plain !== undefined) {
      settings.set(word, { value: plain, from: `${at}: ${word}` });
    }
  }
  return settings;
}

function assertKnown(word: string, at: string): void {
  if (SETTING_NAMES.some((known) => known === word)) return;
  const nearest = nearestWord(word, SETTING_NAMES);
  throw usageFailure(
    `${at}: unknown setting ${JSON.stringify(word)}`,
    nearest === undefined
      ? `the settings are ${SETTING_NAMES.join(", ")}`
      : `did you mean ${nearest}?`,
  );
}

function readIfThere(path: string, mustBe: boolean): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" && !mustBe) return undefined;
    throw usageFailure(`${path} cannot be read: ${code === "ENOENT" ? "no such file" : message}`);
  }
}

function portOf(given: Given | undefined): number {
  if (given === undefined) return DEFAULT_PORT;
  const port = typeof given.value === "string" ? Number(given.value.trim() || "x") : given.value;
  if (typeof port === "number" && Number.isInteger(port) && port >= 0 && port <= 65_535) {
    return port;
  }
  throw wrong(given, "a port: a whole number from 0 (any free one) to 65535");
}

function textOf(given: Given | undefined): string | undefined {
  if (given === undefined) return undefined;
  if (typeof given.value === "string" && given.value !== "") return given.value;
  throw wrong(given, "a text");
}

function flagOf(given: Given | undefined): boolean {
  if (given === undefined) return false;
  const { value } = given;
  if (typeof value === "boolean") return value;
  if (value === "true" || value === "1") return true;
  if (value === "false" || value === "0") return false;
  throw wrong(given, "true or false");
}

function namesOf(given: Given | undefined): readonly string[] {
  if (given === undefined) return [];
  const { value } = given;
  const list: readonly unknown[] = Array.isArray(value) ? value : String(value).split(",");
  return list.map((name) => {
    if (typeof name === "string" && name.trim() !== "") return name.trim();
    throw wrong(given, "names of hosts");
  });
}

function levelOf(given: Given | undefined): Settings["logLevel"] {
  if (given === undefined) return "warn";
  const level = LOG_THRESHOLDS.find((known) => known === given.value);
  if (level !== undefined) return level;
  throw wrong(given, `one of ${LOG_THRESHOLDS.join(", ")}`);
}

function wrong(given: Given, rule: string): Error {
  return usageFailure(`${given.from} is ${JSON.stringify(given.value)}, but must be ${rule}`);
}
