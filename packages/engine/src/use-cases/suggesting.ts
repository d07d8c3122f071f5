/** Adds to a refusal for a name that does not exist which one was probably meant. */
import { ConveyorError, type ErrorCode, nearestWord } from "@conveyor-ci/core";
import type { EngineContext } from "./context.ts";

/** Names that the caller gave. */
export interface GivenNames {
  readonly definition?: string;
  readonly pipeline?: string | null;
  readonly driver?: string;
}

/** Names that are looked at: few enough for a refusal to stay cheap. */
const MAX_KNOWN = 100;

/** What was asked for, or its refusal with a hint. */
export async function suggesting<T>(
  context: EngineContext,
  given: GivenNames,
  done: Promise<T>,
): Promise<T> {
  try {
    return await done;
  } catch (error) {
    if (!(error instanceof ConveyorError)) throw error;
    const near = await nearestName(context, given, error.code);
    if (near === undefined) throw error;
    const { code, message, issues } = error;
    const hint = `did you mean ${near}?${error.hint === undefined ? "" : ` Else: ${error.hint}`}`;
    throw new ConveyorError({ code, message, issues, hint }, { cause: error });
  }
}

async function nearestName(
  { ns, storage }: EngineContext,
  { definition, pipeline, driver }: GivenNames,
  code: ErrorCode,
): Promise<string | undefined> {
  const page = { ns, after: null, limit: MAX_KNOWN };
  const near = (name: string, known: readonly { readonly name: string }[]) =>
    nearestWord(
      name,
      known.map((one) => one.name),
    );
  if (code === "definition_not_found" && definition !== undefined) {
    return near(definition, await storage.definitions(page));
  }
  if (code === "pipeline_not_found" && typeof pipeline === "string") {
    return near(pipeline, await storage.pipelines(page));
  }
  if (code === "driver_not_found" && driver !== undefined) {
    return near(driver, await storage.drivers(page));
  }
  return undefined;
}
