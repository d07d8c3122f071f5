/** What a driver author writes, and what `reconcile` is given. */
import type { Client } from "@conveyor-ci/client";
import type { WireResource, WireResult } from "@conveyor-ci/contract";
import {
  isDriverName,
  isName,
  type JsonValue,
  NAME_RULE,
  RESERVED_DRIVERS,
} from "@conveyor-ci/core";
import type { ResourceDefinition } from "./define-resource.ts";
import { DriverError } from "./errors.ts";
import type { DriverLogger } from "./logger.ts";

/** A kind that a driver listens to: its name, or what `defineResource` answered. */
export type ResourceEntry = string | ResourceDefinition;

/** A resource as on the wire, at the version of the run. */
export type Resource<Kind extends string = string, Spec = JsonValue> = Omit<
  WireResource,
  "resource" | "spec"
> & { readonly resource: Kind; readonly spec: Spec };

/** The resource that an entry of `resources` stands for; of several entries, their union. */
export type ResourceFor<Entry> =
  Entry extends ResourceDefinition<infer Kind, infer Spec>
    ? Resource<Kind, Spec>
    : Entry extends string
      ? Resource<Entry>
      : never;

/** What `reconcile` answers: how it went, in words, and any JSON value for the steps behind it. */
export interface DriverResult {
  readonly success: boolean;
  readonly message?: string;
  /** At most 256 KiB as JSON, together with the message. */
  readonly data?: unknown;
}

/** One attempt at one step run. */
export interface ReconcileContext<R = Resource> {
  readonly resource: R;
  readonly event: "create" | "update" | "delete";
  readonly runId: string;
  /** The step's id; without a pipeline the driver's name. */
  readonly step: string;
  /** From 1. An attempt may repeat what an earlier one did in part: delivery is at least once. */
  readonly attempt: number;
  /** Results of earlier steps of the run, by step id. */
  readonly results: Readonly<Record<string, WireResult>>;
  readonly logger: DriverLogger;
  /** Aborts when the work is no longer wanted; `reason` is a `ReconcileAborted`. */
  readonly signal: AbortSignal;
  /**
   * The lease's fencing token. It grows with every grant, so a store outside that keeps the highest
   * it has seen can refuse a holder that was replaced.
   */
  readonly fence: number;
  /** The API client of the server that the driver is connected to. */
  readonly client: Client;
}

/** What `defineDriver` takes. */
export interface DriverDefinition<Entries extends readonly ResourceEntry[]> {
  /** By this name pipelines name the driver and the server knows it. */
  readonly name: string;
  /** The kinds it listens to, at least one. */
  readonly resources: Entries;
  /** Carries one step run out. Throwing, like `success: false`, fails the step run. */
  reconcile(
    context: ReconcileContext<ResourceFor<Entries[number]>>,
  ): Promise<DriverResult> | DriverResult;
}

/** A driver as `DriverManager` takes it. */
export interface Driver {
  readonly name: string;
  /** Names of kinds. */
  readonly resources: readonly string[];
  reconcile(context: ReconcileContext): unknown;
}

/** What `DriverManager` checks again: a program in plain JavaScript may bring anything. */
export function checkDriver(driver: Driver): Driver {
  return defineDriver(driver as DriverDefinition<readonly string[]>);
}

/**
 * Makes a driver of a name, the kinds it listens to and its `reconcile` function.
 *
 * @throws {DriverError} `invalid_options` when a name breaks the rule for names or is reserved, no kind
 *   is named, a kind is named twice, or `reconcile` is no function
 */
export function defineDriver<const Entries extends readonly ResourceEntry[]>(
  definition: DriverDefinition<Entries>,
): Driver {
  const { name, resources } = definition;
  assertName("name", name);
  if (!isDriverName(name)) {
    throw new DriverError("invalid_options", `name: ${name} is a word of the server's own`, {
      hint: `any name but ${RESERVED_DRIVERS.join(" and ")}`,
    });
  }
  if (!Array.isArray(resources) || resources.length === 0) {
    throw new DriverError("invalid_options", `driver ${name}: resources names no kind`, {
      hint: 'for example resources: ["app"]',
    });
  }
  const kinds = resources.map((entry: ResourceEntry) =>
    typeof entry === "object" ? entry?.name : entry,
  );
  for (const kind of kinds) assertName(`driver ${name}: resources`, kind);
  const twice = kinds.find((kind, index) => kinds.indexOf(kind) !== index);
  if (twice !== undefined) {
    throw new DriverError("invalid_options", `driver ${name}: resources names ${twice} twice`);
  }
  if (typeof definition.reconcile !== "function") {
    throw new DriverError("invalid_options", `driver ${name}: reconcile is not a function`);
  }
  // The server sends only resources of the kinds named, so the context is of the narrower type.
  const reconcile = (context: ReconcileContext): unknown =>
    definition.reconcile(context as ReconcileContext<ResourceFor<Entries[number]>>);
  return Object.freeze({ name, resources: Object.freeze(kinds), reconcile });
}

function assertName(what: string, name: unknown): void {
  if (typeof name === "string" && isName(name)) return;
  const message = `${what}: ${JSON.stringify(name) ?? String(name)} is not a name`;
  throw new DriverError("invalid_options", message, { hint: NAME_RULE });
}
