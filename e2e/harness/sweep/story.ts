/**
 * One story with everything in it: define, create, a pipeline of three steps, lines, update, cancel,
 * rerun, delete with a delete run; read by a follower of the log and one of the feed.
 */
import { ApiError, type Client } from "@conveyor-ci/client";
import type { WireChange, WireLogLine, WireRun } from "@conveyor-ci/contract";
import { isRunEnded } from "@conveyor-ci/core";
import { type Driver, defineDriver } from "@conveyor-ci/driver";
import { all } from "../all.ts";
import { eventually } from "../eventually.ts";
import type { Plane } from "./plane.ts";
import { type SocketDriver, startSocketDriver } from "./socket-driver.ts";

export const KIND = "app";
export const LINES = 4;
const NAME = "app-1";
const WITHIN_MS = 20_000;
const PIPELINE = "release";
const EVENTS = ["create", "update", "delete"] as const;

/** A mutation that was answered with 2xx, and what the answer named. */
export interface Answered {
  readonly what: "created" | "updated" | "reran" | "deleted" | "wrote";
  readonly run: string | null;
  readonly version: string | null;
}

/** What a reader got of one run. */
export interface FollowedLog {
  readonly run: string;
  readonly lines: readonly WireLogLine[];
  readonly state: string;
}

export interface Told {
  readonly answered: readonly Answered[];
  readonly log: FollowedLog;
  readonly feed: readonly WireChange[];
  /** The runs that the story knows, with the state in which each has to end. */
  readonly ends: ReadonlyMap<string, WireRun["state"]>;
}

/** What a handler says: its lease and the index of the line. */
function handlerOf(name: string): Driver {
  return defineDriver({
    name,
    resources: [KIND],
    async reconcile({ resource, logger, fence, signal, event }) {
      const say = (index: number): void => logger.log({}, `${fence}:${index}`);
      say(0);
      say(1);
      await logger.flush();
      const { waits } = resource.spec as { readonly waits: boolean };
      if (waits && event === "update" && !signal.aborted) {
        await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
      }
      for (let index = 2; index < LINES; index += 1) say(index);
      return {
        success: !signal.aborted,
        message: `fence ${fence}`,
        data: { name },
      };
    },
  });
}

/** One instance of each driver of the pipeline. */
export function startDrivers({ url, client }: Pick<Plane, "client" | "url">): SocketDriver[] {
  return ["builder", "tester"].map((name) =>
    startSocketDriver(handlerOf(name), { url, client, events: EVENTS }),
  );
}

export async function tellStory(plane: Pick<Plane, "client" | "url">): Promise<Told> {
  const { client } = plane;
  const answered: Answered[] = [];
  const gone = new AbortController();
  const drivers: SocketDriver[] = [];
  try {
    await retried(() => client.definitions.apply({ name: KIND, schema: { type: "object" } }));
    await retried(() => client.pipelines.apply(pipeline()));
    drivers.push(...startDrivers(plane));
    const feed = followFeed(client, gone.signal);
    const first = await create(client, answered);
    const log = followLog(client, first, gone.signal);
    // Awaited at the end; a story that breaks off before tells of its own failure.
    log.catch(() => undefined);
    await write(client, { run: first, answered });
    await ended(client, first);
    const second = await update(client, answered);
    await cancel(client, second);
    const third = await rerun(client, { run: first, answered });
    const last = await remove(client, answered);
    const ends = new Map<string, WireRun["state"]>([
      [first, "succeeded"],
      [second, "cancelled"],
      [third, "succeeded"],
      [last, "succeeded"],
    ]);
    await eventually(
      async () => (await client.resources.get(at()).catch(codeOf)) === "resource_not_found",
    );
    return {
      answered,
      log: await log,
      feed: await caughtUp(client, feed),
      ends,
    };
  } finally {
    gone.abort();
    for (const driver of drivers) await driver.stop();
  }
}

function at() {
  return { kind: KIND, name: NAME };
}

function pipeline() {
  const steps = ["compile", "test", "ship"].map((id) => ({
    id,
    driver: id === "test" ? "tester" : "builder",
  }));
  return { name: PIPELINE, resource: KIND, events: [...EVENTS], steps };
}

/** Asks until it is answered: a 503 says nothing of whether it was done, a 507 that it was not. */
async function retried<T>(action: () => Promise<T>): Promise<T> {
  const { value } = await eventually(
    async () => {
      try {
        return { value: await action() };
      } catch (error) {
        if (error instanceof ApiError && [503, 507].includes(error.status)) return null;
        throw error;
      }
    },
    { withinMs: WITHIN_MS },
  );
  return value;
}

function codeOf(error: unknown): string {
  if (error instanceof ApiError) return error.code;
  throw error;
}

/** The newest run of the resource, for whoever was not told. */
async function newestRun(client: Client): Promise<string> {
  const { status } = await retried(() => client.resources.get(at()));
  if (status.run === null) throw new Error("the resource names no run");
  return status.run;
}

