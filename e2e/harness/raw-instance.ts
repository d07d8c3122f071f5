/** A driver instance on the bare wire: it sends what it is told to, however wrong that is. */
import type { HelloFrame, InstanceFrame, ServerFrame } from "@conveyor-ci/contract";
import WebSocket from "ws";
import { eventually } from "./eventually.ts";
import type { Scope } from "./scope.ts";
import { KIND } from "./script.ts";

export type FrameOf<Type extends ServerFrame["type"]> = Extract<ServerFrame, { type: Type }>;

export interface RawInstance {
  /** All frames so far. */
  readonly frames: readonly ServerFrame[];
  /** The close code, once the server has closed the connection. */
  readonly closed: Promise<number>;
  send(frame: InstanceFrame): void;
  sendText(text: string | Buffer): void;
  /** The next frame of a type that was not asked for yet. */
  next<Type extends ServerFrame["type"]>(type: Type, withinMs?: number): Promise<FrameOf<Type>>;
  /** Lets go of the connection without a word. */
  drop(): void;
}

export interface RawHello extends Partial<HelloFrame> {
  readonly driver: string;
  readonly boot: string;
}

export async function connectRaw(scope: Scope, server: string): Promise<RawInstance> {
  const socket = new WebSocket(`${server.replace("http", "ws")}/drivers/connect`);
  scope.own(() => socket.terminate());
  const frames: ServerFrame[] = [];
  const taken = new Set<ServerFrame>();
  const closed = new Promise<number>((resolve) => socket.on("close", resolve));
  socket.on("message", (data: Buffer) => frames.push(JSON.parse(data.toString()) as ServerFrame));
  socket.on("error", () => undefined);
  await eventually(() => socket.readyState === WebSocket.OPEN);
  return {
    frames,
    closed,
    send: (frame) => socket.send(JSON.stringify(frame)),
    sendText: (text) => socket.send(text),
    next: async <Type extends ServerFrame["type"]>(type: Type, withinMs = 5_000) => {
      const found = await eventually(
        () => frames.find((frame) => frame.type === type && !taken.has(frame)),
        { withinMs, what: `a frame of type ${type}` },
      );
      taken.add(found);
      return found as FrameOf<Type>;
    },
    drop: () => socket.terminate(),
  };
}

/** Connects and introduces itself; by default as the instance `raw`, with one slot. */
export async function greetRaw(
  scope: Scope,
  server: string,
  hello: RawHello,
): Promise<{ readonly raw: RawInstance; readonly welcome: FrameOf<"welcome"> }> {
  const raw = await connectRaw(scope, server);
  const defaults = { protocol: [1], resources: [KIND], instance: "raw", concurrency: 1 };
  raw.send({ type: "hello", ...defaults, ...hello });
  return { raw, welcome: await raw.next("welcome") };
}

/** Lines as frames carry them. */
export function rawLines(...messages: readonly string[]) {
  const timestamp = new Date().toISOString();
  return messages.map((message) => ({ timestamp, level: "info" as const, message, labels: {} }));
}
