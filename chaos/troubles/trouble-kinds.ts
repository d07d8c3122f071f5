/** The kinds of trouble that a chaos run makes, and whom it makes it for. */

export const TROUBLE_KINDS = [
  "kill",
  "partition",
  "half-open",
  "reset",
  "trickle",
  "slow-disk",
  "full-disk",
  "clock",
  "stop",
] as const;
export type TroubleKind = (typeof TROUBLE_KINDS)[number];

export const VICTIMS = ["server", "driver", "readers"] as const;
export type Victim = (typeof VICTIMS)[number];

/** Kinds that need a network of the run's own between the processes. */
export const NETWORK_KINDS: ReadonlySet<TroubleKind> = new Set([
  "partition",
  "half-open",
  "reset",
  "trickle",
]);

/** The text of `--trouble`: kinds with commas between them, or `all`. */
export function parseTroubles(text: string): readonly [TroubleKind, ...TroubleKind[]] {
  if (text === "all") return TROUBLE_KINDS;
  const kinds = text.split(",").map((name) => {
    const kind = TROUBLE_KINDS.find((one) => one === name);
    if (kind === undefined) {
      throw new RangeError(`no trouble is called ${name}; there are ${TROUBLE_KINDS.join(", ")}`);
    }
    return kind;
  });
  const [first, ...others] = kinds;
  if (first === undefined) throw new RangeError("no trouble is named");
  return [first, ...others];
}
