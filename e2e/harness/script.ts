/** What a story tells the handlers of `scripted-driver.ts` to do, in the spec of its resources. */

export type Action =
  /** Logs so many lines, `line 1` and on; the count goes on from action to action. */
  | { readonly do: "log"; readonly count: number }
  /** Waits until all lines are durable, and writes `flushed` into the journal. */
  | { readonly do: "flush" }
  /**
   * Waits until the story opens the gate; with `logging` it logs a line every few milliseconds,
   * with `deaf` it waits on although its signal aborts.
   */
  | {
      readonly do: "gate";
      readonly name: string;
      readonly logging?: boolean;
      readonly deaf?: boolean;
    }
  /** Keeps the event loop from turning, logging a line every half second. */
  | { readonly do: "block"; readonly ms: number }
  /** Kills the process, as the kernel does when memory is short. */
  | { readonly do: "crash" }
  /** Ends with `success: false`, unless the story has opened the gate. */
  | { readonly do: "fail"; readonly message: string; readonly unless?: string }
  | { readonly do: "throw"; readonly message: string };

/** By step id, or step id and event as in `build@delete`; `*` is for steps that are not named. */
export type Script = Readonly<Record<string, readonly Action[]>>;

/** The spec of a resource that scripted drivers handle. */
export interface ScriptedSpec {
  readonly script?: Script;
  readonly [name: string]: unknown;
}

/** The kind of resource that scripted drivers handle unless told otherwise. */
export const KIND = "work";

/** Names in the environment of a scripted driver. */
export const SCRIPTED_ENV = {
  name: "SCRIPTED_NAME",
  resources: "SCRIPTED_RESOURCES",
  events: "SCRIPTED_EVENTS",
  instance: "SCRIPTED_INSTANCE",
  concurrency: "SCRIPTED_CONCURRENCY",
  /** Directory with the journals and the gates. */
  stage: "SCRIPTED_STAGE",
} as const;
