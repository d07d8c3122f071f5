/** What a soak records, and by how much each figure may grow from its first quarter to its last. */

export interface Sample {
  /** Since the beginning. */
  readonly second: number;
  /** By the ids of the figures. */
  readonly values: Readonly<Record<string, number>>;
}

export interface SoakFigure {
  readonly id: string;
  readonly title: string;
  readonly unit: string;
  /** The last quarter may be this many times the first, and this much more; null: not judged. */
  readonly mayGrow: { readonly times: number; readonly plus: number } | null;
  /** Times of answers: what else the machine does lengthens them. */
  readonly isTime?: boolean;
}

/** Caches fill up, a collector takes its time: that is no growth. A leak is above it in an hour. */
const MEMORY = { times: 1.1, plus: 8 };
/** Readers and connections come and go. */
const HANDLES = { times: 1.1, plus: 3 };
const EXACT = { times: 1, plus: 0 };
const TYPICAL = { times: 1.3, plus: 1 };
const RARE = { times: 1.5, plus: 20 };

const ofProcess = (name: "server" | "driver"): readonly SoakFigure[] => [
  { id: `${name}.memory`, title: `${name}: resident memory`, unit: "MB", mayGrow: MEMORY },
  { id: `${name}.handles`, title: `${name}: open file handles`, unit: "", mayGrow: HANDLES },
  { id: `${name}.sockets`, title: `${name}: sockets`, unit: "", mayGrow: HANDLES },
  { id: `${name}.threads`, title: `${name}: threads`, unit: "", mayGrow: EXACT },
  {
    id: `${name}.cpu`,
    title: `${name}: processor`,
    unit: "% of a core",
    mayGrow: { times: 1.3, plus: 2 },
  },
];

const TIMES = {
  create: "create sent → answered",
  called: "create sent → handler called",
  log: "log of a run: first byte",
  list: "a page of a list",
} as const;

const times = Object.entries(TIMES).flatMap(([id, title]): readonly SoakFigure[] => [
  { id: `${id}.p50`, title: `${title}, p50`, unit: "ms", mayGrow: TYPICAL, isTime: true },
  { id: `${id}.p99`, title: `${title}, p99`, unit: "ms", mayGrow: RARE, isTime: true },
]);

/** In the order of the table and of the plot. */
export const SOAK_FIGURES: readonly SoakFigure[] = [
  ...ofProcess("server"),
  {
    id: "server.heap",
    title: "server: heap used",
    unit: "MB",
    mayGrow: { times: 1.25, plus: 10 },
  },
  ...ofProcess("driver"),
  { id: "database.size", title: "database", unit: "MB", mayGrow: null },
  {
    id: "database.run",
    title: "database: growth for each run",
    unit: "kB",
    mayGrow: { times: 1.15, plus: 0.2 },
  },
  {
    id: "database.wal",
    title: "write-ahead log",
    unit: "MB",
    mayGrow: { times: 1.1, plus: 1 },
  },
  ...times,
  { id: "queue", title: "queued step runs", unit: "", mayGrow: { times: 1.5, plus: 10 } },
  { id: "unfinished", title: "unfinished runs", unit: "", mayGrow: { times: 1.5, plus: 20 } },
  { id: "live", title: "live resources", unit: "", mayGrow: { times: 1.1, plus: 10 } },
  { id: "runs", title: "runs ended", unit: "/s", mayGrow: null },
  { id: "lines", title: "lines read back", unit: "/s", mayGrow: null },
  { id: "refusals", title: "refusals (4xx, 5xx)", unit: "/s", mayGrow: { times: 1.5, plus: 1 } },
  { id: "soak.cpu", title: "processor, soak in sum", unit: "% of a core", mayGrow: null },
  { id: "others.cpu", title: "processor, other programs", unit: "% of a core", mayGrow: null },
];
