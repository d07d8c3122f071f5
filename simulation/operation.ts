/** A request of a client, what it is made of, and what is known to have come of it. */
import type { ErrorCode } from "@conveyor-ci/core";
import type { Engine } from "@conveyor-ci/engine";
import type { Random } from "../chaos/random.ts";

/** An accepted version, as the client knows it. */
export interface Put {
  readonly kind: "put";
  readonly n: number;
  readonly at: { readonly kind: string; readonly name: string };
  readonly resource: string;
  readonly version: number;
  readonly run: string | null;
}

/** An operation, and what is known to have come of it. */
export type Sent =
  | Put
  | { readonly kind: "unchanged" }
  | { readonly kind: "delete"; readonly run: string | null }
  | { readonly kind: "cancel"; readonly run: string }
  | { readonly kind: "rerun"; readonly run: string; readonly parent: string }
  | { readonly kind: "pipeline"; readonly id: string; readonly revision: number }
  | { readonly kind: "forget"; readonly driver: string }
  | { readonly kind: "line"; readonly run: string; readonly seq: number; readonly message: string }
  | { readonly kind: "message"; readonly message: string }
  /** History was read; null: it is what it was. */
  | { readonly kind: "look"; readonly wrong: string | null }
  /** What cannot be was done. */
  | { readonly kind: "granted" };

export interface Operation {
  readonly name: string;
  readonly ask: (engine: Engine) => Promise<Sent>;
  /** Where it has to be refused: the codes that say what is wrong with it. */
  readonly codes?: readonly ErrorCode[];
}

/** What operations are made of. */
export interface Setting {
  readonly random: Random;
  /** Drivers of which there is an instance. */
  readonly present: readonly string[];
  /** Runs of which somebody was told. */
  readonly runs: readonly string[];
  /** Versions of which somebody was told. */
  readonly puts: readonly Put[];
  /** Runs that somebody saw when they had ended, as they were then. */
  readonly finished: Map<string, string>;
}
