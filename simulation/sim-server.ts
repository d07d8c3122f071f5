/**
 * One start of the server: the engine and the server's side of the driver protocol, on the disk that
 * outlives it.
 *
 * V1 What is not on the disk ends with the process: a dead one answers nothing and does nothing.
 */

import type { Writable } from "node:stream";
import { ConveyorError, DEFAULT_LIMITS } from "@conveyor-ci/core";
import { type Clock, createEngine, createSchemaValidator, type Engine } from "@conveyor-ci/engine";
import { DriverConnection } from "@conveyor-ci/server/drivers";
import type { WebSocket } from "ws";
import { createCrashableStorage, type StorageFate } from "./crashable-storage.ts";
import { LossyNotifier } from "./lossy-notifier.ts";
import { SimProcess } from "./sim-process.ts";
import { SimSocket } from "./sim-socket.ts";
import { networkDelayMs, type World } from "./world.ts";

const PING_MS = 5_000;
const HELLO_WITHIN_MS = 10_000;
/** How long a server that stops waits for the other side of its connections. */
const STOP_MS = 500;

/** Compiling a schema takes longer than a whole history. */
const VALIDATOR = createSchemaValidator();

const STREAM = { cork: () => {}, uncork: () => {} } as unknown as Writable;

export interface SimServerOptions {
  readonly world: World;
  readonly newId: () => string;
  /** Told when it could not start, or met a bug. */
  readonly onFailure: (error: unknown) => void;
}

export class SimServer {
  readonly process: SimProcess;
  readonly engine: Engine;
  readonly #options: SimServerOptions;
  readonly #clock: Clock;
  readonly #sockets = new Set<SimSocket>();
  readonly #connections = new Set<DriverConnection>();
  #isOpen = false;

  constructor(options: SimServerOptions) {
    const { world, newId, onFailure } = options;
    this.#options = options;
    this.process = new SimProcess(world.scheduler);
    this.#clock = clockOf(world, this.process);
    const { disk, defect } = world;
    const fate = storageFate(world);
    const storage = createCrashableStorage({ disk, process: this.process, fate });
    this.engine = createEngine({
      storage,
      logs: storage.logs,
      clock: this.#clock,
      notifier: new LossyNotifier(noticeFate(world, this.process)),
      newId,
      validator: VALIDATOR,
      limits: defect.limits,
      onError: (error) => {
        world.trace(() => `a loop failed: ${String(error)}`);
        if (!(error instanceof ConveyorError)) onFailure(error);
      },
    });
    defect.bends(this.engine);
  }

  get isOpen(): boolean {
    return this.#isOpen && this.process.isRunning;
  }

  start(): void {
    const { contacts, scheduler } = this.#options.world;
    contacts.serverStarts(scheduler.now);
    this.engine.start().then(
      () => {
        this.#isOpen = true;
        this.#ping();
      },
      (error: unknown) => this.#options.onFailure(error),
    );
  }

  /** A new connection of the instance of a session, if somebody listens. */
  accept(client: SimProcess, session: string): SimSocket | null {
    const { world, onFailure } = this.#options;
    if (!this.#isOpen || this.process.isDead) return null;
    const [near, far] = SimSocket.pair(client, this.process, {
      scheduler: world.scheduler,
      delayMs: () => networkDelayMs(world),
      drops: world.defect.drops,
    });
    this.#sockets.add(far);
    world.contacts.begin(session, far, world.scheduler);
    this.process.run(() => {
      const connection = new DriverConnection(
        {
          engine: this.engine,
          clock: this.#clock,
          limits: DEFAULT_LIMITS,
          helloWithinMs: HELLO_WITHIN_MS,
          logger: {
            debug: () => {},
            info: () => {},
            warn: ({ err }: { err?: unknown }, text) =>
              world.trace(() => `${text}: ${String(err)}`),
            error: ({ err }: { err?: unknown }, text) => onFailure(new Error(text, { cause: err })),
          },
        },
        { ws: far as unknown as WebSocket, stream: STREAM },
      );
      this.#connections.add(connection);
      far.on("close", () => {
        this.#sockets.delete(far);
        this.#connections.delete(connection);
      });
    });
    return near;
  }

  /** The process is killed, or its machine is. */
  crash(isTold: boolean): void {
    this.process.die();
    for (const socket of this.#sockets) socket.abandon(isTold);
  }

  /** The process stops as after SIGTERM; calls back when it is gone. */
  stop(gone: () => void): void {
    this.#isOpen = false;
    const leave = (): void => {
      for (const connection of this.#connections) connection.close();
      this.process.after(STOP_MS, () => {
        this.crash(true);
        gone();
      });
    };
    this.engine.stop().then(leave, leave);
  }

  #ping(): void {
    for (const connection of this.#connections) connection.ping();
    this.process.after(PING_MS, () => this.#ping());
  }
}

function clockOf({ scheduler, defect }: World, process: SimProcess): Clock {
  return {
    now: () => scheduler.now,
    after: (delayMs, wake) =>
      defect.sleepsThrough(delayMs) ? () => {} : process.after(delayMs, wake),
    nextTurn: () => process.sleep(0),
  };
}

function storageFate(world: World): StorageFate {
  const { random, shape, defect } = world;
  const { slowDisk, failingDisk } = shape.faults;
  const happens = (chance: number): boolean =>
    chance > 0 && world.isStormy && random.chance(chance);
  return {
    writeMs: () => (happens(slowDisk) ? random.integer(50, 3_000) : random.integer(0, 3)),
    answerMs: () => (happens(slowDisk) ? random.integer(50, 1_000) : 0),
    batchFails: () => (happens(failingDisk) ? random.pick(["before", "after"]) : "no"),
    readMs: () => (happens(slowDisk) ? random.integer(1, 500) : null),
    readFails: () => happens(failingDisk),
    rewrite: defect.rewrite,
  };
}

function noticeFate(world: World, process: SimProcess) {
  const { random, shape } = world;
  const { lostNotices, lateNotices } = shape.faults;
  const happens = (chance: number): boolean =>
    chance > 0 && world.isStormy && random.chance(chance);
  return {
    isLost: () => happens(lostNotices),
    later: (arrive: () => void) => {
      if (happens(lateNotices)) process.after(random.integer(1, 1_500), arrive);
      else arrive();
    },
  };
}
