/** How clients reach whichever server is there: by requests that may get lost, as may their answers. */
import { ConveyorError } from "@conveyor-ci/core";
import type { Engine } from "@conveyor-ci/engine";
import type { SimServer } from "./sim-server.ts";
import { networkDelayMs, type World } from "./world.ts";

export type Answer<T> =
  | { readonly kind: "answered"; readonly value: T }
  | { readonly kind: "refused"; readonly code: string }
  /** Nobody knows whether it was done. */
  | { readonly kind: "unknown" };

const GIVE_UP_MS = 15_000;

/** Refusals after which it may have been done. */
const UNSURE: ReadonlySet<string> = new Set(["storage_unavailable", "shutting_down", "overloaded"]);

export class Gateway {
  readonly #world: World;
  readonly #server: () => SimServer;

  constructor(world: World, server: () => SimServer) {
    this.#world = world;
    this.#server = server;
  }

  request<T>(ask: (engine: Engine) => Promise<T>): Promise<Answer<T>> {
    const { scheduler } = this.#world;
    return new Promise((resolve) => {
      const callOff = scheduler.after(GIVE_UP_MS, () => resolve({ kind: "unknown" }));
      const settle = (answer: Answer<T>): void => {
        if (this.#isLost()) return;
        scheduler.after(networkDelayMs(this.#world), () => {
          callOff();
          resolve(answer);
        });
      };
      if (this.#isLost()) return;
      scheduler.after(networkDelayMs(this.#world), () => {
        const server = this.#server();
        if (!server.isOpen) {
          settle({ kind: "unknown" });
          return;
        }
        ask(server.engine).then(
          (value) => settle({ kind: "answered", value }),
          (error: unknown) => settle(this.#refusal(error)),
        );
      });
    });
  }

  #isLost(): boolean {
    const { isStormy, shape, random } = this.#world;
    return isStormy && shape.faults.lostRequests > 0 && random.chance(shape.faults.lostRequests);
  }

  #refusal(error: unknown): Answer<never> {
    if (!(error instanceof ConveyorError)) {
      this.#world.broken.push(`a request met a bug: ${String(error)}`);
      return { kind: "unknown" };
    }
    return UNSURE.has(error.code) ? { kind: "unknown" } : { kind: "refused", code: error.code };
  }
}
