/** /resource-definitions */
import {
  DEFAULT_LIMIT,
  DefinitionBody,
  DefinitionUpdateBody,
  OUTCOME_HEADER,
  PageQuery,
} from "@conveyor-ci/contract";
import { ConveyorError, type DefinitionContent, isKind, RESERVED_KINDS } from "@conveyor-ci/core";
import type { Engine } from "@conveyor-ci/engine";
import type { FastifyReply, FastifyRequest } from "fastify";
import { pageOf, readCursor, writeCursor } from "../http/cursor.ts";
import type { HandlersOf } from "../http/handler.ts";
import { bodyShape, queryShape } from "../http/shape.ts";
import { viewDefinition } from "../views/definition.ts";
import { nameInPath } from "./path-name.ts";

type Ids =
  | "createDefinition"
  | "applyDefinition"
  | "listDefinitions"
  | "getDefinition"
  | "putDefinition"
  | "deleteDefinition";

const newShape = bodyShape<DefinitionBody>(DefinitionBody);
const updateShape = bodyShape<DefinitionUpdateBody>(DefinitionUpdateBody);
const pageShape = queryShape<PageQuery>(PageQuery);
const LIST = "definitions";

export function definitionRoutes(engine: Engine): HandlersOf<Ids> {
  const write = async (
    { request, reply }: { readonly request: FastifyRequest; readonly reply: FastifyReply },
    content: DefinitionContent,
    mode: "create" | "apply" | "replace",
  ) => {
    const answer = await engine.createDefinition(request.principal, content, mode);
    reply.code(mode === "replace" ? 200 : 201).header(OUTCOME_HEADER, answer.outcome);
    return viewDefinition(answer.definition);
  };
  return {
    createDefinition: (request, reply) =>
      write({ request, reply }, contentOf(newShape.parse(request.body)), "create"),
    applyDefinition: (request, reply) =>
      write({ request, reply }, contentOf(newShape.parse(request.body)), "apply"),
    listDefinitions: async (request) => {
      const { cursor, limit = DEFAULT_LIMIT } = pageShape.parse(request.query);
      const after = readCursor(LIST, cursor, [""])?.[0] ?? null;
      const rows = await engine.listDefinitions({ after, limit: limit + 1 });
      return pageOf(rows, {
        limit,
        view: viewDefinition,
        cursor: (last) => writeCursor(LIST, [last.name]),
      });
    },
    getDefinition: async (request) =>
      viewDefinition(await engine.getDefinition(nameInPath(request, "definition"))),
    putDefinition: (request, reply) => {
      const name = nameInPath(request, "definition");
      const body = updateShape.parse(request.body);
      return write(
        { request, reply },
        contentOf({ ...body, name: sameName(body, name) }),
        "replace",
      );
    },
    deleteDefinition: async (request, reply) => {
      await engine.deleteDefinition(request.principal, nameInPath(request, "definition"));
      return reply.code(204).send();
    },
  };
}

/** The name in the path; throws `name_mismatch` when the body says another. */
export function sameName(body: { readonly name?: string }, name: string): string {
  if (body.name === undefined || body.name === name) return name;
  const message = `the body names ${body.name}, the path ${name}`;
  throw new ConveyorError({
    code: "name_mismatch",
    message,
    issues: [{ path: "/name", rule: "path", message: "must be the name in the path" }],
  });
}

function contentOf(body: DefinitionBody): DefinitionContent {
  const { name, description, version, schema } = body;
  if (!isKind(name)) {
    const message = `must not be one of: ${RESERVED_KINDS.join(", ")}`;
    throw new ConveyorError({
      code: "invalid_request",
      message: `/name ${message}`,
      issues: [{ path: "/name", rule: "reserved", message }],
    });
  }
  return {
    name,
    description: description ?? null,
    version: textOf(version),
    schema: schema as DefinitionContent["schema"],
  };
}

/** An author's version as text; some write it as a number. */
export function textOf(version: string | number | null | undefined): string | null {
  return version === undefined || version === null ? null : String(version);
}
