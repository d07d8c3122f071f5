import type { Row } from "../row.ts";
import { idleRow, pipelineRow } from "./idle.ts";
import { lineLatencyRow, linesRow } from "./lines.ts";
import { memoryRow, startRow } from "./memory.ts";
import { createsRow, runsRow } from "./runs.ts";

/** In the order of the table. */
export const ROWS: readonly Row[] = [
  idleRow,
  runsRow,
  createsRow,
  pipelineRow,
  linesRow,
  lineLatencyRow,
  startRow,
  memoryRow,
];
