/**
 * What each command will read, as far as that can be said beforehand: the first round from the
 * command alone, later rounds from what the rounds before have loaded. A plan is a saving of round
 * trips, not a rule: what it misses is loaded when the decision asks for it.
 */
import type { Command, LeaseName, Topic } from "../commands.ts";
import { driverOf, sessionId } from "../nouns/driver.ts";
import type { Lane, Ticket } from "../nouns/resource.ts";
import { type Run, stepOf } from "../nouns/run.ts";
import { type Load, type Search, searchRequest } from "../store/load.ts";
import {
  type Key,
  type Keys,
  keysOf,
  type QueueEntry,
  type TableName,
  type Tables,
} from "../store/records.ts";
import type { View } from "../store/view.ts";
import { FORGET_LIMIT } from "./due.ts";
import { ADOPT_LIMIT } from "./orphans.ts";
import { leaseOf } from "./progress.ts";

class Plan {
  readonly keys: Keys;
  readonly #ns: string;
  readonly #view: View;
  readonly loads: Load[] = [];

  constructor(ns: string, view: View) {
    this.#ns = ns;
    this.#view = view;
    this.keys = keysOf(ns);
  }

  #want(load: Load): boolean {
    if (this.#view.has(load)) return false;
    this.loads.push(load);
    return true;
  }

  /** The record, once it is loaded. */
  record<T extends TableName>(key: Key<T>): Tables[T] | undefined {
    return this.#want({ kind: "record", key }) ? undefined : this.#view.get(key);
  }

