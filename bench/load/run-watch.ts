/** Watches the feed of changes by server-sent events: which runs have ended, and how. */
import { get, type IncomingMessage } from "node:http";
import { sharedClockMs } from "../clock.ts";

export interface RunEnd {
  readonly state: string;
  /** When it was told here, by the shared clock. */
  readonly at: number;
}

interface FeedEntry {
  readonly position: number;
  readonly noun: string;
  readonly run?: string;
  readonly what: string;
}

const ENDED: ReadonlySet<string> = new Set(["succeeded", "failed", "cancelled", "timed_out"]);

export class RunWatch {
  readonly #response: IncomingMessage;
  readonly #ended = new Map<string, RunEnd>();
  readonly #waiting = new Map<string, (end: RunEnd) => void>();
  #position = 0;
  #text = "";

  private constructor(response: IncomingMessage) {
    this.#response = response;
    response.setEncoding("utf8");
    response.on("data", (text: string) => this.#take(text));
  }

  /** The position that was told last. */
  get position(): number {
    return this.#position;
  }

  static open(server: string, after = 0): Promise<RunWatch> {
    return new Promise((resolve, reject) => {
      const headers = { accept: "text/event-stream" };
      get(`${server}/changes?after=${after}`, { headers, agent: false }, (response) =>
        resolve(new RunWatch(response)),
      ).on("error", reject);
    });
  }

  /** Each run is asked for once. */
  ended(run: string): Promise<RunEnd> {
    const end = this.#ended.get(run);
    if (end === undefined) return new Promise((resolve) => this.#waiting.set(run, resolve));
    this.#ended.delete(run);
    return Promise.resolve(end);
  }

  close(): void {
    this.#response.removeAllListeners("error").on("error", () => {});
    this.#response.destroy();
  }

  #take(text: string): void {
    const at = sharedClockMs();
    const blocks = (this.#text + text).split("\n\n");
    this.#text = blocks.pop() ?? "";
    for (const block of blocks) {
      const data = block.indexOf("data: ");
      if (data < 0) continue;
      const { position, noun, run, what } = JSON.parse(block.slice(data + 6)) as FeedEntry;
      this.#position = position;
      if (noun === "run" && run !== undefined && ENDED.has(what))
        this.#end(run, { state: what, at });
    }
  }

  #end(run: string, end: RunEnd): void {
    const resolve = this.#waiting.get(run);
    if (resolve === undefined) {
      this.#ended.set(run, end);
      return;
    }
    this.#waiting.delete(run);
    resolve(end);
  }
}
