/** Storages that change what is history (P7): what fixed-history.ts and looks.ts must find. */
import {
  isRunEnded,
  keysOf,
  type Pipeline,
  type ResourceVersion,
  type Run,
  type TableName,
  type Tables,
} from "@conveyor-ci/core";
import type { Engine } from "@conveyor-ci/engine";
import type { Written } from "@conveyor-ci/testkit";
import type { Defect } from "./defect.ts";

type Writes = readonly Written[];

/** The writes of one table, with the records of their type. */
function of<T extends TableName>(table: T, writes: Writes): readonly Written<T>[] {
  return writes.filter(({ key }) => key.table === table) as unknown as readonly Written<T>[];
}

/** Each record of a table that was made is kept, to be changed later. */
function made<T extends TableName>(table: T, writes: Writes): readonly Tables[T][] {
  return of(table, writes).flatMap(({ before, after }) =>
    before === undefined && after !== undefined ? [after] : [],
  );
}

/** An update is written into the version before as well. */
function changingVersions(): Partial<Defect> {
  const known = new Map<string, ResourceVersion>();
  return {
    stores: (writes) => {
      const more: Written[] = [];
      for (const version of made("version", writes)) {
        const old = known.get(version.resource);
        known.set(version.resource, version);
        if (old === undefined) continue;
        const key = keysOf("default").version({ id: old.resource, version: old.version });
        more.push({ key, before: old, after: { ...old, spec: version.spec } });
      }
      return [...writes, ...more];
    },
  };
}

/** A new revision of a pipeline is written over the one before as well. */
function changingRevisions(): Partial<Defect> {
  const known = new Map<string, Pipeline>();
  return {
    stores: (writes) => {
      const more: Written[] = [];
      for (const revision of made("revision", writes)) {
        const old = known.get(revision.id);
        known.set(revision.id, revision);
        if (old === undefined) continue;
        const key = keysOf("default").revision(old);
        more.push({ key, before: old, after: { ...revision, revision: old.revision } });
      }
      return [...writes, ...more];
    },
  };
}

/** What is written next moves the end of the run that ended last. */
function movingEnds(): Partial<Defect> {
  let ended: Run | undefined;
  return {
    stores: (writes) => {
      const runs = of("run", writes);
      const last = ended;
      ended = runs.findLast(({ after }) => after !== undefined && isRunEnded(after.state))?.after;
      if (last === undefined || runs.some(({ after }) => after?.id === last.id)) return writes;
      const after = { ...last, finishedAt: (last.finishedAt ?? 0) + 1 };
      return [...writes, { key: keysOf("default").run(last.id), before: last, after }];
    },
  };
}

/** Reruns are made of something else than their parents. */
function rerunning(change: Partial<Run>): () => Partial<Defect> {
  return () => ({
    stores: (writes) =>
      writes.map((write) => {
        const run = write.key.table === "run" ? (write.after as Run | undefined) : undefined;
        const isRerun = run?.parent !== null && run?.parent !== undefined;
        return isRerun && write.before === undefined
          ? { ...write, after: { ...run, ...change } }
          : write;
      }),
    says: (commands, result) => ({
      ...result,
      outcomes: result.outcomes.map((outcome, index) => {
        if (!outcome.ok || commands[index]?.kind !== "rerunRun") return outcome;
        const { run } = outcome.value as { readonly run: Run };
        return { ok: true, value: { run: { ...run, ...change } } };
      }),
    }),
  });
}

/** Whoever asks for an old version is shown the newest. */
function showingTheNewest(engine: Engine): void {
  engine.getVersion = (at) => engine.getResource(at);
}

/** Whoever asks for a finished run is shown another end of it each time. */
function showingOtherEnds(): Partial<Defect> {
  let times = 0;
  return {
    bends: (engine) => {
      const getRun = engine.getRun.bind(engine);
      engine.getRun = async (id) => {
        const { run, ...more } = await getRun(id);
        times += 1;
        return { run: { ...run, finishedAt: times }, ...more };
      };
    },
  };
}

export const DEFECTS_OF_HISTORY = {
  "a storage that changes an old version": changingVersions,
  "a storage that changes a revision": changingRevisions,
  "a storage that changes a finished run": movingEnds,
  "a server that shows the newest version for an old one": () => ({ bends: showingTheNewest }),
  "a server that shows another end of a finished run": showingOtherEnds,
  "a server that runs another event again": rerunning({ event: "delete" }),
  "a server that runs again on another revision": rerunning({ pipeline: null }),
  "a server that does not name the parent of a rerun": rerunning({ parent: null }),
} as const;
