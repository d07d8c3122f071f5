/** An engine on storage in memory and a clock that the test moves, for the tests of this package. */
import { ManualClock, MemoryStorage, settled } from "@conveyor-ci/testkit";
import { createEngine } from "../create-engine.ts";
import type { Assignment, Connection, Engine, HelloInput, Link } from "../engine.ts";
import type { Notifier } from "../ports/index.ts";

export const me = { name: "tester" };

export interface World {
  readonly clock: ManualClock;
  readonly storage: MemoryStorage;
  readonly engine: Engine;
  readonly errors: unknown[];
}

export async function createWorld(options: { notifier?: Notifier } = {}): Promise<World> {
  const clock = new ManualClock();
  const storage = new MemoryStorage({ now: () => clock.now() });
  const errors: unknown[] = [];
  const engine = createEngine({
    storage,
    logs: storage.logs,
    clock,
    onError: (error) => errors.push(error),
    ...options,
  });
  await engine.start();
  await engine.createDefinition(
    me,
    { name: "app", description: null, version: null, schema: { type: "object" } },
    "create",
  );
  return { clock, storage, engine, errors };
}

/** Creates a resource and answers its run's id. */
export async function createApp(world: World, name: string, pipeline: string | null = null) {
  const content = { kind: "app", name, pipeline, metadata: {}, spec: { name } };
  const { run } = await world.engine.createResource(me, content);
  if (run === null) throw new Error("no run was made");
  return run.id;
}

export async function updateApp(world: World, name: string, spec: object): Promise<string> {
  const content = { kind: "app", name, pipeline: null, metadata: {}, spec: { ...spec } };
  const { run } = await world.engine.updateResource(me, content, null);
  if (run === null) throw new Error("no run was made");
  return run.id;
}

/** What an instance's side of the connection has seen. */
export class FakeInstance implements Link {
  readonly assigned: Assignment[] = [];
  readonly cancelled: [number, string][] = [];
  readonly lostLeases: number[] = [];
  readonly closings: string[] = [];
  isDrained = false;
  answersPings = true;
  connection: Connection | null = null;

  assign(assignment: Assignment): void {
    this.assigned.push(assignment);
  }

  cancel(token: number, reason: string): void {
    this.cancelled.push([token, reason]);
  }

  lost(token: number): void {
    this.lostLeases.push(token);
  }

  drain(): void {
    this.isDrained = true;
  }

  close(reason: string): void {
    this.closings.push(reason);
    // Whoever holds a connection logs that its end could not be noted; time tells it too.
    this.connection?.closed(false).catch(() => undefined);
  }

  isAlive(): Promise<boolean> {
    return Promise.resolve(this.answersPings);
  }

  get runs(): string[] {
    return this.assigned.map(({ run }) => run.id);
  }

  get last(): Assignment {
    const last = this.assigned.at(-1);
    if (last === undefined) throw new Error("nothing was assigned");
    return last;
  }

  get session(): Connection {
    if (this.connection === null) throw new Error("not connected");
    return this.connection;
  }

  async succeed(assignment = this.last, lines = 0): Promise<void> {
    const result = { success: true, message: "done", data: null, lines, code: null };
    await this.session.result(assignment.token, result);
    await settled();
  }
}

export async function connect(
  world: World,
  hello: Partial<HelloInput> = {},
): Promise<FakeInstance> {
  const instance = new FakeInstance();
  const connection = await world.engine.connect(
    {
      driver: "builder",
      instance: "host-1",
      bootId: "boot-1",
      resources: ["app"],
      events: ["create", "update"],
      concurrency: 10,
      leases: [],
      ...hello,
    },
    instance,
  );
  instance.connection = connection;
  connection.ready();
  await settled();
  return instance;
}

export function lines(...messages: string[]) {
  return messages.map((message) => ({
    timestamp: "2026-01-01T00:00:00.000Z",
    level: "info" as const,
    message,
    labels: {},
  }));
}
