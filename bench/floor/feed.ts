/** Tells watchers by server-sent events which runs have ended, those of one commit in one write. */
import type { ServerResponse } from "node:http";

export class Feed {
  readonly #watchers = new Set<ServerResponse>();
  #position = 0;
  #text = "";

  follow(response: ServerResponse): void {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.flushHeaders();
    this.#watchers.add(response);
    response.on("close", () => this.#watchers.delete(response));
  }

  ended(run: string, state: string): void {
    if (this.#watchers.size === 0) return;
    if (this.#text === "") process.nextTick(() => this.#tell());
    this.#position += 1;
    const data = JSON.stringify({ position: this.#position, noun: "run", run, what: state });
    this.#text += `id: ${this.#position}\ndata: ${data}\n\n`;
  }

  #tell(): void {
    for (const watcher of this.#watchers) watcher.write(this.#text);
    this.#text = "";
  }
}
