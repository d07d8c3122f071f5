/**
 * Clients that create and change resources.
 *
 * L1 Every change that is sent is remembered with its answer, or with none when none came.
 * L2 One client at a time changes one resource, and never sends the same content twice.
 */
import { setTimeout as pause } from "node:timers/promises";
import { sharedClockMs } from "../e2e/harness/journal.ts";
import { KINDS, PIPELINE } from "./chaos-platform.ts";
import type { SentChange } from "./evidence.ts";
import type { Random } from "./random.ts";

export interface Load {
  readonly sent: readonly SentChange[];
  /** Changes that were sent and neither answered nor given up. */
  readonly inFlight: number;
  /** Sends so many changes at once; resolves when each is answered or given up. */
  burst(size: number): Promise<readonly SentChange[]>;
  /** So many clients send one change after the other until they are stopped. */
  storm(clients: number): Storm;
}

export interface Storm {
  /** Resolves with the first answer, or when a client has given up. */
  readonly flowing: Promise<unknown>;
  /** Lets no more be sent; resolves with all that was when each is answered or given up. */
  stop(): Promise<readonly SentChange[]>;
}

interface Target {
  readonly kind: string;
  readonly name: string;
  n: number;
}

/** Resources that are changed again; more would make their lanes too short to be of interest. */
const MAX_TARGETS = 24;
const SHARE_OF_UPDATES = 0.3;
const GIVE_UP_MS = 15_000;
/** A client that was refused for lack of room does not come back at once. */
const AGAIN_AFTER_MS = 100;

export function createLoad(server: string, random: Random): Load {
  const sent: SentChange[] = [];
  const idle: Target[] = [];
  let count = 0;
  let inFlight = 0;

  async function send(target: Target, event: SentChange["event"]): Promise<SentChange> {
    target.n += 1;
    const { kind, name, n } = target;
    const sentAt = sharedClockMs();
    inFlight += 1;
    const answer = await request(server, { kind, name, n, event });
    inFlight -= 1;
    const isRefused = answer === "refused";
    const change = { event, kind, name, n, sentAt, isRefused, answer: isRefused ? null : answer };
    sent.push(change);
    if (isRefused) await pause(AGAIN_AFTER_MS);
    return change;
  }

  function one(): Promise<SentChange> {
    const target = random.chance(SHARE_OF_UPDATES) ? idle.shift() : undefined;
    if (target !== undefined) return send(target, "update").finally(() => idle.push(target));
    count += 1;
    const kind = random.pick([KINDS.plain, KINDS.piped]);
    const fresh: Target = { kind, name: `app-${count}`, n: 0 };
    return send(fresh, "create").then((change) => {
      if (change.answer !== null && idle.length < MAX_TARGETS) idle.push(fresh);
      return change;
    });
  }

  return {
    sent,
    get inFlight() {
      return inFlight;
    },
    burst: (size) => Promise.all(Array.from({ length: size }, one)),
    storm(clients) {
      let isOver = false;
      const changes: SentChange[] = [];
      let flow = (_first: unknown): void => {};
      const flowing = new Promise((resolve) => {
        flow = resolve;
      });
      const client = async (): Promise<void> => {
        while (!isOver) flow(changes.push(await one()));
      };
      const all = Promise.all(Array.from({ length: clients }, client));
      return {
        flowing,
        async stop() {
          isOver = true;
          await all;
          return changes;
        },
      };
    },
  };
}

/**
 * Answers null when nobody knows whether it was accepted; throws when it was refused for another reason
 * than a disk without room.
 */
async function request(
  server: string,
  change: Pick<SentChange, "kind" | "name" | "n" | "event">,
): Promise<SentChange["answer"] | "refused"> {
  const { kind, name, n, event } = change;
  const pipeline = kind === KINDS.piped ? PIPELINE : null;
  const body = JSON.stringify({ name, resource: kind, pipeline, spec: { n } });
  const isUpdate = event === "update";
  const url = `${server}/resources${isUpdate ? `/${kind}/${name}` : ""}`;
  let answer: { readonly status: number; readonly run: string | null; readonly text: string };
  try {
    const response = await fetch(url, {
      method: isUpdate ? "PUT" : "POST",
      headers: { "content-type": "application/json" },
      body,
      signal: AbortSignal.timeout(GIVE_UP_MS),
    });
    const run = response.headers.get("run-id");
    answer = { status: response.status, run, text: await response.text() };
  } catch {
    return null;
  }
  const at = sharedClockMs();
  // The server is stopping or starting, and says so.
  if (answer.status === 503) return null;
  if (answer.status === 507) return "refused";
  if (answer.status !== 200 && answer.status !== 201) {
    throw new Error(`${event} of ${kind} ${name} was answered ${answer.status}: ${answer.text}`);
  }
  return { ...readAnswer(answer, isUpdate), at };
}

function readAnswer(
  answer: { readonly run: string | null; readonly text: string },
  isUpdate: boolean,
): { readonly run: string; readonly version: string } {
  if (isUpdate) {
    const { metadata } = JSON.parse(answer.text) as { metadata: Record<string, string> };
    return { run: answer.run ?? "", version: metadata["version"] ?? "" };
  }
  const { runid, version } = JSON.parse(answer.text) as { runid: string; version: string };
  return { run: runid, version };
}
