/** What `DriverManager` can be told, checked before anything starts. */
import { hostname } from "node:os";
import {
  CONNECT_PATH,
  DEFAULT_CONCURRENCY,
  DEFAULT_SERVER,
  MAX_CONCURRENCY,
} from "@conveyor-ci/contract";
import { EVENT_NAMES } from "@conveyor-ci/core";
import { DriverError } from "./errors.ts";

const MIB = 1024 ** 2;
export const DEFAULT_SPOOL_BYTES = 64 * MIB;
const DEFAULT_DRAIN_MS = 30_000;
const LONGEST_DRAIN_MS = 24 * 3_600_000;
const INSTANCE = /^[\x21-\x2e\x30-\x7e]{1,253}$/;
const SCHEMES: Readonly<Record<string, string>> = {
  "http:": "ws:",
  "https:": "wss:",
  "ws:": "ws:",
  "wss:": "wss:",
};

/** Settings of a `DriverManager`. All may be left out. */
export interface DriverManagerOptions {
  /** Events to get: `create`, `update`, `delete`, or `*`. None, or `*`: create and update. */
  readonly events?: readonly string[];
  /** The server's address; else `CONVEYOR_SERVER`, else `http://127.0.0.1:8080`. */
  readonly server?: string;
  /**
   * Sent with every connection and request, for servers that ask who somebody is; without
   * `authorization`, the environment's `CONVEYOR_TOKEN` is a bearer token.
   */
  readonly headers?: Readonly<Record<string, string>>;
  /** Step runs worked on at once, 1 to 1,000; 10 unless set. */
  readonly concurrency?: number;
  /** Display name of this process; two live processes may not share one. Host name and process id. */
  readonly instance?: string;
  /** Bound of the lines in memory that are not durable yet, 2 to 1,024 MiB; 64 MiB unless set. */
  readonly spoolBytes?: number;
  /** How long a stop waits for handlers before their signal aborts, in ms; 30,000 unless set. */
  readonly drainMs?: number;
  /** Stops the manager when it aborts. With it, SIGTERM and SIGINT are left to the program. */
  readonly signal?: AbortSignal;
  /** Takes what there is to say about the connection; else it goes to stderr. */
  readonly notice?: (message: string) => void;
}

/** The settings, checked and complete. */
export interface ManagerSettings {
  readonly events: readonly string[] | undefined;
  /** For people and for the API client. */
  readonly server: string;
  /** The WebSocket address. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly concurrency: number;
  readonly instance: string;
  readonly spoolBytes: number;
  readonly drainMs: number;
  readonly signal: AbortSignal | undefined;
  readonly notice: (message: string) => void;
}

/** @throws {DriverError} `invalid_options`, naming the option and what it may be */
export function parseOptions(options: DriverManagerOptions): ManagerSettings {
  const { signal, notice } = options;
  const server = options.server ?? (process.env["CONVEYOR_SERVER"] || DEFAULT_SERVER);
  const instance = options.instance ?? defaultInstance();
  if (typeof instance !== "string" || !INSTANCE.test(instance)) {
    refuse("instance", instance, "1 to 253 visible ASCII characters without '/'");
  }
  return {
    ...parseServer(server),
    headers: parseHeaders(options.headers ?? {}),
    events: parseEvents(options.events),
    instance,
    concurrency: parseInteger("concurrency", options.concurrency ?? DEFAULT_CONCURRENCY, {
      min: 1,
      max: MAX_CONCURRENCY,
    }),
    spoolBytes: parseInteger("spoolBytes", options.spoolBytes ?? DEFAULT_SPOOL_BYTES, {
      min: 2 * MIB,
      max: 1024 * MIB,
    }),
    drainMs: parseInteger("drainMs", options.drainMs ?? DEFAULT_DRAIN_MS, {
      min: 0,
      max: LONGEST_DRAIN_MS,
    }),
    signal,
    notice: notice ?? ((message) => void process.stderr.write(`${message}\n`)),
  };
}

function refuse(option: string, value: unknown, rule: string): never {
  const given = typeof value === "string" ? JSON.stringify(value) : String(value);
  throw new DriverError("invalid_options", `${option} cannot be ${given}`, { hint: rule });
}

function parseInteger(option: string, value: number, range: { min: number; max: number }): number {
  const { min, max } = range;
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  return refuse(option, value, `a whole number from ${min} to ${max}`);
}

function parseHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  try {
    const all = new Headers(headers);
    const token = process.env["CONVEYOR_TOKEN"]?.trim();
    if (token !== undefined && token !== "" && !all.has("authorization")) {
      all.set("authorization", `Bearer ${token}`);
    }
    return Object.fromEntries(all);
  } catch {
    // Its value may be a secret, so it is not quoted.
    return refuse("headers", "what is given", "names of HTTP headers and their values");
  }
}

function parseEvents(events: readonly string[] | undefined): readonly string[] | undefined {
  if (events === undefined) return undefined;
  const known: readonly string[] = [...EVENT_NAMES, "*"];
  const rule = `a list of ${known.join(", ")}`;
  // Text can be walked through too.
  if (typeof events !== "object") refuse("events", events, rule);
  for (const event of events) if (!known.includes(event)) refuse("events", event, rule);
  return [...new Set(events)];
}

function parseServer(server: string): { server: string; url: string } {
  const address = URL.canParse(server) ? new URL(server) : undefined;
  const scheme = SCHEMES[address?.protocol ?? ""];
  if (address === undefined || scheme === undefined || address.hostname === "") {
    refuse(
      "server",
      server,
      "an address like http://127.0.0.1:8080 or https://conveyor.example.com",
    );
  }
  const path = address.pathname.replace(/\/+$/, "");
  const httpScheme = scheme === "wss:" ? "https:" : "http:";
  return {
    server: `${httpScheme}//${address.host}${path}`,
    url: `${scheme}//${address.host}${path}${CONNECT_PATH}`,
  };
}

/** Host name and process id; characters that an instance name may not have become hyphens. */
function defaultInstance(): string {
  const host = hostname().replace(/[^\x21-\x2e\x30-\x7e]/g, "-");
  return `${host.slice(0, 200) || "host"}-${process.pid}`;
}
