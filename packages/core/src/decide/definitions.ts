/** Resource definitions: created, applied, deleted. */
import type { Answers, DefinitionContent } from "../commands.ts";
import { isEqualJson } from "../equal.ts";
import type { Definition } from "../nouns/definition.ts";
import { type CommandOf, type Context, change, refuse } from "./context.ts";

export function createDefinition(
  ctx: Context,
  command: CommandOf<"createDefinition">,
): Answers["createDefinition"] {
  const { content, mode, id } = command;
  const key = ctx.keys.definition(content.name);
  const existing = ctx.view.get(key);
  if (existing === undefined) {
    if (mode === "replace") missingDefinition(content.name);
    const definition = { ...content, id, createdAt: ctx.now, updatedAt: ctx.now };
    ctx.view.put(key, definition);
    change(ctx, { noun: "definition", name: content.name, what: "created" });
    return { definition, outcome: "created" };
  }
  if (mode === "create") {
    refuse("definition_exists", `a definition named ${content.name} exists`, {
      hint: "POST /resource-definitions/apply creates or changes it",
    });
  }
  if (isSame(existing, content)) return { definition: existing, outcome: "unchanged" };
  const definition = { ...existing, ...content, updatedAt: ctx.now };
  ctx.view.put(key, definition);
  change(ctx, { noun: "definition", name: content.name, what: "changed" });
  return { definition, outcome: "changed" };
}

function isSame(definition: Definition, content: DefinitionContent): boolean {
  return (
    definition.description === content.description &&
    definition.version === content.version &&
    isEqualJson(definition.schema, content.schema)
  );
}

/** `path`: where the input names it. */
export function missingDefinition(name: string, path?: string): never {
  const message = `there is no resource definition named ${name}`;
  return refuse("definition_not_found", message, {
    hint: "POST /resource-definitions/apply creates it",
    ...(path === undefined ? {} : { issues: [{ path, rule: "exists", message }] }),
  });
}

export function deleteDefinition(ctx: Context, command: CommandOf<"deleteDefinition">): null {
  const { name } = command;
  const key = ctx.keys.definition(name);
  if (ctx.view.get(key) === undefined) missingDefinition(name);
  const user = ctx.view.search(ctx.ns, { kind: "usesOfDefinition", name })[0];
  if (user !== undefined) {
    refuse(
      "definition_in_use",
      `${user.table} ${user.parts.at(-1)} still uses definition ${name}`,
      {
        hint: "delete its resources and pipelines first",
      },
    );
  }
  ctx.view.delete(key);
  change(ctx, { noun: "definition", name, what: "deleted" });
  return null;
}