  search(search: Search): readonly Key[] {
    const request = searchRequest(this.#ns, search);
    const isMissing = this.#want({ kind: "search", request });
    return isMissing ? [] : this.#view.search(this.#ns, search);
  }
}

/** The loads that a command still lacks, as far as they can be told. */
export function planLoads(
  command: Command,
  view: View,
  added: readonly QueueEntry[],
): readonly Load[] {
  const plan = new Plan(command.ns, view);
  if (command.kind === "claim") planClaim(plan, command, added);
  else planCommand(plan, command);
  return plan.loads;
}

function planCommand(plan: Plan, command: Exclude<Command, { kind: "claim" }>): void {
  switch (command.kind) {
    case "createDefinition":
      plan.record(plan.keys.definition(command.content.name));
      break;
    case "deleteDefinition":
      plan.record(plan.keys.definition(command.name));
      plan.search({ kind: "usesOfDefinition", name: command.name });
      break;
    case "putPipeline":
      plan.record(plan.keys.pipeline(command.content.name));
      plan.record(plan.keys.definition(command.content.resource));
      break;
    case "deletePipeline":
      plan.record(plan.keys.pipeline(command.name));
      plan.search({ kind: "usesOfPipeline", name: command.name });
      break;
    case "createResource":
    case "updateResource":
      planResource(plan, command.content);
      break;
    case "deleteResource":
      planDelete(plan, { kind: command.resource, name: command.name });
      break;
    case "cancelRun":
      planCancel(plan, command.run);
      break;
    case "rerunRun":
      planRerun(plan, command.run);
      break;
    case "appendLines":
      planLines(plan, command.lease.run);
      break;
    case "writeLines":
      planLines(plan, command.run);
      break;
    case "recordResult":
      planResult(plan, command.lease, command.lines > 0);
      break;
    case "hello":
    case "disconnect":
    case "renew":
    case "drain":
      planSession(plan, command);
      break;
    case "forgetDriver":
      planForget(plan, command.name);
      break;
    case "tick":
      planTick(plan, command.limit);
      break;
    case "recover":
      plan.search({ kind: "sessions", driver: null });
      break;
    case "broadcast":
      break;
  }
}

function planResource(
  plan: Plan,
  content: { kind: string; name: string; pipeline: string | null },
): void {
  plan.record(plan.keys.definition(content.kind));
  if (content.pipeline !== null) plan.record(plan.keys.pipeline(content.pipeline));
  else plan.record(plan.keys.listeners(content.kind));
  const resource = plan.record(plan.keys.resource(content));
  if (resource === undefined) return;
  plan.record(plan.keys.version(resource));
  planTails(plan, resource.lane);
}

function planTails(plan: Plan, lane: Lane): void {
  const tails = [lane.last, ...Object.values(lane.drivers)];
  for (const tail of tails) if (tail !== null) plan.record(plan.keys.run(tail.run));
}

function planDelete(plan: Plan, at: { kind: string; name: string }): void {
  plan.search({ kind: "openRuns", resource: at.kind, name: at.name });
  plan.record(plan.keys.listeners(at.kind));
  const resource = plan.record(plan.keys.resource(at));
  if (resource === undefined) return;
  if (resource.run !== null) plan.record(plan.keys.run(resource.run));
  if (resource.pipeline !== null) plan.record(plan.keys.pipeline(resource.pipeline));
}

function planTicket(plan: Plan, ticket: Ticket | null): void {
  if (ticket === null) return;
  for (const ref of ticket.blocks) plan.record(plan.keys.run(ref.run));
  for (const ref of ticket.waitsFor) plan.record(plan.keys.run(ref.run));
}

/** A run, its leases' sessions and its neighbours in the lane. */
function planRun(plan: Plan, run: Run | undefined): void {
  if (run === undefined) return;
  planTicket(plan, run.ticket);
  for (const step of run.steps) {
    planTicket(plan, step.ticket);
    const lease = leaseOf(step);
    if (lease !== null) plan.record(plan.keys.session(lease.session));
  }
}

/** A run and, should it end at once, what may then be removed. */
function planCancel(plan: Plan, id: string): void {
  const run = plan.record(plan.keys.run(id));
  if (run === undefined) return;
  planRun(plan, run);
  plan.record(plan.keys.resource(run.resource));
}

function planRerun(plan: Plan, id: string): void {
  const parent = plan.record(plan.keys.run(id));
  if (parent === undefined) return;
  if (parent.pipeline === null) plan.record(plan.keys.listeners(parent.resource.kind));
  else plan.record(plan.keys.revision(parent.pipeline));
  const resource = plan.record(plan.keys.resource(parent.resource));
  if (resource !== undefined) planTails(plan, resource.lane);
}

function planLines(plan: Plan, id: string): void {
  const run = plan.record(plan.keys.run(id));
  if (run !== undefined) plan.record(plan.keys.head(run.position));
}

function planResult(plan: Plan, lease: LeaseName, hasLines: boolean): void {
  const run = plan.record(plan.keys.run(lease.run));
  if (run === undefined) return;
  if (hasLines) plan.record(plan.keys.head(run.position));
  planTicket(plan, run.ticket);
  if (run.state === "cancelling" || run.event === "delete") {
    plan.record(plan.keys.resource(run.resource));
  }
  const step = stepOf(run, lease.step);
  planTicket(plan, step?.ticket ?? null);
  const held = step === undefined ? null : leaseOf(step);
  if (held !== null) plan.record(plan.keys.session(held.session));
}

function planTopic(plan: Plan, topic: Topic, limit: number): void {
  const { driver, kind: resource, event } = topic;
  const keys = plan.search({ kind: "queue", driver, resource, event, limit });
  for (const key of keys) plan.record(plan.keys.run(String(key.parts[4])));
}

/** The sessions of the drivers that may be given something, and what is queued for them. */
function planClaim(
  plan: Plan,
  command: Extract<Command, { kind: "claim" }>,
  added: readonly QueueEntry[],
): void {
  const drivers = new Set([...command.topics, ...added].map((topic) => topic.driver));
  for (const { id } of command.sessions) {
    if (drivers.has(driverOf(id))) plan.record(plan.keys.session(id));
  }
  for (const topic of command.topics) planTopic(plan, topic, command.limit);
}

function planSession(
  plan: Plan,
  command: Extract<Command, { kind: "hello" | "disconnect" | "renew" | "drain" }>,
): void {
  switch (command.kind) {
    case "disconnect":
      plan.record(plan.keys.session(command.session));
      plan.record(plan.keys.driver(driverOf(command.session)));
      break;
    case "drain":
      plan.record(plan.keys.session(command.session));
      break;
    case "renew":
      for (const { id } of command.sessions) plan.record(plan.keys.session(id));
      break;
    case "hello":
      planHello(plan, command);
      break;
  }
}

function planHello(plan: Plan, command: Extract<Command, { kind: "hello" }>): void {
  const session = plan.record(plan.keys.session(sessionId(command.driver, command.instance)));
  plan.record(plan.keys.driver(command.driver));
  for (const kind of command.resources) {
    plan.record(plan.keys.listeners(kind));
    for (const event of command.events) {
      if (event === "delete") continue;
      for (const key of plan.search({
        kind: "orphans",
        resource: kind,
        event,
        limit: ADOPT_LIMIT,
      })) {
        planOrphan(plan, String(key.parts[3]));
      }
    }
  }
  for (const at of session?.leases ?? []) plan.record(plan.keys.run(at.run));
  for (const lease of command.leases) planLines(plan, lease.run);
}

/** An orphan, the resource whose lane it joins, and those it comes behind there. */
function planOrphan(plan: Plan, id: string): void {
  const run = plan.record(plan.keys.run(id));
  if (run === undefined) return;
  planTicket(plan, run.ticket);
  const resource = plan.record(plan.keys.resource(run.resource));
  if (resource !== undefined) planTails(plan, resource.lane);
}

function planForget(plan: Plan, driver: string): void {
  const known = plan.record(plan.keys.driver(driver));
  for (const kind of known?.resources ?? []) plan.record(plan.keys.listeners(kind));
  for (const key of plan.search({ kind: "sessions", driver })) {
    const session = plan.record(plan.keys.session(String(key.parts[0])));
    for (const at of session?.leases ?? []) plan.record(plan.keys.run(at.run));
  }
  for (const key of plan.search({ kind: "queueOfDriver", driver, limit: FORGET_LIMIT })) {
    const run = plan.record(plan.keys.run(String(key.parts[4])));
    if (run === undefined) continue;
    planRun(plan, run);
    // What is skipped queues the next of its lane, which is skipped in turn.
    const tickets = [run.ticket, ...run.steps.map(({ ticket }) => ticket)];
    if (tickets.every((ticket) => (ticket?.blocks ?? []).length === 0)) continue;
    const { kind: resource, name } = run.resource;
    plan.search({ kind: "openRuns", resource, name });
  }
}

function planTick(plan: Plan, limit: number): void {
  for (const key of plan.search({ kind: "timersDue", limit })) {
    planRun(plan, plan.record(plan.keys.run(String(key.parts[1]))));
  }
  for (const key of plan.search({ kind: "sessionsDue", limit })) {
    const session = plan.record(plan.keys.session(String(key.parts[0])));
    for (const at of session?.leases ?? []) plan.record(plan.keys.run(at.run));
  }
}
