/** What the use cases share: the ports, the committer, and the namespace. */
import {
  ConveyorError,
  type ErrorCode,
  type Key,
  type Keys,
  type Rules,
  type TableName,
  type Tables,
} from "@conveyor-ci/core";
import type { Submit } from "../engine.ts";
import type { Clock, LogStore, Notifier, Storage } from "../ports/index.ts";
import type { Dispatcher } from "../runtime/dispatcher.ts";
import type { SchemaValidator } from "../schema/validator.ts";

export interface EngineContext {
  readonly ns: string;
  readonly keys: Keys;
  readonly storage: Storage;
  readonly logs: LogStore;
  readonly clock: Clock;
  readonly notifier: Notifier;
  readonly rules: Rules;
  readonly validator: SchemaValidator;
  readonly dispatcher: Dispatcher;
  readonly submit: Submit;
  /** Makes a time-ordered UUID that never repeats. */
  readonly newId: () => string;
}

/** One record. */
export async function loadOne<T extends TableName>(
  context: Pick<EngineContext, "storage">,
  key: Key<T>,
): Promise<Tables[T] | undefined> {
  const [record] = await context.storage.load([key]);
  return record;
}

export function missing(code: ErrorCode, message: string): never {
  throw new ConveyorError({ code, message });
}
