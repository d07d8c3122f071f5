/**
 * An instance of a driver in this process, on a real connection, that comes back at once and for
 * ever when the connection ends.
 */
import { randomUUID } from "node:crypto";
import type { Client } from "@conveyor-ci/client";
import type { ServerFrame } from "@conveyor-ci/contract";
import type { Driver } from "@conveyor-ci/driver";
import { InProcessDriver } from "@conveyor-ci/driver/in-process";
import WebSocket from "ws";

const RECONNECT_MS = 5;
/** A sign of life: a quarter of the silence that a fast clock allows. */
const BEAT_MS = 250;

export interface SocketDriver {
  /** Connections that it has had. */
  readonly connections: number;
  /** Lets go of the connection and does not come back. */
  stop(): Promise<void>;
}

export interface SocketDriverOptions {
  readonly url: string;
  readonly client: Client;
  readonly events: readonly string[];
}

export function startSocketDriver(driver: Driver, options: SocketDriverOptions): SocketDriver {
  const url = `${options.url.replace("http", "ws")}/drivers/connect`;
  let socket: WebSocket | undefined;
  let retry: NodeJS.Timeout | undefined;
  let connections = 0;
  let isStopped = false;
  const send = (frame: string): void => {
    if (socket?.readyState === WebSocket.OPEN) socket.send(frame);
  };
  const instance = new InProcessDriver(driver, {
    send,
    later: (delayMs, action) => void setTimeout(action, delayMs),
    client: () => options.client,
    notice: () => {},
  });
  const hello = { instance: `${driver.name}-1`, boot: randomUUID(), events: [...options.events] };
  const connect = (): void => {
    const fresh = new WebSocket(url);
    socket = fresh;
    connections += 1;
    fresh.on("error", () => undefined);
    fresh.on("open", () => fresh.send(JSON.stringify(instance.hello(hello))));
    fresh.on("message", (data: Buffer) => {
      const text = data.toString();
      const { type } = JSON.parse(text) as ServerFrame;
      if (fresh === socket && type !== "error") instance.receive(text);
    });
    fresh.on("close", () => {
      instance.disconnected();
      if (!isStopped) retry = setTimeout(connect, RECONNECT_MS);
    });
  };
  const beat = setInterval(() => {
    send(JSON.stringify({ type: "progress", leases: instance.working(), lagMs: 0 }));
  }, BEAT_MS);
  connect();
  return {
    get connections() {
      return connections;
    },
    stop: async () => {
      isStopped = true;
      clearInterval(beat);
      clearTimeout(retry);
      const last = socket;
      if (last === undefined || last.readyState === WebSocket.CLOSED) return;
      const closed = new Promise<void>((resolve) => last.once("close", () => resolve()));
      last.terminate();
      await closed;
    },
  };
}
