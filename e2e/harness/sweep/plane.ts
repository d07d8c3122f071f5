/** A control plane in this process on a storage that fails, with everything that speaks to it. */
import { type Client, createClient } from "@conveyor-ci/client";
import { type ControlPlane, createControlPlane } from "@conveyor-ci/server";
import { eventually } from "../eventually.ts";
import {
  type FailingStorage,
  type Fault,
  failStorage,
  type LoggedStorage,
} from "./failing-storage.ts";
import { createFastClock, type FastClock } from "./fast-clock.ts";

export interface Plane {
  readonly url: string;
  readonly client: Client;
  readonly clock: FastClock;
  readonly failing: FailingStorage;
  /** What speaks against the server: answers that are no refusals, errors that are bugs. */
  readonly complaints: readonly string[];
  stop(): Promise<void>;
}

/** Opens the storage that a plane is to have, on this clock. */
export type OpenStorage = (now: () => number) => LoggedStorage;

/** Starts it; a start that the storage fails is begun anew, as whoever starts a server does. */
export async function startPlane(open: OpenStorage, fault: Fault): Promise<Plane> {
  const clock = createFastClock();
  const real = open(() => clock.date());
  const failing = failStorage(real, fault);
  const complaints: string[] = [];
  const { server, url } = await eventually(() => listen({ failing, clock, complaints }));
  return {
    url,
    client: createClient({
      server: url,
      fetch: watchedFetch(complaints),
      timeoutMs: 5_000,
    }),
    clock,
    failing,
    complaints,
    stop: async () => {
      await server.stop();
      await real.close();
    },
  };
}

async function listen(of: {
  readonly failing: FailingStorage;
  readonly clock: FastClock;
  readonly complaints: string[];
}): Promise<{ readonly server: ControlPlane; readonly url: string }> {
  const { failing, clock, complaints } = of;
  const silent = (): void => {};
  const error = (facts: object, message: string): void => {
    const cause = (facts as { readonly err?: { readonly code?: string } }).err;
    const isTold = cause?.code === "storage_unavailable" || cause?.code === "storage_full";
    if (!isTold) complaints.push(`${message}: ${cause?.code ?? "a bug"}`);
  };
  const logger = { debug: silent, info: silent, warn: silent, error };
  const server = createControlPlane({
    storage: failing.storage,
    clock,
    logger,
    port: 0,
  });
  try {
    return { server, ...(await server.listen()) };
  } catch (failure) {
    await server.stop();
    throw failure;
  }
}

/** Notes what no server may answer, and lets nobody wait for a second in a story of a fraction. */
function watchedFetch(complaints: string[]): typeof fetch {
  return async (input, init) => {
    const response = await fetch(input, init);
    const { status } = response;
    if (status < 500) return response;
    const text = await response.text();
    const isAway = status === 503 && response.headers.get("retry-after") !== null;
    const isFull = status === 507 && text.includes('"storage_full"');
    if (!isFull && !(isAway && text.includes('"storage_unavailable"'))) {
      complaints.push(`${response.url} answered ${status}: ${text}`);
    }
    return new Response(text, {
      status,
      headers: { "content-type": response.headers.get("content-type") ?? "" },
    });
  };
}
