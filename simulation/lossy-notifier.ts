/** Notices as the port promises them, and no better: some are lost, some come late. */
import type { Channel, Notice, Notifier } from "@conveyor-ci/engine";

export interface NoticeFate {
  readonly isLost: () => boolean;
  /** Calls back when the notice arrives. */
  readonly later: (arrive: () => void) => void;
}

export class LossyNotifier implements Notifier {
  readonly #fate: NoticeFate;
  readonly #listeners = new Map<Channel, Set<(notice: Notice) => void>>();

  constructor(fate: NoticeFate) {
    this.#fate = fate;
  }

  publish(channel: Channel, notice: Notice): void {
    if (!this.#listeners.has(channel) || this.#fate.isLost()) return;
    this.#fate.later(() => {
      for (const listener of this.#listeners.get(channel) ?? []) listener(notice);
    });
  }

  subscribe(channel: Channel, listener: (notice: Notice) => void): () => void {
    const listeners = this.#listeners.get(channel) ?? new Set();
    listeners.add(listener);
    this.#listeners.set(channel, listeners);
    return () => void listeners.delete(listener);
  }
}
