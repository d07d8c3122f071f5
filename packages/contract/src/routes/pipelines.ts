/** Routes: pipelines. */
import * as answers from "../answers.ts";
import * as bodies from "../bodies.ts";
import * as queries from "../queries.ts";
import { BODY_ERRORS, json, NO_CONTENT, type Route } from "./route.ts";

export const PIPELINE_ROUTES = [
  {
    id: "createPipeline",
    method: "POST",
    path: "/pipelines",
    tag: "pipelines",
    summary: "Creates a pipeline, or a new revision of the one of that name",
    body: bodies.PipelineBody,
    answers: { 201: json(answers.Pipeline, "the newest revision") },
    errors: [...BODY_ERRORS, "invalid_pipeline", "definition_not_found"],
  },
  {
    id: "listPipelines",
    method: "GET",
    path: "/pipelines",
    tag: "pipelines",
    summary: "Lists pipelines by name",
    query: queries.PageQuery,
    answers: { 200: json(answers.listOf(answers.Pipeline), "one page") },
    errors: ["invalid_cursor"],
  },
  {
    id: "getPipeline",
    method: "GET",
    path: "/pipelines/:name",
    tag: "pipelines",
    summary: "Answers a pipeline at its newest revision",
    answers: { 200: json(answers.Pipeline, "the newest revision") },
    errors: ["pipeline_not_found"],
  },
  {
    id: "putPipeline",
    method: "PUT",
    path: "/pipelines/:name",
    tag: "pipelines",
    summary: "Changes a pipeline; changed content makes a new revision",
    body: bodies.PipelineUpdateBody,
    answers: { 200: json(answers.Pipeline, "the newest revision") },
    errors: [
      ...BODY_ERRORS,
      "invalid_pipeline",
      "name_mismatch",
      "definition_not_found",
      "pipeline_not_found",
    ],
  },
  {
    id: "deletePipeline",
    method: "DELETE",
    path: "/pipelines/:name",
    tag: "pipelines",
    summary: "Deletes a pipeline that no resource and no unfinished run uses",
    answers: { 204: NO_CONTENT },
    errors: ["pipeline_not_found", "pipeline_in_use"],
  },
] as const satisfies readonly Route[];
