/**
 * A driver instance: the real book of leases, spool and handlers of the driver package on a
 * connection of the simulated network. It is started again whenever its process ends.
 *
 * N1 A connection that is silent for `SILENCE_MS` is ended; a lost one is made again.
 * N2 Each start of the process has a boot id of its own.
 */

import type { ServerFrame } from "@conveyor-ci/contract";
import { sessionId } from "@conveyor-ci/core";
import { InProcessDriver } from "@conveyor-ci/driver/in-process";
import { EPOCH_MS } from "./disk.ts";
import { createHandlers, type HandlerNote } from "./handlers.ts";
import type { InstanceShape } from "./shape.ts";
import { SimProcess } from "./sim-process.ts";
import type { SimSocket } from "./sim-socket.ts";
import type { World } from "./world.ts";

const PROGRESS_MS = 5_000;
const WATCH_MS = 3_000;
const SILENCE_MS = 15_000;
const LONGEST_RECONNECT_MS = 3_000;
const LONGEST_RESTART_MS = 4_000;
/** How long an instance that stops waits until its last results are recorded. */
const LEAVE_MS = 400;

export interface SimInstanceParts {
  readonly world: World;
  readonly shape: InstanceShape;
  readonly notes: HandlerNote[];
  /** Opens a connection to the server that listens now; null: nobody does. */
  readonly dial: (process: SimProcess) => SimSocket | null;
  /** Told of each lease of which the server said that it is lost. */
  readonly onLost: (token: number) => void;
  /** Told of each handler whose signal aborts. */
  readonly onAborted: (note: HandlerNote) => void;
}

export class SimInstance {
  readonly shape: InstanceShape;
  readonly #parts: SimInstanceParts;
  #process: SimProcess;
  #driver: InProcessDriver;
  #socket: SimSocket | null = null;
  #isWelcome = false;
  #boots = 0;
  #lastHeard = 0;
  /** Grows with everything that may keep a message from arriving in time. */
  #troubles = 0;
  #wasAskedToStop = false;
  #isAway = false;

  constructor(parts: SimInstanceParts) {
    this.#parts = parts;
    this.shape = parts.shape;
    this.#process = new SimProcess(parts.world.scheduler);
    this.#driver = this.#boot();
  }

  get process(): SimProcess {
    return this.#process;
  }

  /** Whether what the server of that process sends arrives. */
  isReachedBy(server: SimProcess): boolean {
    const isSound = this.#socket?.isSoundTo(server) ?? false;
    return this.#isWelcome && isSound && this.#process.isRunning && server.isRunning;
  }

