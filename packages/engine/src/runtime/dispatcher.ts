/**
 * Brings leases to connected instances: offers their free slots to each batch, and sends what was
 * granted after its commit.
 *
 * D1 Only the storage grants. What is kept here (who is connected, what may be queued) is a hint:
 *    losing it costs a look, never an event.
 * D2 An assignment is sent only after the lease is durable, and only on the connection to which it
 *    was granted; otherwise it waits for the instance to come back and is sent then.
 * D3 A topic is dirty while its queue may hold entries; it is clean only when a claim found it empty.
 * D4 What concerns a session's leases is told to its connection, also when it was committed together
 *    with the hello by which the instance came.
 * D5 Where it is not known what was committed, every instance is asked to connect anew: its hello
 *    finds what was granted, cancelled and queued.
 * D6 An entry of the queue that cannot be leased because of a bug stands still alone: what was to be
 *    committed with it is committed, and later claims pass it over until the server starts again.
 */
import {
  BrokenEntry,
  type CancelReason,
  type Claim,
  type Command,
  type Effect,
  type Grant,
  type Session,
  type Topic,
} from "@conveyor-ci/core";
import type { Assignment, Link } from "../engine.ts";
import type { ClaimAnswer } from "./committer.ts";

/** Leases that one batch grants at most to all instances together. */
const MAX_CLAIM = 256;

/** Entries that are passed over; the one that was found first is tried again at the bound. */
const MAX_BROKEN = 1_000;

/** Ended leases of a connection, whose repeated frames are still answered. */
const MAX_ENDED = 1_000;

/** Commands after which there may be something to lease, or somebody to lease to. */
const STIRRING: ReadonlySet<Command["kind"]> = new Set<Command["kind"]>([
  "createResource",
  "updateResource",
  "deleteResource",
  "rerunRun",
  "cancelRun",
  "recordResult",
  "hello",
  "disconnect",
  "tick",
  "forgetDriver",
]);

/** The step run that a lease is for. */
export interface LeasePlace {
  readonly run: string;
  readonly step: string;
}

/** What is told of an instance while its hello is decided, before its connection is known. */
export interface Arrival {
  readonly session: string;
  readonly missed: Effect[];
}

/** An instance that is connected to this server. */
export interface Connected {
  readonly session: Session;
  readonly link: Link;
  /** Leases as this connection knows them: where their frames belong. */
  readonly leases: Map<number, LeasePlace>;
  /** Leases whose step run has ended: they take no slot, and what repeats is answered again. */
  readonly ended: Map<number, LeasePlace>;
  /** Leases that were told to stop before their assignment was sent. */
  readonly toldToStop: Map<number, CancelReason>;
  /** Leases whose assignment is being put together. */
  readonly sending: Set<number>;
  isReady: boolean;
  isDraining: boolean;
  lagMs: number;
  /** When it was last heard of, by the clock; null: not since it was renewed. */
  heardAt: number | null;
  /** Of what was heard by then its session knows. */
  renewedAt: number;
}

export interface DispatcherOptions {
  readonly ns: string;
  /** Puts together what the handler gets; rejects when the storage cannot be read. */
  readonly assignmentOf: (grant: Grant) => Promise<Assignment>;
  /** Makes the committer look again. */
  readonly wake: () => void;
}

export class Dispatcher {
  readonly #options: DispatcherOptions;
  readonly #connected = new Map<string, Connected>();
  readonly #arrivals = new Set<Arrival>();
  readonly #dirty = new Map<string, Topic>();
  /** D6 */
  readonly #broken = new Set<string>();

  constructor(options: DispatcherOptions) {
    this.#options = options;
  }

  get connections(): Iterable<Connected> {
    return this.#connected.values();
  }

  find(session: string): Connected | undefined {
    return this.#connected.get(session);
  }

  /** Begins to keep what is told of a session: its hello may share its commit with a cancel (D4). */
  expect(session: string): Arrival {
    const arrival: Arrival = { session, missed: [] };
    this.#arrivals.add(arrival);
    return arrival;
  }

  /** The instance does not come, or has come: nothing more is kept for it. */
  arrived(arrival: Arrival): void {
    this.#arrivals.delete(arrival);
  }

  add(connection: Connected): void {
    this.#connected.set(connection.session.id, connection);
  }

  /** Opens the gate: from now on the instance is offered, and told what it missed. */
  ready(connection: Connected, { missed }: Pick<Arrival, "missed">): void {
    connection.isReady = true;
    for (const effect of missed) this.#tell(effect);
    for (const topic of topicsOf(connection.session)) this.markDirty(topic);
    this.#options.wake();
  }

