/** `conveyor apply`: makes the server hold what files say. */
import { ApiError, type ApplyOutcome, type Client } from "@conveyor-ci/client";
import type { DefinitionBody, PipelineBody, ResourceBody } from "@conveyor-ci/contract";
import type { Command } from "commander";
import { type Context, contextOf, defineCommand, type Wiring } from "../context.ts";
import { DOCUMENT_KINDS, type InputDocument, readDocuments } from "../documents.ts";
import { EXIT } from "../exit-codes.ts";
import { type EndState, followRun, reasonsOf, waitForEnd } from "../follow-run.ts";
import { printDocument } from "../output.ts";
import { withProgress } from "../progress.ts";
import { stateText } from "../views.ts";

/** What became of one document; part of the JSON contract. */
interface Applied {
  readonly kind: string;
  readonly name: string;
  readonly outcome: ApplyOutcome;
  readonly runid?: string;
  /** Only with `--follow`: the state that the run ended in. */
  readonly state?: EndState;
}

interface Options {
  readonly filename: readonly string[];
  readonly follow?: true;
}

export function applyCommand(wiring: Wiring): Command {
  return defineCommand("apply", "create or change what files describe")
    .requiredOption(
      "-f, --filename <file>",
      "YAML or JSON with any number of documents; - is stdin; may be repeated",
      (file: string, before: readonly string[] | undefined) => [...(before ?? []), file],
    )
    .option("--follow", "show the lines of the runs, and exit with 1 unless all of them succeed")
    .addHelpText(
      "after",
      `
A document says its kind, ResourceDefinition, Pipeline or Resource; its other fields are those
of the API. Definitions are applied first, then pipelines, then resources.

Example:
  conveyor apply -f app.yaml --follow`,
    )
    .action(async (options: Options, command: Command) => {
      const context = contextOf(wiring, command);
      const documents = await readDocuments(context.terminal, options.filename);
      const states = await applyAll(context, documents, options.follow ?? false);
      if (states.some((state) => state !== "succeeded")) wiring.exit(EXIT.runFailed);
    });
}

/** Applies all, prints each, and answers the states of the runs that were followed. */
async function applyAll(
  context: Context,
  documents: readonly InputDocument[],
  follow: boolean,
): Promise<readonly EndState[]> {
  const isText = context.output === "table";
  const applied: Applied[] = [];
  try {
    for (const document of inOrder(documents)) {
      const one = await applyOne(context, document);
      applied.push(one);
      if (isText) await context.terminal.out(appliedText(context, one));
    }
    if (follow) await followAll(context, applied);
  } finally {
    // What has been done is told, also when the next document is refused.
    if (!isText) await printDocument(context, applied, () => "");
  }
  return applied.flatMap(({ state }) => (state === undefined ? [] : [state]));
}

/** What others refer to comes first; else the order of the files stands. */
function inOrder(documents: readonly InputDocument[]): readonly InputDocument[] {
  return DOCUMENT_KINDS.flatMap((kind) => documents.filter((one) => one.kind === kind));
}

async function applyOne({ client, terminal }: Context, document: InputDocument): Promise<Applied> {
  try {
    return await withProgress(terminal, `applying ${document.kind}`, () => {
      switch (document.kind) {
        case "ResourceDefinition":
          return applyDefinition(client, document.body as DefinitionBody);
        case "Pipeline":
          return applyPipeline(client, document.body as PipelineBody);
        case "Resource":
          return applyResource(client, document.body as ResourceBody);
      }
    });
  } catch (error) {
    throw error instanceof ApiError ? locatedError(error, document) : error;
  }
}

/** The same refusal, with the lines of the file that it speaks of. */
function locatedError(error: ApiError, document: InputDocument): ApiError {
  const issues = error.issues.map((issue) => ({
    ...issue,
    path: `${document.locate(issue.path)} ${issue.path}`.trim(),
  }));
  const { code, status, hint, requestId } = error;
  return new ApiError({
    code,
    status,
    message: `${document.locate("")}: ${error.message}`,
    issues,
    ...(hint === undefined ? {} : { hint }),
    ...(requestId === undefined ? {} : { requestId }),
  });
}

async function applyDefinition(client: Client, body: DefinitionBody): Promise<Applied> {
  const { definition, outcome } = await client.definitions.apply(body);
  return { kind: "ResourceDefinition", name: definition.name, outcome };
}

async function applyPipeline(client: Client, body: PipelineBody): Promise<Applied> {
  const { pipeline, outcome } = await client.pipelines.apply(body);
  return { kind: "Pipeline", name: pipeline.name, outcome };
}

async function applyResource(client: Client, body: ResourceBody): Promise<Applied> {
  const version = await versionOf(client, body);
  if (version === undefined) {
    const { name, runid } = await client.resources.create(body);
    return { kind: body.resource, name, outcome: "created", ...(runid === null ? {} : { runid }) };
  }
  const at = { kind: body.resource, name: body.name };
  const { resource, runId } = await client.resources.update(at, body);
  const outcome = resource.metadata["version"] === version ? "unchanged" : "changed";
  return { ...at, outcome, ...(runId === null ? {} : { runid: runId }) };
}

/** The version that the resource is at; undefined where there is none, or no such name can be. */
async function versionOf(client: Client, body: ResourceBody): Promise<string | undefined> {
  const { resource: kind, name }: { resource: unknown; name: unknown } = body;
  if (typeof kind !== "string" || typeof name !== "string" || kind === "" || name === "") {
    return undefined;
  }
  try {
    const resource = await client.resources.get({ kind, name });
    return resource.metadata["version"];
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return undefined;
    throw error;
  }
}

async function followAll(context: Context, applied: Applied[]): Promise<void> {
  const isText = context.output === "table";
  for (const [index, one] of applied.entries()) {
    if (one.runid === undefined) continue;
    const run = { runId: one.runid };
    const state = isText ? await followRun(context, run) : await waitForEnd(context, one.runid);
    applied[index] = { ...one, state };
    if (!isText) continue;
    const reasons = await reasonsOf(context.client, one.runid, state);
    await context.terminal.out(endText(context, one, state) + reasons);
  }
}

function appliedText({ terminal: { colors } }: Context, one: Applied): string {
  const outcome = one.outcome === "unchanged" ? colors.dim(one.outcome) : colors.green(one.outcome);
  const run = one.runid === undefined ? "" : ` (run ${one.runid})`;
  return `${one.kind}/${one.name} ${outcome}${run}\n`;
}

function endText({ terminal: { colors } }: Context, one: Applied, state: EndState): string {
  return `${one.kind}/${one.name} ${stateText(state, colors)} (run ${one.runid})\n`;
}