async function create(client: Client, answered: Answered[]): Promise<string> {
  const body = {
    name: NAME,
    resource: KIND,
    pipeline: PIPELINE,
    spec: { waits: false },
  };
  await retried(async () => {
    try {
      const { runid, version } = await client.resources.create(body);
      answered.push({ what: "created", run: runid, version });
    } catch (error) {
      if (codeOf(error) !== "resource_exists") throw error;
    }
  });
  return newestRun(client);
}

async function write(
  client: Client,
  { run, answered }: { readonly run: string; readonly answered: Answered[] },
): Promise<void> {
  await retried(async () => {
    try {
      await client.logs.write({
        runid: run,
        driver: "builder",
        message: "by hand",
      });
      answered.push({ what: "wrote", run, version: null });
    } catch (error) {
      if (codeOf(error) !== "run_finished") throw error;
    }
  });
}

async function update(client: Client, answered: Answered[]): Promise<string> {
  const { resource, runId } = await retried(() =>
    client.resources.update(at(), {
      pipeline: PIPELINE,
      spec: { waits: true },
    }),
  );
  const version = resource.metadata["version"] ?? null;
  answered.push({ what: "updated", run: runId, version });
  return newestRun(client);
}

/** Cancels a run that is under way, and waits for its end. */
async function cancel(client: Client, run: string): Promise<void> {
  await eventually(
    async () => {
      const { steps } = await retried(() => client.runs.get(run));
      return steps[0]?.state === "running";
    },
    { withinMs: WITHIN_MS, what: `run ${run} is under way` },
  );
  await retried(() =>
    client.runs.cancel(run).catch((error: unknown) => {
      if (codeOf(error) !== "run_finished") throw error;
    }),
  );
  await ended(client, run);
}

async function rerun(
  client: Client,
  { run, answered }: { readonly run: string; readonly answered: Answered[] },
): Promise<string> {
  const { runid } = await retried(() => client.runs.rerun(run));
  answered.push({ what: "reran", run: runid, version: null });
  await ended(client, runid);
  return runid;
}

/** Deletes, and answers the delete run. */
async function remove(client: Client, answered: Answered[]): Promise<string> {
  let told: string | null = null;
  await retried(async () => {
    try {
      const { runId } = await client.resources.delete(at());
      answered.push({ what: "deleted", run: runId, version: null });
      told = runId;
    } catch (error) {
      if (codeOf(error) !== "resource_not_found") throw error;
    }
  });
  const run = told ?? (await deleteRun(client));
  await ended(client, run);
  return run;
}

/** Of a deletion that was not answered, and was over before it was asked for again. */
async function deleteRun(client: Client): Promise<string> {
  const runs = await retried(() => all(client.runs.list({ resource: KIND, limit: 100 })));
  const found = runs.find(({ event }) => event === "delete");
  if (found === undefined) throw new Error("the resource is gone without a delete run");
  return found.id;
}

async function ended(client: Client, id: string): Promise<void> {
  await eventually(
    async () => {
      const run = await retried(() => client.runs.get(id));
      return isRunEnded(run.state) ? true : Promise.reject(new Error(JSON.stringify(run)));
    },
    { withinMs: WITHIN_MS, what: `the end of run ${id}` },
  );
}

/** A reader from the first line on, which begins anew where its first connection is refused. */
async function followLog(client: Client, run: string, signal: AbortSignal): Promise<FollowedLog> {
  const lines: WireLogLine[] = [];
  return retried(async () => {
    const after = lines.at(-1)?.seq;
    for await (const item of client.logs.follow({
      runId: run,
      after,
      signal,
    })) {
      if (item.kind === "end") return { run, lines, state: item.state };
      lines.push(item.line);
    }
    throw new Error(`the log of run ${run} ended without a word`);
  });
}

interface FollowedFeed {
  readonly changes: readonly WireChange[];
  readonly done: Promise<void>;
}

function followFeed(client: Client, signal: AbortSignal): FollowedFeed {
  const changes: WireChange[] = [];
  const follow = async (): Promise<void> => {
    const after = changes.at(-1)?.position ?? 0;
    for await (const change of client.changes.follow({ after, signal })) changes.push(change);
  };
  const done = retried(follow).catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });
  return { changes, done };
}

/** What the reader of the feed has got, once it has all there is. */
async function caughtUp(client: Client, feed: FollowedFeed): Promise<readonly WireChange[]> {
  const stored = await retried(() => all(client.changes.list({ limit: 1_000 })));
  const last = stored.at(-1)?.position ?? 0;
  const reached = eventually(() => (feed.changes.at(-1)?.position ?? 0) >= last, {
    withinMs: WITHIN_MS,
    what: `the reader of the feed gets to ${last}`,
  });
  await Promise.race([reached, feed.done]);
  return [...feed.changes];
}
