/** What a row measures, and what it has to reach. */
import { median } from "./percentiles.ts";

export type Measured =
  | { readonly kind: "latency"; readonly p50: number; readonly p99: number }
  | { readonly kind: "single"; readonly value: number };

export interface Figure {
  readonly id: string;
  readonly title: string;
  readonly unit: "ms" | "µs" | "/s" | "MB";
  readonly target: Target;
  /** What takes the floor's place: another value of the same sample, by its id. */
  readonly base?: string;
}

/** Against the floor, as the median of all pairs; or in the figure's own unit. */
export type Target =
  | { readonly kind: "ratioAtMost"; readonly bound: number }
  | { readonly kind: "ratioAtLeast"; readonly bound: number }
  | { readonly kind: "atMost"; readonly of: "typical" | "p99"; readonly bound: number }
  | { readonly kind: "none" };

/** What was measured of one figure, by pair. */
export interface FigureResult {
  readonly figure: Figure;
  readonly product: readonly Measured[];
  /** Empty where the floor has nothing like it. */
  readonly floor: readonly Measured[];
}

export function typicalOf(measured: Measured): number {
  return measured.kind === "latency" ? measured.p50 : measured.value;
}

/** Over all pairs; null where nothing was measured. */
export function summaryOf(
  measured: readonly Measured[],
): { readonly typical: number; readonly p99: number | null } | null {
  if (measured.length === 0) return null;
  const p99s = measured.flatMap((one) => (one.kind === "latency" ? [one.p99] : []));
  return {
    typical: median(measured.map(typicalOf)),
    p99: p99s.length === 0 ? null : median(p99s),
  };
}

/** The median of the pairs' ratios; null without a floor. */
export function ratioOf({ product, floor }: FigureResult): number | null {
  const ratios = product.flatMap((one, index) => {
    const other = floor[index];
    return other === undefined ? [] : [typicalOf(one) / typicalOf(other)];
  });
  return ratios.length === 0 ? null : median(ratios);
}

/** Null where there is no target, or nothing to hold against it. */
export function isReached(result: FigureResult): boolean | null {
  const { target } = result.figure;
  const ratio = ratioOf(result);
  const summary = summaryOf(result.product);
  switch (target.kind) {
    case "none":
      return null;
    case "ratioAtMost":
      return ratio === null ? null : ratio <= target.bound;
    case "ratioAtLeast":
      return ratio === null ? null : ratio >= target.bound;
    case "atMost": {
      const value = target.of === "p99" ? summary?.p99 : summary?.typical;
      return value === undefined || value === null ? null : value <= target.bound;
    }
  }
}
