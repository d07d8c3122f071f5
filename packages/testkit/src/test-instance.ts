/**
 * A driver instance inside the test's process: its frames go to the engine without a socket, and
 * only the test's clock says how time passes for it.
 *
 * T1 While it is connected it gives a sign of life each time the clock passes `BEAT_MS`.
 * T2 What the engine answers reaches the driver in the order in which it was answered.
 */
import type { Client } from "@conveyor-ci/client";
import {
  type InstanceFrame,
  PROTOCOL_VERSIONS,
  type ResultFrame,
  type ServerFrame,
} from "@conveyor-ci/contract";
import { ConveyorError, DEFAULT_LIMITS, type JsonValue, type Limits } from "@conveyor-ci/core";
import type { Driver } from "@conveyor-ci/driver";
import { InProcessDriver } from "@conveyor-ci/driver/in-process";
import type { Connection, Engine, Link, ResultReport } from "@conveyor-ci/engine";
import { readHello, viewAssignment, welcomeOf } from "@conveyor-ci/server/drivers";
import type { ManualClock } from "./manual-clock.ts";

const BEAT_MS = 5_000;

export interface TestInstanceOptions {
  /** `driver-1`, `driver-2` and so on unless set. */
  readonly instance?: string;
  /** None: create and update. */
  readonly events?: readonly string[];
  /** 10 unless set. */
  readonly concurrency?: number;
}

/** What an instance works with. */
export interface TestInstanceParts {
  readonly engine: Engine;
  readonly clock: ManualClock;
  readonly client: Client;
  readonly limits: Partial<Limits>;
  readonly options: TestInstanceOptions & { readonly instance: string };
}

/** An instance of a driver; see `TestControlPlane.connect`. */
export class TestInstance {
  readonly #parts: TestInstanceParts;
  readonly #driver: InProcessDriver;
  #connection: Connection | null = null;
  #callOffBeat = (): void => {};
  /** What the driver would have written to stderr. */
  readonly notices: string[] = [];

  constructor(driver: Driver, parts: TestInstanceParts) {
    this.#parts = parts;
    this.#driver = new InProcessDriver(driver, {
      send: (frame) => this.#sent(JSON.parse(frame) as InstanceFrame),
      later: (delayMs, action) => void parts.clock.after(delayMs, action),
      client: () => parts.client,
      notice: (message) => void this.notices.push(message),
    });
  }

  /** Handlers that run. */
  get running(): number {
    return this.#driver.running;
  }

  get isConnected(): boolean {
    return this.#connection !== null;
  }

  /** Connects, or connects again with the leases that it holds. */
  async connect(): Promise<void> {
    if (this.#connection !== null) return;
    const { engine, limits, options } = this.#parts;
    const { instance, events, concurrency } = options;
    const hello = this.#driver.hello({
      instance,
      boot: instance,
      ...(events === undefined ? {} : { events: [...events] }),
      ...(concurrency === undefined ? {} : { concurrency }),
    });
    const connection = await engine.connect(readHello(hello), this.#link());
    this.#connection = connection;
    const { leases } = connection;
    const protocol = Math.max(...PROTOCOL_VERSIONS);
    this.#say(welcomeOf({ protocol, leases, limits: { ...DEFAULT_LIMITS, ...limits } }));
    connection.ready();
    this.#beat();
  }

  /**
   * Cuts the connection without a goodbye, as when the process dies or the network does. Handlers go
   * on; `connect` brings the instance back.
   */
  async disconnect(): Promise<void> {
    await this.#leave(false);
  }

  /** Tells every handler to end (`shutdown`), waits for them, and says goodbye. */
  async stop(): Promise<void> {
    await this.#connection?.draining();
    await this.#driver.stop();
    await this.#leave(true);
  }

  async #leave(goodbye: boolean): Promise<void> {
    const connection = this.#connection;
    this.#connection = null;
    this.#callOffBeat();
    this.#driver.disconnected();
    await connection?.closed(goodbye);
  }

  #say(frame: ServerFrame): void {
    this.#driver.receive(JSON.stringify(frame));
  }

  #lost(lease: number): void {
    this.#say({ type: "lost", lease, code: "lease_lost", message: "somebody else has the work" });
  }

  #link(): Link {
    return {
      assign: (assignment) => this.#say(viewAssignment(assignment)),
      cancel: (lease, reason) => this.#say({ type: "cancel", lease, reason }),
      lost: (lease) => this.#lost(lease),
      drain: () => {},
      close: () => void this.#leave(false),
      isAlive: () => Promise.resolve(this.isConnected),
    };
  }

  /** T1 */
  #beat(): void {
    for (const lost of this.#connection?.progress(this.#driver.working(), 0) ?? []) {
      this.#lost(lost);
    }
    this.#callOffBeat = this.#parts.clock.after(BEAT_MS, () => this.#beat());
  }

  /** The engine decides in the order of its calls, so none waits for the one before (T2). */
  #sent(frame: InstanceFrame): void {
    const connection = this.#connection;
    if (connection === null) return;
    if (frame.type === "log") {
      const { lease, first } = frame;
      const lines = frame.lines.map(({ stream, ...line }) =>
        stream === undefined ? line : { ...line, stream },
      );
      this.#answer(lease, connection.append(lease, { first, lines }), (received) =>
        this.#say({ type: "logged", lease, received }),
      );
    } else if (frame.type === "result") {
      const { lease } = frame;
      this.#answer(lease, connection.result(lease, reportOf(frame)), () =>
        this.#say({ type: "recorded", lease }),
      );
    }
  }

  #answer<T>(lease: number, done: Promise<T>, say: (value: T) => void): void {
    done.then(say, (error: unknown) => {
      if (!(error instanceof ConveyorError)) throw error;
      const { code, message } = error;
      if (code === "lease_lost") this.#lost(lease);
      else this.#say({ type: "refused", lease, code, message });
    });
  }
}

function reportOf({ lines, success, message, data, code }: ResultFrame): ResultReport {
  return { lines, success, message, data: (data ?? null) as JsonValue, code: code ?? null };
}
