/** Leases queued step runs to the instances that can take them (P3: slots bound live leases). */
import type { Answers, Topic } from "../commands.ts";
import { assertRule } from "../errors.ts";
import { driverOf, type Session, withLeases } from "../nouns/driver.ts";
import { withStep } from "../nouns/run.ts";
import { runningStep } from "../nouns/step-states.ts";
import type { Key, QueueEntry } from "../store/records.ts";
import { NotLoaded } from "../store/view.ts";
import { announceRun, type CommandOf, type Context, namedStep, putRun } from "./context.ts";
import { endAttempt, LOST, timeoutTimer } from "./progress.ts";
import { freeSlots } from "./sessions.ts";

/** A bug that a claim met while it leased one entry of the queue. */
export class BrokenEntry extends Error {
  /** Text of the entry's key. */
  readonly entry: string;

  constructor(entry: string, cause: unknown) {
    super(`a queued step run cannot be leased: ${entry.replaceAll("\n", " ")}`, { cause });
    this.entry = entry;
  }
}

interface Offer {
  readonly id: string;
  readonly epoch: number;
}

function takes(session: Session, topic: Topic): boolean {
  return session.resources.includes(topic.kind) && session.events.includes(topic.event);
}

/** The offered session with the most free slots for a topic, if any has one; of equals the first. */
function freest(ctx: Context, offers: readonly Offer[], topic: Topic): Session | undefined {
  let best: Session | undefined;
  for (const { id, epoch } of offers) {
    if (driverOf(id) !== topic.driver) continue;
    const session = ctx.view.get(ctx.keys.session(id));
    if (session === undefined || session.epoch !== epoch || !takes(session, topic)) continue;
    const free = freeSlots(session);
    if (free > 0 && (best === undefined || free > freeSlots(best))) best = session;
  }
  return best;
}

function topicText(topic: Topic): string {
  return `${topic.driver}\n${topic.kind}\n${topic.event}`;
}

interface Wanted {
  readonly topic: Topic;
  /** It may have entries that are stored. */
  readonly isNamed: boolean;
  /** Those that this batch added. */
  readonly added: QueueEntry[];
}

/** Topics that may have entries: those named, and those to which this batch added. */
function topicsOf(named: readonly Topic[], added: readonly QueueEntry[]): Iterable<Wanted> {
  const byText = new Map<string, Wanted>();
  for (const topic of named) byText.set(topicText(topic), { topic, isNamed: true, added: [] });
  for (const entry of added) {
    const text = topicText(entry);
    const wanted = byText.get(text) ?? { topic: entry, isNamed: false, added: [] };
    wanted.added.push(entry);
    byText.set(text, wanted);
  }
  return byText.values();
}

/**
 * Grants in the order of acceptance over all topics, so that a kind or an event of which there is
 * always more does not keep its driver from the others.
 */
export function claim(
  ctx: Context,
  command: CommandOf<"claim">,
  added: readonly QueueEntry[],
): Answers["claim"] {
  const hasRoom = (topic: Topic): boolean => freest(ctx, command.sessions, topic) !== undefined;
  const found = [...topicsOf(command.topics, added)]
    .filter(({ topic }) => hasRoom(topic))
    .map((wanted) => ({ topic: wanted.topic, entries: entriesOf(ctx, command, wanted) }));
  let granted = 0;
  const full = new Set<Topic>();
  for (const { topic, key } of inOrder(found)) {
    if (full.has(topic) || command.except?.includes(key.text) === true) continue;
    const entry = ctx.view.get(key);
    if (entry === undefined) continue;
    const session = freest(ctx, command.sessions, topic);
    if (session === undefined) full.add(topic);
    else {
      grantOrName(ctx, session, entry);
      granted += 1;
    }
  }
  const drained = found
    .filter(({ topic, entries }) => entries.length < command.limit && hasRoom(topic))
    .map(({ topic }) => topic);
  return { granted, drained };
}

interface Found {
  readonly topic: Topic;
  readonly entries: readonly Key<"queue">[];
}

/** Entries of several topics, by the positions of their runs. */
function inOrder(found: readonly Found[]) {
  const all = found.flatMap(({ topic, entries }) => entries.map((key) => ({ topic, key })));
  return all.sort((a, b) => Number(a.key.parts[3]) - Number(b.key.parts[3]));
}

/** The first entries of a topic: what is stored, where there may be any, and what was added. */
function entriesOf(
  ctx: Context,
  command: CommandOf<"claim">,
  { topic, isNamed, added }: Wanted,
): readonly Key<"queue">[] {
  const { driver, kind, event } = topic;
  const stored = isNamed
    ? ctx.view.search(ctx.ns, {
        kind: "queue",
        driver,
        resource: kind,
        event,
        limit: command.limit,
      })
    : [];
  const own = added.map((entry) => ctx.keys.queue(entry));
  const all = new Map([...stored, ...own].map((key) => [key.text, key as Key<"queue">]));
  return [...all.values()];
}

/** Says of a bug which entry it met, so that the next claim can pass it over. */
function grantOrName(ctx: Context, session: Session, entry: QueueEntry): void {
  try {
    grant(ctx, session, entry);
  } catch (error) {
    if (error instanceof NotLoaded) throw error;
    throw new BrokenEntry(ctx.keys.queue(entry).text, error);
  }
}

function grant(ctx: Context, session: Session, entry: QueueEntry): void {
  const { run, step } = namedStep(ctx, entry);
  assertRule(step.state === "queued", "what is in the queue is queued");
  ctx.view.delete(ctx.keys.queue(entry));
  const token = ctx.numbers.nextLeaseToken();
  const attempts = endAttempt(step.attempts, { ...LOST, at: ctx.now });
  const attempt = {
    number: attempts.length + 1,
    token,
    instance: session.instance,
    startedAt: ctx.now,
    finishedAt: null,
    outcome: null,
    code: null,
    message: null,
    stuck: false,
  };
  const running = runningStep(step, {
    lease: { token, session: session.id },
    attempts: [...attempts, attempt],
  });
  const started = run.startedAt === null;
  const startedAt = run.startedAt ?? ctx.now;
  const next = putRun(ctx, withStep(run, running, { state: "running", startedAt }));
  if (started) announceRun(ctx, next);
  const timer = timeoutTimer(next, running, running.lease);
  if (timer !== null) ctx.view.insert(ctx.keys.timer(timer), timer);
  const leases = [...session.leases, { token, run: run.id, step: step.id }];
  ctx.view.put(ctx.keys.session(session.id), withLeases(session, leases));
  if (step.former !== null) {
    const former = timeoutTimer(run, step, step.former);
    if (former !== null) ctx.view.delete(ctx.keys.timer(former));
    ctx.effects.push({ kind: "revoked", session: step.former.session, token: step.former.token });
  }
  ctx.effects.push({
    kind: "granted",
    waitedMs: ctx.now - step.since,
    grant: {
      session: session.id,
      epoch: session.epoch,
      token,
      run: next,
      step: step.id,
      attempt: attempt.number,
      version: ctx.view.peek(ctx.keys.version(run.resource)) ?? null,
    },
  });
}
