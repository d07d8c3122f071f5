/** What no decision does: a record is gone that another one names. */
import { describe, expect, it } from "vitest";
import { World } from "../testing/world.ts";

/** A run of a pipeline whose one step an instance works on, for at most 5 s. */
function working(): { world: World; run: string } {
  const world = new World({ checked: false });
  world.pipeline("p", [{ id: "build", driver: "builder", timeout: "5s" }], ["create", "delete"]);
  world.connect({ driver: "builder" });
  const run = world.create("app-1", "p");
  world.claim();
  return { world, run };
}

interface Case {
  /** Loses something in a world, and answers what then meets the loss. */
  readonly lose: () => { readonly world: World; readonly act: () => unknown };
  readonly says: string;
}

const CASES: Readonly<Record<string, Case>> = {
  "the run of a lease": {
    lose: () => {
      const { world, run } = working();
      world.records.lose(world.keys.run(run));
      return { world, act: () => world.disconnect("builder/one", true) };
    },
    says: "is named by a record, so it exists",
  },
  "the session of a lease": {
    lose: () => {
      const { world } = working();
      world.records.lose(world.keys.session("builder/one"));
      return { world, act: () => world.tick(5_000) };
    },
    says: "session builder/one holds a lease, so it exists",
  },
  "the driver of a session": {
    lose: () => {
      const { world } = working();
      world.records.lose(world.keys.driver("builder"));
      return { world, act: () => world.disconnect("builder/one") };
    },
    says: "a driver is known while an instance has a session",
  },
  "the revision of a run": {
    lose: () => {
      const { world, run } = working();
      const [revision] = world.records.all("revision");
      if (revision !== undefined) world.records.lose(world.keys.revision(revision));
      return { world, act: () => world.rerun(run) };
    },
    says: "the revision of a run stays",
  },
  "the pipeline of a resource": {
    lose: () => {
      const { world } = working();
      world.records.lose(world.keys.pipeline("p"));
      return { world, act: () => world.remove("app-1") };
    },
    says: "a pipeline stands while a resource names it",
  },
  "the newest version of a resource": {
    lose: () => {
      const { world } = working();
      const [version] = world.records.all("version");
      if (version === undefined) throw new Error("there is a version");
      world.records.lose(world.keys.version({ ...version, id: version.resource }));
      return { world, act: () => world.update("app-1", "p") };
    },
    says: "the newest version of a resource stands",
  },
  "the resource of a run that nobody listens to": {
    lose: () => {
      const world = new World({ checked: false });
      world.create("app-1");
      world.records.lose(world.keys.resource({ kind: "app", name: "app-1" }));
      return { world, act: () => world.connect({ driver: "builder" }) };
    },
    says: "the orphans of a deleted resource have ended",
  },
  "the resource of a delete run": {
    lose: () => {
      const { world, run } = working();
      world.finish(run, "build");
      const deletion = world.remove("app-1") ?? "";
      world.connect({ driver: "builder", events: ["delete"] });
      world.claim();
      world.records.lose(world.keys.resource({ kind: "app", name: "app-1" }));
      return { world, act: () => world.finish(deletion, "build") };
    },
    says: "a resource stands until its delete run has succeeded",
  },
};

describe("a decision that meets a lost record stops, writes nothing, and says what is missing", () => {
  for (const [name, { lose, says }] of Object.entries(CASES)) {
    it(`when that is ${name}`, () => {
      const { world, act } = lose();
      const before = world.records.snapshot();
      expect(act).toThrow(says);
      expect(world.records.snapshot()).toEqual(before);
    });
  }
});
