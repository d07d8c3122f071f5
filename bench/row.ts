/**
 * A row: one exchange, measured on both sides in alternating pairs.
 *
 * R1 Both sides stand ready, each with its server and driver, while only one of them is loaded.
 * R2 Pairs change their order, so that what grows or warms up falls on both.
 * R3 What was opened is closed, however the row ends.
 */
import type { Figure, FigureResult, Measured } from "./figure.ts";
import type { HistorySize } from "./history/history-directory.ts";
import type { LoopDelay, SideName, SideOptions } from "./side.ts";

export interface Settings extends Omit<SideOptions, "probe"> {
  readonly quick: boolean;
  readonly pairs: number;
  readonly sides: readonly SideName[];
  /** What the row about history fills, and where; null: in a directory that it removes. */
  readonly history: HistorySize & { readonly directory: string | null };
  readonly progress: (text: string) => void;
}

export interface Row {
  readonly name: string;
  readonly figures: readonly Figure[];
  /** Sides that have what the row measures; both unless it says so. */
  readonly sides?: readonly SideName[];
  /** For rows that take long: no more pairs than these. */
  readonly maxPairs?: number;
  /** Takes too long for a quick look. */
  readonly isLong?: boolean;
  /** Takes so long that it is measured only when it is named. */
  readonly isByName?: boolean;
  /** Brings a side to where samples can be taken. */
  open(side: SideName, settings: Settings): Promise<Stage>;
}

/** One side of a row, ready. */
export interface Stage {
  /** Measures once; answers by the ids of the row's figures. */
  sample(): Promise<Readonly<Record<string, Measured>>>;
  /** Null where the server is not asked. */
  loopDelay(): Promise<LoopDelay | null>;
  close(): Promise<void>;
}

export interface RowResult {
  readonly row: string;
  readonly figures: readonly FigureResult[];
  /** Of the product's server, while it was loaded. */
  readonly loopDelays: readonly LoopDelay[];
}

type Samples = Record<SideName, Readonly<Record<string, Measured>>[]>;

export async function runRow(row: Row, settings: Settings): Promise<RowResult> {
  const { progress } = settings;
  const sides = (row.sides ?? ["floor", "product"]).filter((side) => settings.sides.includes(side));
  const pairs = Math.min(settings.pairs, row.maxPairs ?? settings.pairs);
  const stages = new Map<SideName, Stage>();
  const samples: Samples = { floor: [], product: [] };
  const loopDelays: LoopDelay[] = [];
  try {
    for (const side of sides) {
      progress(`${row.name}: ${side} starts`);
      stages.set(side, await row.open(side, settings)); // R1
    }
    for (let pair = 0; pair < pairs; pair += 1) {
      const order = pair % 2 === 0 ? sides : [...sides].reverse(); // R2
      for (const side of order) {
        const stage = stages.get(side);
        if (stage === undefined) continue;
        await stage.loopDelay();
        samples[side].push(await stage.sample());
        const delay = await stage.loopDelay();
        if (side === "product" && delay !== null) loopDelays.push(delay);
        progress(`${row.name}: ${side} ${pair + 1}/${pairs}`);
      }
    }
  } finally {
    for (const stage of stages.values()) await stage.close(); // R3
  }
  return { row: row.name, figures: row.figures.map((figure) => pick(figure, samples)), loopDelays };
}

function pick(figure: Figure, samples: Samples): FigureResult {
  const of = (side: SideName): Measured[] =>
    samples[side].flatMap((sample) => sample[figure.id] ?? []);
  const { base } = figure;
  const floor =
    base === undefined ? of("floor") : samples.product.flatMap((sample) => sample[base] ?? []);
  return { figure, product: of("product"), floor };
}
