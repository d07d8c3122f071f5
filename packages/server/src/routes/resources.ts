/** /resources */
import {
  DEFAULT_LIMIT,
  DeleteResourceQuery,
  ResourceBody,
  ResourcesQuery,
  ResourceUpdateBody,
  RUN_ID_HEADER,
  type WireCreated,
} from "@conveyor-ci/contract";
import { ConveyorError, type JsonValue, quoted, type ResourceContent } from "@conveyor-ci/core";
import type { Engine, ResourceState } from "@conveyor-ci/engine";
import type { FastifyReply, FastifyRequest } from "fastify";
import { parameter } from "../http/caller.ts";
import { pageOf, readCursor, writeCursor } from "../http/cursor.ts";
import type { HandlersOf } from "../http/handler.ts";
import { bodyShape, queryShape } from "../http/shape.ts";
import { isOwnedEntry, viewResource } from "../views/resource.ts";
import { nameInPath } from "./path-name.ts";
import { parseSelector } from "./selector.ts";

type Ids =
  | "createResource"
  | "listResources"
  | "listResourcesOfKind"
  | "getResource"
  | "putResource"
  | "deleteResource"
  | "getVersion";

const newShape = bodyShape<ResourceBody>(ResourceBody);
const updateShape = bodyShape<ResourceUpdateBody>(ResourceUpdateBody);
const listShape = queryShape<ResourcesQuery>(ResourcesQuery);
const deleteShape = queryShape<DeleteResourceQuery>(DeleteResourceQuery);
const LIST = "resources";

export function resourceRoutes(engine: Engine): HandlersOf<Ids> {
  return {
    createResource: async (request, reply) => {
      const content = contentOf(newShape.parse(withoutOwned(request.body)));
      const { resource, run } = await engine.createResource(request.principal, content);
      const answer: WireCreated = {
        message: "Resource created successfully",
        name: resource.name,
        runid: run?.id ?? null,
        version: String(resource.version),
      };
      reply.code(201);
      if (run !== null) reply.header(RUN_ID_HEADER, run.id);
      return answer;
    },
    listResources: (request) => list(engine, request, null),
    listResourcesOfKind: async (request) => {
      const kind = nameInPath(request, "definition", "kind");
      const page = await list(engine, request, kind);
      // An empty page of a kind that does not exist is a mistyped name.
      if (page.items.length === 0) await engine.getDefinition(kind);
      return page;
    },
    getResource: async (request, reply) => {
      const state = await engine.getResource(placeOf(request));
      return answerResource(reply, state);
    },
    putResource: (request, reply) => put(engine, request, reply),
    deleteResource: async (request, reply) => {
      const { force = false } = deleteShape.parse(withFlag(request.query, "force"));
      const ifVersion = readIfMatch(request.headers["if-match"]);
      const at = { ...placeOf(request), force, ifVersion };
      const { run } = await engine.deleteResource(request.principal, at);
      if (run !== null) reply.header(RUN_ID_HEADER, run.id);
      return reply.code(204).send();
    },
    getVersion: async (request) => {
      const place = placeOf(request);
      const text = parameter(request, "version");
      if (!/^[1-9][0-9]{0,14}$/.test(text)) {
        const message = `${place.kind} ${place.name} has no version ${quoted(text)}`;
        throw new ConveyorError({ code: "version_not_found", message });
      }
      return viewResource(await engine.getVersion({ ...place, version: Number(text) }));
    },
  };
}

async function put(engine: Engine, request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
  const place = placeOf(request);
  const body = updateShape.parse(withoutOwned(request.body));
  assertSame("/name", body.name, place.name);
  assertSame("/resource", body.resource, place.kind);
  const content = contentOf({ ...body, name: place.name, resource: place.kind });
  const ifVersion = readIfMatch(request.headers["if-match"]);
  const answer = await engine.updateResource(request.principal, content, ifVersion);
  if (answer.run === null) return answerResource(reply, await engine.getResource(place));
  reply.header(RUN_ID_HEADER, answer.run.id);
  const { resource, version, run } = answer;
  return answerResource(reply, { resource, version, run: { run, data: {} } });
}

async function list(engine: Engine, request: FastifyRequest, kind: string | null) {
  const { cursor, limit = DEFAULT_LIMIT, selector } = listShape.parse(request.query);
  const place = readCursor(LIST, cursor, ["", ""]);
  const after = place === null ? null : { kind: place[0] ?? "", name: place[1] ?? "" };
  const labels = parseSelector(selector);
  const rows = await engine.listResources({ kind, labels, after, limit: limit + 1 });
  return pageOf(rows, {
    limit,
    view: viewResource,
    cursor: ({ resource }) => writeCursor(LIST, [resource.kind, resource.name]),
  });
}

function answerResource(reply: FastifyReply, state: ResourceState): unknown {
  reply.header("etag", `"${state.version.version}"`);
  return viewResource(state);
}

function placeOf(request: FastifyRequest): { readonly kind: string; readonly name: string } {
  const kind = nameInPath(request, "resource", "kind");
  return { kind, name: nameInPath(request, "resource") };
}

function contentOf(body: ResourceBody): ResourceContent {
  const { pipeline } = body;
  return {
    kind: body.resource,
    name: body.name,
    pipeline: pipeline === undefined || pipeline === "" ? null : pipeline,
    metadata: body.metadata ?? {},
    spec: body.spec as JsonValue,
  };
}

/** Takes from `metadata` the entries that the server owns, before anything is held against them. */
function withoutOwned(body: unknown): unknown {
  const { metadata } = (body ?? {}) as { readonly metadata?: unknown };
  if (typeof metadata !== "object" || metadata === null) return body;
  if (!Object.keys(metadata).some(isOwnedEntry)) return body;
  const kept = Object.entries(metadata).filter(([name]) => !isOwnedEntry(name));
  return { ...(body as object), metadata: Object.fromEntries(kept) };
}

function assertSame(path: string, said: string | undefined, wanted: string): void {
  if (said === undefined || said === wanted) return;
  const message = `is ${said}, but the path says ${wanted}`;
  throw new ConveyorError({
    code: "name_mismatch",
    message: `${path} ${message}`,
    issues: [{ path, rule: "path", message }],
  });
}

/** The version that `If-Match` asks for, or null where it does not matter. */
function readIfMatch(header: string | undefined): number | null {
  if (header === undefined || header.trim() === "*") return null;
  const match = /^(?:W\/)?"?([1-9][0-9]{0,14})"?$/.exec(header.trim());
  if (match !== null) return Number(match[1]);
  throw new ConveyorError({
    code: "invalid_request",
    message: `If-Match ${quoted(header)} is not one version`,
    hint: 'send the ETag of the resource, such as If-Match: "3"',
    issues: [{ path: "/headers/if-match", rule: "version", message: "must be one version" }],
  });
}

/** `?force` alone says yes. */
function withFlag(query: unknown, name: string): unknown {
  const values = query as Readonly<Record<string, unknown>>;
  return values[name] === "" ? { ...values, [name]: "true" } : values;
}
