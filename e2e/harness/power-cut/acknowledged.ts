/**
 * What a server has told anybody, read from what it wrote to its sockets: all of it must be on the
 * disk. Only facts that stay true once they are are gathered.
 */

const ENDED = "succeeded|failed|cancelled|timed_out";

export interface Acknowledged {
  readonly runs: Set<string>;
  /** The end state of runs. */
  readonly ended: Map<string, string>;
  /** The last line that was shown of a run. */
  readonly lines: Map<string, number>;
  /** The step runs that were assigned, by lease. */
  readonly assigned: Map<number, { readonly run: string; readonly step: string }>;
  /** Lines that a driver was told are durable, by lease. */
  readonly logged: Map<number, number>;
  /** Leases whose results were recorded. */
  readonly recorded: Set<number>;
  /** Position in the feed. */
  position: number;
  /** Lines that were written by hand. */
  written: number;
}

export function nothingAcknowledged(): Acknowledged {
  return {
    runs: new Set(),
    ended: new Map(),
    lines: new Map(),
    assigned: new Map(),
    logged: new Map(),
    recorded: new Set(),
    position: 0,
    written: 0,
  };
}

/** Adds what one write to a socket tells. */
export function hear(told: Acknowledged, data: Buffer): void {
  const text = data.toString();
  const all = (pattern: string) =>
    [...text.matchAll(new RegExp(pattern, "g"))].map((match) => [...match]);
  const grow = <Key>(map: Map<Key, number>, key: Key, value: number): void => {
    map.set(key, Math.max(value, map.get(key) ?? 0));
  };
  for (const [, run = ""] of all('"runid":"([^"]+)"')) told.runs.add(run);
  for (const [, run = ""] of all("run-id: ([0-9a-f-]+)")) told.runs.add(run);
  for (const [, run = "", state = ""] of all(`"id":"([0-9a-f-]{36})","state":"(${ENDED})"`)) {
    told.ended.set(run, state);
  }
  for (const [, seq, run = ""] of all('"seq":([0-9]+),"runid":"([^"]+)"')) {
    grow(told.lines, run, Number(seq));
  }
  for (const [, lease, run = "", step = ""] of all(
    '"type":"assign","lease":([0-9]+),"runid":"([^"]+)","step":"([^"]+)"',
  )) {
    told.assigned.set(Number(lease), { run, step });
  }
  for (const [, lease, received] of all('"type":"logged","lease":([0-9]+),"received":([0-9]+)')) {
    grow(told.logged, Number(lease), Number(received));
  }
  for (const [, lease] of all('"type":"recorded","lease":([0-9]+)')) {
    told.recorded.add(Number(lease));
  }
  for (const [, position] of all('"position":([0-9]+),"at"')) {
    told.position = Math.max(told.position, Number(position));
  }
  told.written += all("\r\n\r\nCreated$").length;
}
