/** Drivers, their instances' sessions, and who listens to a kind. */
import type { EventName } from "./event.ts";

/** A named program; known from its first connection until it is forgotten. */
export interface Driver {
  readonly name: string;
  /** What its newest `hello` said. */
  readonly resources: readonly string[];
  readonly events: readonly EventName[];
  readonly firstSeenAt: number;
  readonly lastSeenAt: number;
}

/** All drivers that listen to one kind, connected or not. */
export interface Listeners {
  readonly kind: string;
  readonly drivers: Readonly<Record<string, readonly EventName[]>>;
}

/**
 * The standing of one driver instance with the servers. Leases belong to it and are renewed by
 * renewing it. It goes away when the instance says goodbye or when it expires.
 */
export interface Session {
  /** `<driver>/<instance>` */
  readonly id: string;
  readonly driver: string;
  readonly instance: string;
  readonly bootId: string;
  /**
   * Grows with each connection, also after the session was away; what an older one sends is
   * refused.
   */
  readonly epoch: number;
  readonly resources: readonly string[];
  readonly events: readonly EventName[];
  readonly concurrency: number;
  readonly connected: boolean;
  /** No new leases: the instance is about to stop. */
  readonly draining: boolean;
  readonly connectedAt: number;
  readonly lastSeenAt: number;
  /** When its leases become grantable unless it is renewed. */
  readonly expiresAt: number;
  /** Live leases, in the order in which they were granted. */
  readonly leases: readonly HeldLease[];
}

export interface HeldLease {
  readonly token: number;
  readonly run: string;
  readonly step: string;
}

export function sessionId(driver: string, instance: string): string {
  return `${driver}/${instance}`;
}

/** The driver's name in a session id. */
export function driverOf(session: string): string {
  return session.slice(0, session.indexOf("/"));
}

/** The session with other leases; written out as step runs are (step-states). */
export function withLeases(session: Session, leases: readonly HeldLease[]): Session {
  return {
    id: session.id,
    driver: session.driver,
    instance: session.instance,
    bootId: session.bootId,
    epoch: session.epoch,
    resources: session.resources,
    events: session.events,
    concurrency: session.concurrency,
    connected: session.connected,
    draining: session.draining,
    connectedAt: session.connectedAt,
    lastSeenAt: session.lastSeenAt,
    expiresAt: session.expiresAt,
    leases,
  };
}

export function leaseCount(session: Session): number {
  return session.leases.length;
}
