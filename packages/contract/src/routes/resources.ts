/** Routes: resources. */

import * as answers from "../answers.ts";
import * as bodies from "../bodies.ts";
import { RUN_ID_HEADER } from "../headers.ts";
import * as queries from "../queries.ts";
import { BODY_ERRORS, json, NO_CONTENT, type Route } from "./route.ts";

export const RESOURCE_ROUTES = [
  {
    id: "createResource",
    method: "POST",
    path: "/resources",
    tag: "resources",
    summary: "Creates a resource and the run of its `create` event",
    body: bodies.ResourceBody,
    answers: {
      201: { ...json(answers.Created, "name, version and run"), headers: [RUN_ID_HEADER] },
    },
    errors: [
      ...BODY_ERRORS,
      "invalid_spec",
      "definition_not_found",
      "pipeline_not_found",
      "resource_exists",
    ],
  },
  {
    id: "listResources",
    method: "GET",
    path: "/resources",
    tag: "resources",
    summary: "Lists resources of every kind",
    query: queries.ResourcesQuery,
    answers: { 200: json(answers.listOf(answers.Resource), "one page") },
    errors: ["invalid_cursor"],
  },
  {
    id: "listResourcesOfKind",
    method: "GET",
    path: "/resources/:kind",
    tag: "resources",
    summary: "Lists resources of one kind",
    query: queries.ResourcesQuery,
    answers: { 200: json(answers.listOf(answers.Resource), "one page") },
    errors: ["invalid_cursor", "definition_not_found"],
  },
  {
    id: "getResource",
    method: "GET",
    path: "/resources/:kind/:name",
    tag: "resources",
    summary: "Answers a resource at its newest version",
    answers: { 200: { ...json(answers.Resource, "the resource"), headers: ["etag"] } },
    errors: ["resource_not_found"],
  },
  {
    id: "putResource",
    method: "PUT",
    path: "/resources/:kind/:name",
    tag: "resources",
    summary: "Changes a resource; a change makes a version and a run. `If-Match` takes a version",
    body: bodies.ResourceUpdateBody,
    answers: {
      200: { ...json(answers.Resource, "the resource"), headers: ["etag", RUN_ID_HEADER] },
    },
    errors: [
      ...BODY_ERRORS,
      "invalid_spec",
      "name_mismatch",
      "definition_not_found",
      "pipeline_not_found",
      "resource_not_found",
      "resource_deleting",
      "version_conflict",
    ],
  },
  {
    id: "deleteResource",
    method: "DELETE",
    path: "/resources/:kind/:name",
    tag: "resources",
    summary:
      "Deletes a resource, after its delete run where somebody listens to it. `If-Match` takes a version",
    query: queries.DeleteResourceQuery,
    answers: { 204: { ...NO_CONTENT, headers: [RUN_ID_HEADER] } },
    errors: ["resource_not_found", "pipeline_not_found", "version_conflict"],
  },
  {
    id: "getVersion",
    method: "GET",
    path: "/resources/:kind/:name/:version",
    tag: "resources",
    summary: "Answers an old version of a resource",
    answers: { 200: json(answers.Resource, "the resource at that version") },
    errors: ["resource_not_found", "version_not_found"],
  },
] as const satisfies readonly Route[];
