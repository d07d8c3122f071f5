/**
 * Resources and versions as rows: beside their columns a JSON array of values without names, as in
 * `run-row`. A new value goes to the end.
 */
import type {
  JsonValue,
  Lane,
  Resource,
  ResourcePhase,
  ResourceVersion,
  TicketRef,
} from "@conveyor-ci/core";

export interface ResourceRow {
  readonly kind: string;
  readonly name: string;
  readonly id: string;
  readonly version: number;
  readonly phase: ResourcePhase;
  readonly pipeline: string | null;
  readonly doc: string;
}

type StoredRef = readonly [run: string, step: string | null];
type StoredResource = readonly [
  run: string | null,
  last: StoredRef | null,
  /** By driver. */
  drivers: readonly (readonly [driver: string, run: string, step: string | null])[],
  orphans: boolean,
  createdAt: number,
  updatedAt: number,
];

export function docOfResource({ run, lane, createdAt, updatedAt }: Resource): string {
  const last = lane.last === null ? null : ([lane.last.run, lane.last.step] as const);
  const drivers = Object.entries(lane.drivers).map(
    ([driver, ref]) => [driver, ref.run, ref.step] as const,
  );
  const stored: StoredResource = [run, last, drivers, lane.orphans, createdAt, updatedAt];
  return JSON.stringify(stored);
}

export function resourceFromRow(row: ResourceRow): Resource {
  const [run, last, drivers, orphans, createdAt, updatedAt] = JSON.parse(row.doc) as StoredResource;
  const { id, kind, name, pipeline, version, phase } = row;
  const lane: Lane = {
    last: last === null ? null : { run: last[0], step: last[1] },
    drivers: Object.fromEntries(
      drivers.map(([driver, of, step]): [string, TicketRef] => [driver, { run: of, step }]),
    ),
    orphans,
  };
  return { id, kind, name, pipeline, version, phase, run, lane, createdAt, updatedAt };
}

export interface VersionRow {
  readonly resource: string;
  readonly version: number;
  readonly doc: string;
}

/** The metadata is the second value: statements look for it there. */
type StoredVersion = readonly [
  pipeline: string | null,
  metadata: Readonly<Record<string, string>>,
  spec: JsonValue,
  run: string | null,
  actor: string,
  createdAt: number,
];

export function docOfVersion(version: ResourceVersion): string {
  const { pipeline, metadata, spec, run, actor, createdAt } = version;
  const stored: StoredVersion = [pipeline, metadata, spec, run, actor, createdAt];
  return JSON.stringify(stored);
}

export function versionFromRow({ resource, version, doc }: VersionRow): ResourceVersion {
  const [pipeline, metadata, spec, run, actor, createdAt] = JSON.parse(doc) as StoredVersion;
  return { resource, version, pipeline, metadata, spec, run, actor, createdAt };
}