  /** N2 */
  get #bootId(): string {
    return `${this.shape.name}-boot-${this.#boots}`;
  }

  get troubles(): number {
    return this.#troubles;
  }

  start(): void {
    this.#connect();
    this.#watch();
    this.#progress();
  }

  /** Kills the process; another is started after a while, or never. */
  crash(of: { readonly isTold: boolean; readonly isBack: boolean }): void {
    const { world } = this.#parts;
    world.trace(() => `${this.shape.name} is killed${of.isBack ? "" : " for good"}`);
    this.#troubles += 1;
    this.#process.die();
    this.#socket?.abandon(of.isTold);
    if (of.isBack) this.#restart();
  }

  /** Stops as after SIGTERM: handlers are told, what they returned is handed over. */
  stop(): void {
    const { world } = this.#parts;
    if (this.#wasAskedToStop || !this.#process.isRunning) return;
    world.trace(() => `${this.shape.name} stops`);
    this.#wasAskedToStop = true;
    this.#troubles += 1;
    this.#send(`{"type":"draining"}`);
    const driver = this.#driver;
    void driver.stop().then(() =>
      this.#process.after(LEAVE_MS, () => {
        world.contacts.takesLeave(sessionId(this.shape.driver, this.shape.name), this.#bootId);
        this.#send(`{"type":"goodbye"}`);
        this.#socket?.close();
        this.#process.die();
        this.#restart();
      }),
    );
  }

  pause(): void {
    this.#troubles += 1;
    this.#process.pause();
  }

  resume(): void {
    this.#troubles += 1;
    this.#process.resume();
  }

  cut(): void {
    this.#troubles += 1;
    this.#socket?.cut();
  }

  /** The network between it and the server is gone, and nobody is told. */
  hold(): void {
    this.#troubles += 1;
    this.#isAway = true;
    this.#socket?.hold();
  }

  heal(): void {
    this.#troubles += 1;
    this.#isAway = false;
    this.#socket?.heal();
  }

  /** N2 */
  #boot(): InProcessDriver {
    const { world, notes, shape, onAborted } = this.#parts;
    this.#boots += 1;
    this.#socket = null;
    this.#isWelcome = false;
    this.#wasAskedToStop = false;
    const process = this.#process;
    const { driver, resources, name: instance } = shape;
    const pid = this.#boots;
    return new InProcessDriver(
      createHandlers({ world, process, driver, resources, instance, pid, notes, onAborted }),
      {
        send: (frame) => {
          for (const text of world.defect.resends(frame)) this.#send(text);
        },
        later: (delayMs, action) => void process.after(delayMs, action),
        now: () => EPOCH_MS + world.scheduler.now,
        client: () => {
          throw new Error("simulated handlers use no client");
        },
        notice: (message) => world.trace(() => `${instance}: ${message}`),
      },
    );
  }

  #restart(): void {
    const { world } = this.#parts;
    world.scheduler.after(world.random.integer(0, LONGEST_RESTART_MS), () => {
      this.#process = new SimProcess(world.scheduler);
      this.#driver = this.#boot();
      world.trace(() => `${this.shape.name} starts again`);
      this.start();
    });
  }

  #connect(): void {
    const { world, dial, shape } = this.#parts;
    const socket = this.#isAway ? null : dial(this.#process);
    if (socket === null) {
      this.#connectLater();
      return;
    }
    this.#socket = socket;
    this.#lastHeard = world.scheduler.now;
    const heard = (): void => {
      this.#lastHeard = world.scheduler.now;
    };
    socket.on("message", (data: Buffer) => {
      heard();
      if (this.#socket === socket) this.#read(socket, data.toString());
    });
    socket.on("ping", heard);
    socket.on("pong", heard);
    socket.on("close", () => this.#lost(socket));
    const { resources, events, concurrency, name: instance } = shape;
    const boot = this.#bootId;
    const hello = this.#driver.hello({ instance, boot, events: [...events], concurrency });
    socket.send(JSON.stringify({ ...hello, resources }));
  }

  #connectLater(): void {
    const { random } = this.#parts.world;
    this.#process.after(random.integer(1, LONGEST_RECONNECT_MS), () => {
      if (this.#socket === null) this.#connect();
    });
  }

  #read(socket: SimSocket, text: string): void {
    const { world, shape } = this.#parts;
    const frame = JSON.parse(text) as ServerFrame;
    if (frame.type === "drain") {
      socket.close();
      this.#lost(socket);
    } else if (frame.type === "error") {
      world.trace(() => `${shape.name} is told ${frame.code}: ${frame.message}`);
      if (frame.code === "instance_in_use") this.crash({ isTold: true, isBack: true });
      else {
        socket.close();
        this.#lost(socket);
      }
    } else {
      if (frame.type === "welcome") {
        this.#isWelcome = true;
        this.#troubles += 1;
        if (this.#wasAskedToStop) this.#send(`{"type":"draining"}`);
      }
      for (const token of lostIn(frame)) this.#parts.onLost(token);
      const heard = world.defect.hears(frame);
      if (heard === frame) this.#driver.receive(text);
      else if (heard !== null) this.#driver.receive(JSON.stringify(heard));
    }
  }

  #lost(socket: SimSocket): void {
    if (this.#socket !== socket) return;
    this.#socket = null;
    this.#isWelcome = false;
    this.#troubles += 1;
    this.#driver.disconnected();
    this.#connectLater();
  }

  #send(frame: string): void {
    if (this.#isWelcome) this.#socket?.send(frame);
  }

  #progress(): void {
    const leases = this.#driver.working();
    this.#send(JSON.stringify({ type: "progress", leases, lagMs: 0 }));
    this.#process.after(PROGRESS_MS, () => this.#progress());
  }

  /** N1 */
  #watch(): void {
    const { scheduler } = this.#parts.world;
    if (scheduler.now - this.#lastHeard >= SILENCE_MS) this.#socket?.terminate();
    this.#process.after(WATCH_MS, () => this.#watch());
  }
}

function lostIn(frame: ServerFrame): readonly number[] {
  if (frame.type === "lost") return [frame.lease];
  if (frame.type !== "welcome") return [];
  return frame.leases.filter(({ state }) => state === "lost").map(({ lease }) => lease);
}
