/** `/drivers/` */
import type { BroadcastBody, WireDriver } from "@conveyor-ci/contract";
import { fetchJson, type List, type ListOptions, listAt } from "./answers.ts";
import { type CallOptions, pathOf, type Transport } from "./transport.ts";

const PATH = "/drivers";

/** Drivers: who carries out runs, and which instances are connected. */
export interface Drivers {
  list(options?: ListOptions): List<WireDriver>;
  get(name: string, options?: CallOptions): Promise<WireDriver>;
  /** What is queued for it is skipped. Refused with `driver_connected` while it is connected. */
  forget(name: string, options?: CallOptions): Promise<void>;
  /** Puts a message into the feed of changes. */
  broadcast(body: BroadcastBody, options?: CallOptions): Promise<{ readonly message: string }>;
}

export function createDrivers(transport: Transport): Drivers {
  const at = (name: string) => PATH + pathOf(name);
  return {
    list: (options = {}) => listAt(transport, { path: PATH, options }),
    get: (name, options) => fetchJson(transport, { method: "GET", path: at(name), ...options }),
    async forget(name, options) {
      await transport.send({ method: "DELETE", path: at(name), ...options });
    },
    broadcast: (body, options) =>
      fetchJson(transport, {
        method: "POST",
        path: `${PATH}/broadcast-message`,
        body,
        ...options,
      }),
  };
}
