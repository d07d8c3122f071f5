/**
 * A connection between two simulated processes, with the part of the interface of `ws` that the
 * server and the instances use. Beside the events of `ws`, for those who look on: `sent` with the text
 * of a frame, and `left` when this end no longer is open.
 *
 * K1 What one end sends arrives in order, each after a delay, or not at all once the connection is
 *    cut or reset.
 * K2 While the network is partitioned nothing arrives and nobody is told; what was sent arrives when
 *    it heals, if both ends still want it.
 */
import { EventEmitter } from "node:events";
import type { Scheduler } from "./scheduler.ts";
import type { SimProcess } from "./sim-process.ts";

type Item =
  | { readonly kind: "frame"; readonly text: string }
  | { readonly kind: "ping" | "pong" | "reset" }
  | { readonly kind: "close"; readonly code: number };

export interface SocketPorts {
  readonly scheduler: Scheduler;
  readonly delayMs: () => number;
  /** Whether a frame is dropped though the connection is sound; only seeded defects do that. */
  readonly drops: (text: string) => boolean;
}

const ABNORMAL = 1006;

export class SimSocket extends EventEmitter {
  readonly OPEN = 1;
  readonly CLOSING = 2;
  readonly CLOSED = 3;
  readonly bufferedAmount = 0;
  readyState = 1;
  readonly owner: SimProcess;
  readonly #ports: SocketPorts;
  #peer: SimSocket | null = null;
  /** On their way to the peer. */
  readonly #flying: Item[] = [];
  #lastArrival = 0;
  #isHeld = false;
  #isCut = false;
  /** Arrivals that were due while the network was partitioned. */
  #landed = 0;

  constructor(owner: SimProcess, ports: SocketPorts) {
    super();
    this.owner = owner;
    this.#ports = ports;
  }

  static pair(client: SimProcess, server: SimProcess, ports: SocketPorts): [SimSocket, SimSocket] {
    const ends: [SimSocket, SimSocket] = [
      new SimSocket(client, ports),
      new SimSocket(server, ports),
    ];
    ends[0].#peer = ends[1];
    ends[1].#peer = ends[0];
    return ends;
  }

  /** Whether what the other end sends from that process arrives here. */
  isSoundTo(process: SimProcess): boolean {
    const peer = this.#peer;
    const isOpen = this.readyState === this.OPEN && peer?.readyState === this.OPEN;
    return isOpen && peer.owner === process && !peer.#isHeld && !peer.#isCut;
  }

  send(data: string): void {
    if (this.readyState === this.OPEN) this.emit("sent", data);
    if (this.readyState === this.OPEN && !this.#ports.drops(data)) {
      this.#throw({ kind: "frame", text: data });
    }
  }

  ping(): void {
    if (this.readyState === this.OPEN) this.#throw({ kind: "ping" });
  }

  close(code = 1000): void {
    if (this.readyState !== this.OPEN) return;
    this.#leave(this.CLOSING);
    this.#throw({ kind: "close", code });
  }

  /** Ends this side at once; the other side is told. */
  terminate(): void {
    if (this.readyState === this.CLOSED) return;
    this.#throw({ kind: "reset" });
    this.#leave(this.CLOSED);
    this.owner.after(0, () => this.emit("close", ABNORMAL));
  }

  /** The process behind this end has died: its system tells the other side, if there still is one. */
  abandon(isTold: boolean): void {
    if (this.readyState === this.CLOSED) return;
    if (isTold) this.#throw({ kind: "reset" });
    this.#leave(this.CLOSED);
  }

  /** The connection breaks: what is on its way is lost, and both ends find out. */
  cut(): void {
    for (const end of [this, this.#peer]) {
      if (end === null) continue;
      end.#flying.length = 0;
      end.#isCut = true;
      this.#ports.scheduler.after(this.#ports.delayMs(), () =>
        end.owner.run(() => end.#close(ABNORMAL)),
      );
    }
  }

  /** K2 */
  hold(): void {
    for (const end of [this, this.#peer]) if (end !== null) end.#isHeld = true;
  }

  heal(): void {
    for (const end of [this, this.#peer]) {
      if (end === null || !end.#isHeld) continue;
      end.#isHeld = false;
      for (; end.#landed > 0; end.#landed -= 1) {
        this.#ports.scheduler.after(this.#ports.delayMs(), () => end.#arrive());
      }
    }
  }

  pause(): void {}
  resume(): void {}

  #throw(item: Item): void {
    if (this.#isCut) return;
    const { scheduler, delayMs } = this.#ports;
    this.#flying.push(item);
    this.#lastArrival = Math.max(this.#lastArrival, scheduler.now + delayMs());
    scheduler.after(this.#lastArrival - scheduler.now, () => this.#arrive());
  }

  /** K1: whichever arrival it is, the first of those on their way arrives. */
  #arrive(): void {
    if (this.#isHeld) {
      this.#landed += 1;
      return;
    }
    const item = this.#flying.shift();
    const peer = this.#peer;
    if (item !== undefined) peer?.owner.run(() => peer.#catch(item));
  }

  #catch(item: Item): void {
    if (this.readyState === this.CLOSED) return;
    switch (item.kind) {
      case "frame":
        this.emit("message", Buffer.from(item.text), false);
        break;
      case "ping":
        this.#throw({ kind: "pong" });
        this.emit("ping");
        break;
      case "pong":
        this.emit("pong");
        break;
      case "close":
        if (this.readyState === this.OPEN) this.#throw(item);
        this.#close(item.code);
        break;
      case "reset":
        this.#close(ABNORMAL);
        break;
    }
  }

  #close(code: number): void {
    if (this.readyState === this.CLOSED) return;
    this.#leave(this.CLOSED);
    this.emit("close", code);
  }

  #leave(state: number): void {
    if (this.readyState === this.OPEN) this.emit("left");
    this.readyState = state;
  }
}
