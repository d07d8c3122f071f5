/**
 * What the engine offers: every use case of the control plane in the words of the domain, without
 * HTTP, sockets or SQL. Refusals are thrown as `ConveyorError` with a code.
 */
import type {
  Answers,
  CancelReason,
  Change,
  Command,
  CommandKind,
  Definition,
  DefinitionContent,
  Driver,
  DriverResult,
  EventName,
  HelloLease,
  JsonValue,
  LeaseName,
  LogChunk,
  LogLine,
  Pipeline,
  PipelineContent,
  Resource,
  ResourceContent,
  ResourceVersion,
  ResultCode,
  Run,
  RunEndState,
  RunState,
  Session,
} from "@conveyor-ci/core";
import type { NamePage, ResourceQuery, RunQuery } from "./ports/index.ts";
import type { HistogramFigures } from "./runtime/histogram.ts";

/** Who asks. The name becomes the `actor` of what is changed. */
export interface Principal {
  readonly name: string;
}

type NoNs<T> = Omit<T, "ns">;

/** A resource with what its views need. */
export interface ResourceState {
  readonly resource: Resource;
  readonly version: ResourceVersion;
  /** The newest run, with the results so far; for an old version the run it made. */
  readonly run: RunResults | null;
}

/** A run with the data of its results, by step. */
export interface RunResults {
  readonly run: Run;
  readonly data: Readonly<Record<string, JsonValue>>;
}

/** Why something is not moving. */
export interface Why {
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
  readonly since: number;
}

export interface RunDetails extends RunResults {
  readonly why: readonly Why[];
  /** By step id. */
  readonly stepWhy: Readonly<Record<string, readonly Why[]>>;
}

export interface DriverDetails {
  readonly driver: Driver;
  readonly sessions: readonly Session[];
  readonly queued: number;
  /** By instance, where this server has heard of it: lag of the handler's event loop. */
  readonly lagMs: ReadonlyMap<string, number>;
}

/** What a log stream yields: chunks whose lines come after the cursor, then once the end. */
export type LogEvent =
  | {
      readonly kind: "lines";
      readonly chunk: LogChunk /** lines with a greater seq are new */;
      readonly after: number;
    }
  | { readonly kind: "end"; readonly run: string; readonly state: RunState };

export interface LogFilter {
  readonly run: string | null;
  readonly driver: string | null;
  readonly pipeline: string | null;
  readonly step: string | null;
  /** Only with `run`: lines with a greater seq. */
  readonly after: number;
}

/** The engine's way to a connected instance. No call throws; what cannot be sent is dropped. */
export interface Link {
  assign(assignment: Assignment): void;
  cancel(token: number, reason: CancelReason): void;
  lost(token: number): void;
  drain(): void;
  /** Ends the connection. */
  close(reason: "expired" | "replaced" | "unsure" | "stopping"): void;
  /** Asks the other side for a sign of life; false: none came within `withinMs`. */
  isAlive(withinMs: number): Promise<boolean>;
}

/** One delivery with everything the handler gets. */
export interface Assignment {
  readonly token: number;
  readonly run: Run;
  readonly step: string;
  readonly attempt: number;
  readonly resource: ResourceState;
  /** Results of ended steps, by step id. */
  readonly results: Readonly<Record<string, DriverResult>>;
}

export interface HelloInput {
  readonly driver: string;
  readonly instance: string;
  readonly bootId: string;
  readonly resources: readonly string[];
  readonly events: readonly EventName[];
  readonly concurrency: number;
  readonly leases: readonly LeaseName[];
}

/** A connected instance, as its connection uses it. */
export interface Connection {
  readonly session: Session;
  readonly leases: readonly HelloLease[];
  /** Opens the gate for assignments; call it after the welcome was sent. */
  ready(): void;
  /** Answers the number of lines that are durable, or throws `lease_lost` or `lines_missing`. */
  append(
    token: number,
    batch: { readonly first: number; readonly lines: readonly LogLine[] },
  ): Promise<number>;
  /** Resolves when the result is durable, or throws `lease_lost` or `lines_missing`. */
  result(token: number, report: ResultReport): Promise<void>;
  /** A sign of life; answers those of the named leases that are not this instance's. */
  progress(tokens: readonly number[], lagMs: number): readonly number[];
  /** Any frame or pong was seen. */
  heard(): void;
  draining(): Promise<void>;
  /** The connection is gone; idempotent. */
  closed(goodbye: boolean): Promise<void>;
}

export interface ResultReport extends DriverResult {
  readonly lines: number;
  readonly code: ResultCode | null;
}

