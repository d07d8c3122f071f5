/** What a control plane is made of, as its host says it. */
import type { IncomingMessage } from "node:http";
import type { Limits } from "@conveyor-ci/core";
import type { Clock, LogStore, Notifier, Principal, Storage } from "@conveyor-ci/engine";
import type { FastifyInstance } from "fastify";

declare module "fastify" {
  interface FastifyRequest {
    /** Who asks; becomes the `actor` of what is changed. */
    principal: Principal;
  }
}

/** Says who sends a request, from its headers or its socket; null: nobody that is known. */
export type Authenticate = (
  request: IncomingMessage,
) => Principal | null | Promise<Principal | null>;

/** Takes log entries: facts, then words. */
export interface ServerLogger {
  debug(facts: object, message: string): void;
  info(facts: object, message: string): void;
  warn(facts: object, message: string): void;
  error(facts: object, message: string): void;
}

export type LogThreshold = "debug" | "info" | "warn" | "error" | "silent";

export interface ControlPlaneOptions {
  readonly storage: Storage;
  /** Reads stored lines; left out where the storage has them itself, as `logs`. */
  readonly logs?: LogStore;
  readonly clock?: Clock;
  readonly notifier?: Notifier;
  readonly limits?: Partial<Limits>;
  /** How long a new connection of a driver may say nothing; 10,000 unless set. */
  readonly helloWithinMs?: number;
  /** Without it every request is `anonymous`. */
  readonly authenticate?: Authenticate;
  /** Adds routes of the host's own; they pass the same gates as those of the API. */
  readonly routes?: (app: FastifyInstance) => void;
  /** Where it listens; by default 127.0.0.1 and ::1. */
  readonly host?: string;
  /** By default 8080; 0 takes one that is free. */
  readonly port?: number;
  /** Names it answers to beside loopback ones, without authentication. */
  readonly allowedHosts?: readonly string[];
  /** Origins of pages that may use the API from a browser. */
  readonly allowedOrigins?: readonly string[];
  /** Listens on addresses that others can reach although nobody has to say who he is. */
  readonly insecure?: boolean;
  /** What is logged at the least; by default `info`. */
  readonly logLevel?: LogThreshold;
  /** In place of JSON lines on stderr. */
  readonly logger?: ServerLogger;
}

/** Where a server answers. */
export interface Address {
  readonly url: string;
  readonly port: number;
}
