/** The sockets that a control plane listens on: one address, or both loopback ones on one port. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { ConveyorError } from "@conveyor-ci/core";
import { answerClientError } from "./http/client-error.ts";
import { isLoopback } from "./http/origin.ts";
import { UpgradeAwareMessage } from "./upgrades.ts";

export const DEFAULT_HOST = "127.0.0.1";
const LOOPBACK_6 = "::1";
/** Tries to find a port that is free on both loopback addresses. */
const MAX_TRIES = 20;
/** What a machine without IPv6 answers. */
const NO_IPV6 = new Set(["EADDRNOTAVAIL", "EAFNOSUPPORT", "EINVAL"]);
/** Longer than the idle time of the usual proxies, so that they close first. */
const KEEP_ALIVE_MS = 72_000;

export interface Serving {
  readonly onRequest: (request: IncomingMessage, response: ServerResponse) => void;
  readonly onUpgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
}

/** Throws before anything listens where everybody could do everything. */
export function assertSafeAddress(of: {
  readonly host: string;
  readonly hasAuthentication: boolean;
  readonly insecure: boolean;
}): void {
  if (of.hasAuthentication || of.insecure || isLoopback(of.host.toLowerCase())) return;
  throw new ConveyorError({
    code: "unsafe_address",
    message: `refusing to listen on ${of.host} without authentication: whoever reaches it could do everything`,
    hint: "listen on 127.0.0.1, or add --insecure and --allowed-host NAME for the names it answers to",
  });
}

/** Listens; port 0 takes any free one, the same on both loopback addresses. */
export async function openListeners(
  at: { readonly host: string; readonly port: number },
  serving: Serving,
): Promise<readonly Server[]> {
  for (let tries = 1; ; tries += 1) {
    const first = await listen(serving, at);
    if (at.host !== DEFAULT_HOST) return [first];
    try {
      return [first, await listen(serving, { host: LOOPBACK_6, port: portOf(first) })];
    } catch (error) {
      const code = causeCode(error);
      if (NO_IPV6.has(code)) return [first];
      await new Promise((resolve) => first.close(resolve));
      if (at.port !== 0 || code !== "EADDRINUSE" || tries === MAX_TRIES) throw error;
    }
  }
}

export function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

function causeCode(error: unknown): string {
  const { code, cause } = error as { readonly code?: string; readonly cause?: unknown };
  if (error instanceof ConveyorError) return causeCode(cause);
  return code ?? "";
}

function listen(
  serving: Serving,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<Server> {
  const options = {
    IncomingMessage: UpgradeAwareMessage,
    keepAliveTimeout: KEEP_ALIVE_MS,
    // Refused by the gate, in words.
    requireHostHeader: false,
  };
  const server = createServer(options, serving.onRequest);
  server.on("upgrade", serving.onUpgrade);
  server.on("clientError", answerClientError);
  // What is expected beyond 100-continue is nothing a server has to do (RFC 9110, 10.1.1).
  server.on("checkExpectation", serving.onRequest);
  return new Promise((resolve, reject) => {
    const failed = (cause: NodeJS.ErrnoException): void =>
      reject(listenError(cause, { host, port }));
    server.once("error", failed);
    server.listen({ host, port, ipv6Only: host === LOOPBACK_6 }, () => {
      server.off("error", failed);
      resolve(server);
    });
  });
}

function listenError(
  cause: NodeJS.ErrnoException,
  { host, port }: { readonly host: string; readonly port: number },
): Error {
  if (cause.code !== "EADDRINUSE") return cause;
  return new ConveyorError(
    {
      code: "address_in_use",
      message: `port ${port} of ${host} is in use`,
      hint: "stop what listens there, or choose another with --port (0: any free one)",
    },
    { cause },
  );
}