export interface Engine {
  /** Recovers sessions and starts the loops. */
  start(): Promise<void>;
  /** Tells instances to reconnect, finishes what was begun, stops the loops; idempotent. */
  stop(): Promise<void>;
  /** Throws when state cannot be read or written now; what it found holds for a second. */
  checkReady(): Promise<void>;

  createDefinition(
    by: Principal,
    content: DefinitionContent,
    mode: "create" | "apply" | "replace",
  ): Promise<Answers["createDefinition"]>;
  deleteDefinition(by: Principal, name: string): Promise<void>;
  getDefinition(name: string): Promise<Definition>;
  listDefinitions(page: NoNs<NamePage>): Promise<readonly Definition[]>;

  putPipeline(
    by: Principal,
    content: PipelineContent,
    mode: "apply" | "replace",
  ): Promise<Answers["putPipeline"]>;
  deletePipeline(by: Principal, name: string): Promise<void>;
  getPipeline(name: string): Promise<Pipeline>;
  listPipelines(page: NoNs<NamePage>): Promise<readonly Pipeline[]>;

  createResource(by: Principal, content: ResourceContent): Promise<Answers["createResource"]>;
  updateResource(
    by: Principal,
    content: ResourceContent,
    ifVersion: number | null,
  ): Promise<Answers["updateResource"]>;
  deleteResource(
    by: Principal,
    at: {
      readonly kind: string;
      readonly name: string;
      readonly force: boolean;
      readonly ifVersion: number | null;
    },
  ): Promise<Answers["deleteResource"]>;
  getResource(at: { readonly kind: string; readonly name: string }): Promise<ResourceState>;
  getVersion(at: {
    readonly kind: string;
    readonly name: string;
    readonly version: number;
  }): Promise<ResourceState>;
  listResources(query: NoNs<ResourceQuery>): Promise<readonly ResourceState[]>;

  getRun(id: string): Promise<RunDetails>;
  listRuns(query: NoNs<RunQuery>): Promise<readonly Run[]>;
  cancelRun(by: Principal, id: string): Promise<Run>;
  rerunRun(by: Principal, id: string): Promise<Run>;

  getDriver(name: string): Promise<DriverDetails>;
  listDrivers(page: NoNs<NamePage>): Promise<readonly DriverDetails[]>;
  forgetDriver(by: Principal, name: string): Promise<void>;
  /** Introduces an instance. Throws `instance_in_use`. */
  connect(hello: HelloInput, link: Link): Promise<Connection>;

  /** All of the lines or none, in one commit; answers the `seq` of the last. */
  writeLines(
    by: Principal,
    of: { readonly run: string; readonly driver: string; readonly lines: readonly LogLine[] },
  ): Promise<number>;
  /** Stored chunks that match, in order; chunks may hold lines up to `after`, to be passed over. */
  queryLogs(filter: LogFilter): AsyncIterable<LogChunk>;
  /**
   * Lines of one run from the cursor on, from disk to live, without gap or double; ends after the
   * run's end. Throws `run_not_found` before the first event. A slow reader holds at most a chunk.
   */
  followLogs(
    filter: { readonly run: string; readonly driver: string | null; readonly after: number },
    signal: AbortSignal,
  ): Promise<AsyncIterable<LogEvent>>;

  broadcast(by: Principal, message: string): Promise<void>;
  listChanges(page: { readonly after: number; readonly limit: number }): Promise<readonly Change[]>;
  /** The feed from a position on, without end, in pages as they come. */
  followChanges(after: number, signal: AbortSignal): AsyncIterable<readonly Change[]>;

  /** Figures for metrics. */
  figures(): Promise<EngineFigures>;
}

export interface EngineFigures {
  readonly unfinishedRuns: Readonly<Partial<Record<RunState, number>>>;
  /** By driver: what is queued for it, and how long the one that has waited longest has waited. */
  readonly queues: readonly QueueFigures[];
  readonly committed: CommittedFigures;
  readonly commits: HistogramFigures;
}

export interface QueueFigures {
  readonly driver: string;
  readonly depth: number;
  readonly oldestMs: number;
}

/** What this engine has committed since it was made. */
export interface CommittedFigures {
  readonly runsCreated: number;
  readonly runsEnded: Readonly<Record<RunEndState, number>>;
  readonly leasesLost: number;
  readonly linesStored: number;
  /** Characters of their messages. */
  readonly lineBytesStored: number;
  /** From queued to leased, of each grant. */
  readonly waits: HistogramFigures;
}

/** Sends one command and answers what it was answered, or throws its refusal. */
export type Submit = <K extends CommandKind>(
  command: Extract<Command, { readonly kind: K }>,
) => Promise<Answers[K]>;
