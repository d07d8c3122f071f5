/**
 * Who may speak to a server without authentication. A page in a browser on the same machine can
 * reach a loopback address: the Host rule stops DNS rebinding, the Origin rule stops mutations and
 * WebSockets from other pages.
 */
import type { IncomingMessage } from "node:http";
import { ConveyorError, quoted } from "@conveyor-ci/core";

export interface OriginRules {
  /** Names the server answers to beside loopback ones; null: to any. */
  readonly allowedHosts: readonly string[] | null;
  /** Origins beside its own, such as `https://ci.example.com`. */
  readonly allowedOrigins: readonly string[];
}

/** The name in a Host header, in lower case, without port and trailing dot. */
export function hostName(header: string): string {
  const bracketed = /^\[([^\]]*)\](?::[0-9]*)?$/.exec(header);
  if (bracketed !== null) return (bracketed[1] ?? "").toLowerCase();
  return header
    .replace(/:[0-9]*$/, "")
    .replace(/\.$/, "")
    .toLowerCase();
}

/** Names and addresses of this machine to itself. */
export function isLoopback(name: string): boolean {
  return (
    name === "localhost" ||
    name.endsWith(".localhost") ||
    name === "::1" ||
    /^127(?:\.[0-9]{1,3}){3}$/.test(name)
  );
}

const MAX_REMEMBERED = 256;

export class OriginGate {
  readonly #rules: OriginRules;
  /** Hosts that were allowed; few, so that checking a request is one look-up. */
  readonly #known = new Set<string>();

  constructor(rules: OriginRules) {
    this.#rules = {
      allowedHosts: rules.allowedHosts?.map((name) => hostName(name)) ?? null,
      allowedOrigins: rules.allowedOrigins.map((origin) => origin.toLowerCase()),
    };
  }

  /** Throws `forbidden_host` for a name that is not the server's. */
  assertHost(request: IncomingMessage): void {
    const host = request.headers.host ?? "";
    if (this.#rules.allowedHosts === null || this.#known.has(host)) return;
    const name = hostName(host);
    if (!isLoopback(name) && !this.#rules.allowedHosts.includes(name)) {
      throw new ConveyorError({
        code: "forbidden_host",
        message:
          host === ""
            ? "the request names no Host"
            : `this server does not answer to the Host ${quoted(host)}`,
        hint: `start it with --allowed-host ${name || "NAME"} if that is its name`,
        issues: [{ path: "/headers/host", rule: "host", message: "must be a name of the server" }],
      });
    }
    if (this.#known.size < MAX_REMEMBERED) this.#known.add(host);
  }

  /** Throws `forbidden_origin` for a page that is not the server's own and not configured. */
  assertOrigin(request: IncomingMessage): void {
    const { origin } = request.headers;
    if (origin === undefined || this.isAllowedOrigin(origin)) return;
    const isEncrypted = "encrypted" in request.socket && request.socket.encrypted === true;
    const own = `${isEncrypted ? "https" : "http"}://${request.headers.host ?? ""}`;
    if (origin.toLowerCase() === own.toLowerCase()) return;
    throw new ConveyorError({
      code: "forbidden_origin",
      message: `requests from pages of ${quoted(origin)} are not allowed`,
      hint: "configure the origin as an allowed one if the page is to be trusted",
      issues: [{ path: "/headers/origin", rule: "origin", message: "must be an allowed origin" }],
    });
  }

  /** Configured, as distinct from its own. */
  isAllowedOrigin(origin: string): boolean {
    const { allowedOrigins } = this.#rules;
    return allowedOrigins.length > 0 && allowedOrigins.includes(origin.toLowerCase());
  }
}
