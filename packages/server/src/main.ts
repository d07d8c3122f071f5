/** Runs a server on this machine's disk: the only place that opens an adapter. */
import { openSqliteStorage } from "@conveyor-ci/storage-sqlite";
import { createControlPlane } from "./control-plane.ts";
import type { Address, LogThreshold } from "./control-plane-options.ts";

export interface StartOptions {
  readonly host?: string;
  readonly port?: number;
  /** The data directory; made where it is missing. */
  readonly data: string;
  readonly insecure?: boolean;
  readonly allowedHosts?: readonly string[];
  readonly logLevel?: LogThreshold;
  /** How long a new connection of a driver may say nothing; 10,000 unless set. */
  readonly helloWithinMs?: number;
}

/** A server that listens. */
export interface StartedServer extends Address {
  /** Drains, stops and closes the data directory, within 10 s; idempotent. */
  stop(): Promise<void>;
}

/**
 * Opens the data directory and listens.
 *
 * @throws ConveyorError `data_directory_in_use`, `database_newer`, `address_in_use`,
 * `unsafe_address`, with a hint what to do.
 */
export async function startServer(options: StartOptions): Promise<StartedServer> {
  const { data, ...rest } = options;
  const storage = openSqliteStorage({ directory: data });
  const plane = createControlPlane({ ...rest, storage, logs: storage.logs });
  let stopped: Promise<void> | undefined;
  const stop = async (): Promise<void> => {
    await plane.stop();
    await storage.close();
  };
  try {
    const address = await plane.listen();
    return { ...address, stop: () => (stopped ??= stop()) };
  } catch (error) {
    await stop();
    throw error;
  }
}
