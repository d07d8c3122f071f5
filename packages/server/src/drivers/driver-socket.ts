/**
 * The WebSocket of a driver instance: frames out, signs of life in, and the bounds of both.
 *
 * W1 What is sent after the close is dropped; the instance is told again when it comes back.
 * W2 An instance that does not read what it is sent is cut off at `MAX_BUFFERED_BYTES`.
 */
import { CLOSE, type ServerFrame } from "@conveyor-ci/contract";
import type { Clock } from "@conveyor-ci/engine";
import type { WebSocket } from "ws";
import type { TurnCork } from "../streams/turn-cork.ts";

const MAX_BUFFERED_BYTES = 32 * 1024 ** 2;
/** How long the other side may take to answer a close. */
const CLOSE_WITHIN_MS = 1_000;

export class DriverSocket {
  readonly ws: WebSocket;
  readonly #cork: TurnCork;
  readonly #clock: Clock;
  #waiting: ((isAlive: boolean) => void)[] = [];

  constructor(ws: WebSocket, { cork, clock }: { readonly cork: TurnCork; readonly clock: Clock }) {
    this.ws = ws;
    this.#cork = cork;
    this.#clock = clock;
    ws.on("close", () => this.#answer(false));
  }

  get isOpen(): boolean {
    return this.ws.readyState === this.ws.OPEN;
  }

  /** Sends a frame; one that cannot be sent is dropped (W1). */
  send(frame: ServerFrame): void {
    if (!this.isOpen) return;
    if (this.ws.bufferedAmount > MAX_BUFFERED_BYTES) {
      this.ws.terminate();
      return;
    }
    this.#cork.hold();
    this.ws.send(JSON.stringify(frame));
  }

  /** Any frame or pong came. */
  heard(): void {
    if (this.#waiting.length > 0) this.#answer(true);
  }

  ping(): void {
    if (this.isOpen) this.ws.ping();
  }

  /** Asks for a sign of life; false: none came in time. */
  isAlive(withinMs: number): Promise<boolean> {
    if (!this.isOpen) return Promise.resolve(false);
    return new Promise((resolve) => {
      const callOff = this.#clock.after(withinMs, () => this.#answer(false));
      this.#waiting.push((isAlive) => {
        callOff();
        resolve(isAlive);
      });
      this.ping();
    });
  }

  #answer(isAlive: boolean): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve(isAlive);
  }

  /** Sends an error frame and ends the connection. */
  fail(error: { readonly code: string; readonly message: string }, close: number): void {
    const { code, message } = error;
    this.send({ type: "error", code, message });
    this.close(close, code);
  }

  /** Ends the connection, by force when the other side does not answer. */
  close(code: number = CLOSE.normal, reason = ""): void {
    if (this.ws.readyState === this.ws.CLOSED) return;
    this.ws.close(code, reason);
    // A socket that is not read from would never see the other side's answer.
    this.ws.resume();
    const callOff = this.#clock.after(CLOSE_WITHIN_MS, () => this.ws.terminate());
    this.ws.once("close", callOff);
  }
}
