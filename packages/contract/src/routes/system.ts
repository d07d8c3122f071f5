/** Routes: system. */
import * as answers from "../answers.ts";
import * as queries from "../queries.ts";
import { EVENT_STREAM, json, type Route } from "./route.ts";

export const SYSTEM_ROUTES = [
  {
    id: "readChanges",
    method: "GET",
    path: "/changes",
    tag: "system",
    summary: "Reads the feed of everything that changed, or follows it by server-sent events",
    query: queries.ChangesQuery,
    answers: {
      200: {
        ...json(answers.listOf(answers.Change), "one page"),
        media: ["application/json", EVENT_STREAM],
      },
    },
    errors: [],
  },
  {
    id: "getRoot",
    method: "GET",
    path: "/",
    tag: "system",
    summary: "Says what answers here",
    answers: { 200: json(answers.Root, "name, version and links") },
    errors: [],
  },
  {
    id: "getHealth",
    method: "GET",
    path: "/health",
    tag: "system",
    summary: "Tells that the process answers",
    answers: { 200: json(answers.Health, "alive") },
    errors: [],
  },
  {
    id: "getReady",
    method: "GET",
    path: "/ready",
    tag: "system",
    summary: "Tells whether state can be read and written, by writing; holds for a second",
    answers: { 200: json(answers.Health, "ready") },
    errors: ["storage_full"],
  },
  {
    id: "getMetrics",
    method: "GET",
    path: "/metrics",
    tag: "system",
    summary: "Figures in the text format of Prometheus",
    answers: { 200: { description: "figures", media: ["text/plain"] } },
    errors: [],
  },
  {
    id: "getOpenApi",
    method: "GET",
    path: "/openapi.json",
    tag: "system",
    summary: "This description of the API",
    answers: { 200: json(answers.AnyObject, "OpenAPI 3.1") },
    errors: [],
  },
  {
    id: "getSwaggerPage",
    method: "GET",
    path: "/swagger/index.html",
    tag: "system",
    summary: "The interactive page of the API",
    answers: { 200: { description: "a page", media: ["text/html"] } },
    errors: [],
  },
  {
    id: "getSwaggerDoc",
    method: "GET",
    path: "/swagger/doc.json",
    tag: "system",
    summary: "The same as /openapi.json",
    answers: { 200: json(answers.AnyObject, "OpenAPI 3.1") },
    errors: [],
  },
  {
    id: "getAsyncApi",
    method: "GET",
    path: "/asyncapi.json",
    tag: "system",
    summary: "The description of the driver protocol",
    answers: { 200: json(answers.AnyObject, "AsyncAPI 3.0") },
    errors: [],
  },
] as const satisfies readonly Route[];
