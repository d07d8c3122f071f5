/** Routes: definitions. */
import * as answers from "../answers.ts";
import * as bodies from "../bodies.ts";
import * as queries from "../queries.ts";
import { BODY_ERRORS, json, NO_CONTENT, type Route } from "./route.ts";

export const DEFINITION_ROUTES = [
  {
    id: "createDefinition",
    method: "POST",
    path: "/resource-definitions",
    tag: "definitions",
    summary: "Creates a resource definition",
    body: bodies.DefinitionBody,
    answers: { 201: json(answers.Definition, "the definition") },
    errors: [...BODY_ERRORS, "invalid_schema", "schema_too_large", "definition_exists"],
  },
  {
    id: "applyDefinition",
    method: "POST",
    path: "/resource-definitions/apply",
    tag: "definitions",
    summary: "Creates a resource definition or changes the one of that name",
    body: bodies.DefinitionBody,
    answers: { 201: json(answers.Definition, "the definition") },
    errors: [...BODY_ERRORS, "invalid_schema", "schema_too_large"],
  },
  {
    id: "listDefinitions",
    method: "GET",
    path: "/resource-definitions",
    tag: "definitions",
    summary: "Lists resource definitions by name",
    query: queries.PageQuery,
    answers: { 200: json(answers.listOf(answers.Definition), "one page") },
    errors: ["invalid_cursor"],
  },
  {
    id: "getDefinition",
    method: "GET",
    path: "/resource-definitions/:name",
    tag: "definitions",
    summary: "Answers one resource definition",
    answers: { 200: json(answers.Definition, "the definition") },
    errors: ["definition_not_found"],
  },
  {
    id: "putDefinition",
    method: "PUT",
    path: "/resource-definitions/:name",
    tag: "definitions",
    summary: "Changes a resource definition; resources meet the schema at their next write",
    body: bodies.DefinitionUpdateBody,
    answers: { 200: json(answers.Definition, "the definition") },
    errors: [
      ...BODY_ERRORS,
      "invalid_schema",
      "schema_too_large",
      "definition_not_found",
      "name_mismatch",
    ],
  },
  {
    id: "deleteDefinition",
    method: "DELETE",
    path: "/resource-definitions/:name",
    tag: "definitions",
    summary: "Deletes a resource definition that nothing uses",
    answers: { 204: NO_CONTENT },
    errors: ["definition_not_found", "definition_in_use"],
  },
] as const satisfies readonly Route[];
