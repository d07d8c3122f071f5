import type { Row } from "../row.ts";
import { cancelRow } from "./cancel.ts";
import { historyRow } from "./history.ts";
import { idleRow, pipelineRow } from "./idle.ts";
import { lineLatencyRow, linesRow } from "./lines.ts";
import { memoryRow } from "./memory.ts";
import { lossRow, redeliveryRow } from "./redelivery.ts";
import { createsRow, runsRow } from "./runs.ts";
import { fullStartRow, startRow } from "./start.ts";
import { followersRow, storedLinesRow } from "./stored-lines.ts";

/** In the order of the table. */
export const ROWS: readonly Row[] = [
  idleRow,
  runsRow,
  createsRow,
  pipelineRow,
  linesRow,
  lineLatencyRow,
  storedLinesRow,
  followersRow,
  redeliveryRow,
  lossRow,
  cancelRow,
  startRow,
  fullStartRow,
  memoryRow,
  historyRow,
];
