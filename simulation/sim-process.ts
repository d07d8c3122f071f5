/**
 * A process of the simulated world: what happens in it waits while it is paused, and never happens
 * once it is dead.
 */
import type { Scheduler } from "./scheduler.ts";

/** A shorter pause of the server looks like one of its instances' silence. */
const NOTICED_PAUSE_MS = 5_000;

export class SimProcess {
  readonly #scheduler: Scheduler;
  #state: "running" | "paused" | "dead" = "running";
  #backlog: (() => void)[] = [];
  #pausedAt = 0;
  #wokeAt = 0;

  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler;
  }

  get isDead(): boolean {
    return this.#state === "dead";
  }

  get isRunning(): boolean {
    return this.#state === "running";
  }

  /** When it last went on after a pause so long that it notices; 0: never. */
  get wokeAt(): number {
    return this.#wokeAt;
  }

  /** Does something in this process: now, when it goes on, or never. */
  run(action: () => void): void {
    if (this.#state === "running") action();
    else if (this.#state === "paused") this.#backlog.push(action);
  }

  /** Does something in this process after a delay; answers how to call it off. */
  after(delayMs: number, action: () => void): () => void {
    let isCalledOff = false;
    const callOff = this.#scheduler.after(delayMs, () =>
      this.run(() => {
        if (!isCalledOff) action();
      }),
    );
    return () => {
      isCalledOff = true;
      callOff();
    };
  }

  sleep(delayMs: number): Promise<void> {
    return new Promise((resolve) => void this.after(delayMs, resolve));
  }

  pause(): void {
    if (this.#state !== "running") return;
    this.#state = "paused";
    this.#pausedAt = this.#scheduler.now;
  }

  /** What came meanwhile follows, one thing after the other, in the order in which it came. */
  resume(): void {
    if (this.#state !== "paused") return;
    this.#state = "running";
    const { now } = this.#scheduler;
    if (now - this.#pausedAt > NOTICED_PAUSE_MS) this.#wokeAt = now;
    const count = this.#backlog.length;
    for (let turn = 0; turn < count; turn += 1) {
      this.#scheduler.after(0, () => {
        const action = this.#backlog.shift();
        if (action !== undefined) this.run(action);
      });
    }
  }

  die(): void {
    this.#state = "dead";
    this.#backlog = [];
  }
}