  /** Answers whether this very connection was still the session's. */
  remove(connection: Connected): boolean {
    if (this.#connected.get(connection.session.id) !== connection) return false;
    return this.#connected.delete(connection.session.id);
  }

  /** D5 */
  startOver(): void {
    for (const { link } of this.#connected.values()) link.close("unsure");
  }

  markDirty(topic: Topic): void {
    this.#dirty.set(textOf(topic), topic);
  }

  /** The claim to go with a batch; null when it could not lease anything. */
  claimFor(commands: readonly Command[]): Claim | null {
    const isStirring = commands.some((command) => STIRRING.has(command.kind));
    const offered: Connected[] = [];
    let free = commands.filter((command) => command.kind === "recordResult").length;
    for (const connection of this.#connected.values()) {
      if (!connection.isReady || connection.isDraining) continue;
      const slots = freeSlots(connection);
      if (slots <= 0 && !isStirring) continue;
      offered.push(connection);
      free += Math.max(0, slots);
    }
    if (offered.length === 0 || free === 0) return null;
    const topics = this.#dirtyTopicsOf(offered);
    if (topics.length === 0 && !isStirring) return null;
    return {
      kind: "claim",
      ns: this.#options.ns,
      actor: "system",
      sessions: offered.map(({ session }) => ({ id: session.id, epoch: session.epoch })),
      topics,
      limit: Math.min(free, MAX_CLAIM) + this.#broken.size,
      ...(this.#broken.size === 0 ? {} : { except: [...this.#broken] }),
    };
  }

  #dirtyTopicsOf(offered: readonly Connected[]): Topic[] {
    if (this.#dirty.size === 0) return [];
    const topics: Topic[] = [];
    for (const topic of this.#dirty.values()) {
      if (offered.some(({ session }) => isOf(topic, session))) topics.push(topic);
    }
    return topics;
  }

  /** A claim met a bug: if it can be told at which entry, that one is passed over from now on (D6). */
  claimFailed(error: unknown): void {
    if (!(error instanceof BrokenEntry)) return;
    this.#broken.add(error.entry);
    for (const oldest of this.#broken) {
      if (this.#broken.size <= MAX_BROKEN) break;
      this.#broken.delete(oldest);
    }
    this.#options.wake();
  }

  /** Takes note of a commit and sends what it granted, cancelled and revoked. */
  committed(effects: readonly Effect[], claimed: ClaimAnswer | null): void {
    for (const effect of effects) if (effect.kind === "queued") this.markDirty(effect.entry);
    for (const topic of claimed?.answer.drained ?? []) this.#dirty.delete(textOf(topic));
    for (const effect of effects) {
      this.#keep(effect);
      this.#tell(effect);
    }
    // A claim that granted nothing would grant nothing again: the next look is the next tick's.
    if (claimed?.answer.granted !== 0 && this.#hasWork()) this.#options.wake();
  }

  /** D4 */
  #keep(effect: Effect): void {
    if (this.#arrivals.size === 0 || !("session" in effect)) return;
    for (const { session, missed } of this.#arrivals) {
      if (effect.session === session) missed.push(effect);
    }
  }

  /** Whether a claim could grant something right now. */
  #hasWork(): boolean {
    if (this.#dirty.size === 0) return false;
    for (const connection of this.#connected.values()) {
      if (!connection.isReady || connection.isDraining || freeSlots(connection) <= 0) continue;
      for (const topic of this.#dirty.values()) if (isOf(topic, connection.session)) return true;
    }
    return false;
  }

  #tell(effect: Effect): void {
    switch (effect.kind) {
      case "granted":
        this.deliver(effect.grant);
        break;
      case "slotFreed": {
        const connection = this.#connected.get(effect.session);
        if (connection !== undefined) endLease(connection, effect.token);
        break;
      }
      case "cancel": {
        const connection = this.#connected.get(effect.session);
        if (connection?.sending.has(effect.token)) {
          connection.toldToStop.set(effect.token, effect.reason);
        } else {
          connection?.link.cancel(effect.token, effect.reason);
        }
        break;
      }
      case "revoked": {
        const connection = this.#connected.get(effect.session);
        connection?.leases.delete(effect.token);
        connection?.ended.delete(effect.token);
        // An assignment that is being put together is not sent; the instance never hears of it.
        if (connection?.sending.has(effect.token) === false) connection.link.lost(effect.token);
        break;
      }
      case "expired": {
        const connection = this.#connected.get(effect.session);
        if (connection?.session.epoch === effect.epoch) connection.link.close("expired");
        break;
      }
      case "queued":
      case "runChanged":
      case "appended":
        break;
    }
  }

  /** Sends one assignment on the connection to which it was granted (D2). */
  deliver(grant: Grant): void {
    const connection = this.#connected.get(grant.session);
    if (connection === undefined || connection.session.epoch !== grant.epoch) return;
    const { token } = grant;
    connection.leases.set(token, { run: grant.run.id, step: grant.step });
    connection.sending.add(token);
    this.#options.assignmentOf(grant).then(
      (assignment) => {
        const reason = connection.toldToStop.get(token);
        connection.sending.delete(token);
        connection.toldToStop.delete(token);
        // Taken back in the meantime.
        if (!connection.leases.has(token)) return;
        connection.link.assign(assignment);
        if (reason !== undefined) connection.link.cancel(token, reason);
      },
      // The storage cannot be read: a new connection starts over, and is sent what it lacks.
      () => connection.link.close("unsure"),
    );
  }
}

/** The lease's step run has ended: its slot is free. */
export function endLease(connection: Connected, token: number): void {
  const { leases, ended } = connection;
  const place = leases.get(token);
  if (place === undefined) return;
  leases.delete(token);
  ended.set(token, place);
  for (const oldest of ended.keys()) {
    if (ended.size <= MAX_ENDED) break;
    ended.delete(oldest);
  }
}

/** What an instance can take. */
export function topicsOf(session: Session): readonly Topic[] {
  const { driver, resources, events } = session;
  return resources.flatMap((kind) => events.map((event) => ({ driver, kind, event })));
}

function isOf(topic: Topic, session: Session): boolean {
  return (
    topic.driver === session.driver &&
    session.resources.includes(topic.kind) &&
    session.events.includes(topic.event)
  );
}

function textOf({ driver, kind, event }: Topic): string {
  return `${driver}\n${kind}\n${event}`;
}

function freeSlots(connection: Connected): number {
  return connection.session.concurrency - connection.leases.size;
}
