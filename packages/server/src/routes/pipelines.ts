/** /pipelines */
import {
  DEFAULT_LIMIT,
  OUTCOME_HEADER,
  PageQuery,
  PipelineBody,
  PipelineUpdateBody,
} from "@conveyor-ci/contract";
import { DEFAULT_EVENTS, EVENT_NAMES, type PipelineContent } from "@conveyor-ci/core";
import type { Engine } from "@conveyor-ci/engine";
import { pageOf, readCursor, writeCursor } from "../http/cursor.ts";
import type { HandlersOf } from "../http/handler.ts";
import { bodyShape, queryShape } from "../http/shape.ts";
import { viewPipeline } from "../views/pipeline.ts";
import { sameName, textOf } from "./definitions.ts";
import { nameInPath } from "./path-name.ts";

type Ids = "createPipeline" | "listPipelines" | "getPipeline" | "putPipeline" | "deletePipeline";

const newShape = bodyShape<PipelineBody>(PipelineBody);
const updateShape = bodyShape<PipelineUpdateBody>(PipelineUpdateBody);
const pageShape = queryShape<PageQuery>(PageQuery);
const LIST = "pipelines";

export function pipelineRoutes(engine: Engine): HandlersOf<Ids> {
  return {
    createPipeline: async (request, reply) => {
      const content = contentOf(newShape.parse(request.body));
      const answer = await engine.putPipeline(request.principal, content, "apply");
      reply.code(201).header(OUTCOME_HEADER, answer.outcome);
      return viewPipeline(answer.pipeline);
    },
    listPipelines: async (request) => {
      const { cursor, limit = DEFAULT_LIMIT } = pageShape.parse(request.query);
      const after = readCursor(LIST, cursor, [""])?.[0] ?? null;
      const rows = await engine.listPipelines({ after, limit: limit + 1 });
      return pageOf(rows, {
        limit,
        view: viewPipeline,
        cursor: (last) => writeCursor(LIST, [last.name]),
      });
    },
    getPipeline: async (request) =>
      viewPipeline(await engine.getPipeline(nameInPath(request, "pipeline"))),
    putPipeline: async (request, reply) => {
      const name = nameInPath(request, "pipeline");
      const body = updateShape.parse(request.body);
      const content = contentOf({ ...body, name: sameName(body, name) });
      const answer = await engine.putPipeline(request.principal, content, "replace");
      reply.header(OUTCOME_HEADER, answer.outcome);
      return viewPipeline(answer.pipeline);
    },
    deletePipeline: async (request, reply) => {
      await engine.deletePipeline(request.principal, nameInPath(request, "pipeline"));
      return reply.code(204).send();
    },
  };
}

function contentOf(body: PipelineBody): PipelineContent {
  const events = body.events ?? DEFAULT_EVENTS;
  return {
    name: body.name,
    description: body.description ?? null,
    version: textOf(body.version),
    resource: body.resource,
    // In one order, so that the same events in another are the same content.
    events: EVENT_NAMES.filter((event) => events.includes(event)),
    steps: body.steps.map((step) => ({
      id: step.id,
      name: step.name ?? null,
      driver: step.driver,
      timeout: step.timeout ?? null,
      needs: step.needs ?? null,
    })),
    metadata: body.metadata ?? {},
  };
}
