/** A report as one document, and back. */
import { type Figure, type FigureResult, isReached, ratioOf } from "../figure.ts";
import type { RowResult } from "../row.ts";
import type { Report } from "./table.ts";

interface FigureJson extends Figure, Omit<FigureResult, "figure"> {
  readonly row: string;
  readonly ratio: number | null;
  readonly reached: boolean | null;
}

interface ReportJson {
  readonly configuration: Report["configuration"];
  readonly figures: readonly FigureJson[];
  readonly loopDelays: readonly Pick<RowResult, "row" | "loopDelays">[];
}

export function jsonOf({ configuration, results }: Report): string {
  const figures = results.flatMap(({ row, figures }) =>
    figures.map(
      (result): FigureJson => ({
        row,
        ...result.figure,
        product: result.product,
        floor: result.floor,
        ratio: ratioOf(result),
        reached: isReached(result),
      }),
    ),
  );
  const loopDelays = results.map(({ row, loopDelays }) => ({ row, loopDelays }));
  const json: ReportJson = { configuration, figures, loopDelays };
  return `${JSON.stringify(json, null, 2)}\n`;
}

export function readReport(text: string): Report {
  const { configuration, figures, loopDelays } = JSON.parse(text) as ReportJson;
  const results = loopDelays.map(
    ({ row, loopDelays }): RowResult => ({
      row,
      loopDelays,
      figures: figures
        .filter((figure) => figure.row === row)
        .map(({ product, floor, ...figure }) => ({ figure, product, floor })),
    }),
  );
  return { configuration, results };
}
