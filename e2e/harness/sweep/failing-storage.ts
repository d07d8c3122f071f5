/**
 * A storage that fails at the n-th of its calls, of whatever method.
 *
 * F1 A call that fails `before` has done nothing. One that fails `after` has done all it was asked
 *    for, and the caller does not hear of it (S6 of the storage port).
 * F2 A disk that is `full` refuses batches alone, and has done nothing of them.
 */
import { ConveyorError } from "@conveyor-ci/core";
import type { LogStore, Storage } from "@conveyor-ci/engine/ports";

export interface Fault {
  /** The first call that fails, counted from 1. */
  readonly at: number;
  /** How many calls fail in a row. */
  readonly calls: number;
  readonly when: "before" | "after" | "full";
}

export const NO_FAULT: Fault = {
  at: Number.POSITIVE_INFINITY,
  calls: 0,
  when: "before",
};

export type LoggedStorage = Storage & { readonly logs: LogStore };

export interface FailingStorage {
  readonly storage: LoggedStorage;
  /** The calls that failed, by method. */
  readonly failed: readonly string[];
  /** From now on nothing fails. */
  mend(): void;
}

const METHODS: ReadonlySet<unknown> = new Set<keyof Storage | keyof LogStore>([
  "batch",
  "load",
  "definitions",
  "pipelines",
  "drivers",
  "resources",
  "runs",
  "sessions",
  "queueDepths",
  "unfinishedRuns",
  "changes",
  "lastChange",
  "read",
]);

type Method = (...args: readonly unknown[]) => Promise<unknown>;

export function failStorage(
  real: LoggedStorage,
  { at, calls: count, when }: Fault,
): FailingStorage {
  let calls = 0;
  let isMended = false;
  const failed: string[] = [];
  const intercept = (name: string, call: () => Promise<unknown>): Promise<unknown> => {
    if (when === "full" && name !== "batch") return call();
    calls += 1;
    if (isMended || calls < at || calls >= at + count) return call();
    failed.push(name);
    const fail = (): never => {
      throw new ConveyorError({
        code: when === "full" ? "storage_full" : "storage_unavailable",
        message: `call ${calls} of the storage, ${name}, fails: ${when}`,
      });
    };
    return when === "after" ? call().then(fail) : Promise.resolve().then(fail);
  };
  const wrap = <Port extends object>(port: Port): Port =>
    new Proxy(port, {
      get: (target, name) => {
        const member: unknown = Reflect.get(target, name, target);
        if (typeof member !== "function") return member;
        const method = member.bind(target) as Method;
        if (!METHODS.has(name)) return method;
        return (...args: readonly unknown[]) => intercept(String(name), () => method(...args));
      },
    });
  const logs = wrap(real.logs);
  const storage = new Proxy(wrap(real), {
    get: (target, name) => (name === "logs" ? logs : Reflect.get(target, name, target)),
  });
  return {
    storage,
    failed,
    mend: () => {
      isMended = true;
    },
  };
}
