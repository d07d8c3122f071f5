import { describe, expect, it } from "vitest";
import { eventually } from "./harness/eventually.ts";
import { KIND } from "./harness/script.ts";
import { useWorld } from "./harness/world.ts";

const CREATORS = 32;
const ROUNDS = 3;
/** Answers to wait for before the kill, so that the creators are in full flow. */
const ANSWERS = 100;

interface Answered {
  readonly name: string;
  readonly run: string;
  readonly version: string;
}

describe("a server that is killed under concurrent creators", () => {
  const world = useWorld("durable");

  /** Creates resources until the server is gone. */
  async function create(creator: string, answered: Answered[], sent: string[]): Promise<void> {
    for (let number = 1; ; number += 1) {
      const name = `app-${creator}-${number}`;
      sent.push(name);
      try {
        const body = { name, resource: KIND, spec: { number } };
        const { runid, version } = await world.client.resources.create(body);
        answered.push({ name, run: runid ?? "", version });
      } catch {
        return;
      }
    }
  }

  it("P1: has the run, version and event of every create that it answered, and of no other half", async () => {
    const server = await world.startServer();
    const answered: Answered[] = [];
    const sent: string[] = [];
    for (let round = 1; round <= ROUNDS; round += 1) {
      const before = answered.length;
      const creators = Array.from({ length: CREATORS }, (_, index) =>
        create(`${round}-${index}`, answered, sent),
      );
      await eventually(() => answered.length >= before + ANSWERS);
      const inFlight = sent.length - answered.length - (round - 1) * CREATORS;
      expect(inFlight).toBe(CREATORS);
      await server.kill();
      await Promise.all(creators);
      await server.start();
    }
    const told = new Map<string, number>();
    for await (const { noun, what, name } of world.client.changes.list({ limit: 1_000 })) {
      if (noun === "resource" && what === "created") told.set(name, (told.get(name) ?? 0) + 1);
    }
    const runs = new Map<string, string>();
    for await (const run of world.client.runs.list({ limit: 1_000 })) {
      expect(runs.has(run.resource.name)).toBe(false);
      runs.set(run.resource.name, run.id);
    }
    const kept = new Map<string, string | null>();
    for await (const { name, status } of world.client.resources.list({
      kind: KIND,
      limit: 1_000,
    })) {
      kept.set(name, status.run);
    }
    for (const { name, run } of answered) expect([name, kept.get(name)]).toEqual([name, run]);
    expect([...kept.keys()].sort()).toEqual([...runs.keys()].sort());
    expect([...told.keys()].sort()).toEqual([...runs.keys()].sort());
    for (const [name, run] of kept) expect([name, runs.get(name)]).toEqual([name, run]);
    for (const { name, run, version } of answered.slice(-ANSWERS)) {
      const at = await world.client.resources.version({ kind: KIND, name, version });
      expect(at.spec).toEqual({ number: Number(name.split("-").at(-1)) });
      expect((await world.run(run)).resource).toEqual({ kind: KIND, name, version });
    }
    expect(kept.size).toBeLessThanOrEqual(sent.length);
  });
});
