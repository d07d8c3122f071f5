/** `/health` and `/ready` */
import { ApiError } from "./errors.ts";
import type { CallOptions, Transport } from "./transport.ts";

/** How a server is. */
export interface ServerStatus {
  readonly ok: boolean;
  /** What it answered; null where that was not JSON. */
  readonly details: unknown;
}

export interface Status {
  /** Whether the server runs. */
  health(options?: CallOptions): Promise<ServerStatus>;
  /** Whether it takes requests; `ok` is false while it starts, stops or has lost its storage. */
  ready(options?: CallOptions): Promise<ServerStatus>;
}

export function createStatus(transport: Transport): Status {
  const ask = async (path: string, options: CallOptions): Promise<ServerStatus> => {
    try {
      const answer = await transport.send({ method: "GET", path, ...options });
      return { ok: true, details: parseDetails(answer.text) };
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 503) throw error;
      return { ok: false, details: { code: error.code, message: error.message } };
    }
  };
  return {
    health: (options = {}) => ask("/health", options),
    ready: (options = {}) => ask("/ready", options),
  };
}

function parseDetails(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
