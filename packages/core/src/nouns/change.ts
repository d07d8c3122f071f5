/** One entry of the feed of everything that changed, in the order of commits. */
export interface Change {
  /** Grows by one; assigned as the last act of the transaction. */
  readonly position: number;
  readonly at: number;
  readonly noun: ChangeNoun;
  readonly name: string;
  /** Of a resource or a run. */
  readonly kind: string | null;
  readonly run: string | null;
  readonly what: string;
  readonly actor: string;
}

export type ChangeNoun = "definition" | "resource" | "pipeline" | "run" | "driver" | "message";

/** A change before the transaction gives it its position. */
export type NewChange = Omit<Change, "position"> & { readonly ns: string };
