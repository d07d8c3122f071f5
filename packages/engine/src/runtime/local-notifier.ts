/** Notices within one process. */
import type { Channel, Notice, Notifier } from "../ports/index.ts";

export class LocalNotifier implements Notifier {
  readonly #listeners = new Map<Channel, Set<(notice: Notice) => void>>();

  publish(channel: Channel, notice: Notice): void {
    const listeners = this.#listeners.get(channel);
    if (listeners === undefined) return;
    for (const listener of listeners) listener(notice);
  }

  subscribe(channel: Channel, listener: (notice: Notice) => void): () => void {
    const listeners = this.#listeners.get(channel) ?? new Set();
    listeners.add(listener);
    this.#listeners.set(channel, listeners);
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0 && this.#listeners.get(channel) === listeners) {
        this.#listeners.delete(channel);
      }
    };
  }
}
