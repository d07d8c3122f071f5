/** Routes: runs. */

import * as answers from "../answers.ts";
import { RUN_ID_HEADER } from "../headers.ts";
import * as queries from "../queries.ts";
import { json, type Route } from "./route.ts";

export const RUN_ROUTES = [
  {
    id: "listRuns",
    method: "GET",
    path: "/runs",
    tag: "runs",
    summary: "Lists runs, the newest first",
    query: queries.RunsQuery,
    answers: { 200: json(answers.listOf(answers.Run), "one page, without the data of results") },
    errors: ["invalid_cursor"],
  },
  {
    id: "getRun",
    method: "GET",
    path: "/runs/:id",
    tag: "runs",
    summary: "Answers a run with its steps, attempts and results, and why it is not moving",
    answers: { 200: json(answers.Run, "the run") },
    errors: ["run_not_found"],
  },
  {
    id: "cancelRun",
    method: "POST",
    path: "/runs/:id/cancel",
    tag: "runs",
    summary: "Cancels a run",
    answers: { 202: json(answers.Run, "the run, cancelling or cancelled") },
    errors: ["run_not_found", "run_finished"],
  },
  {
    id: "rerunRun",
    method: "POST",
    path: "/runs/:id/rerun",
    tag: "runs",
    summary: "Makes a new run of the same event, version and revision",
    answers: { 201: { ...json(answers.Rerun, "the new run"), headers: [RUN_ID_HEADER] } },
    errors: ["run_not_found", "resource_gone"],
  },
] as const satisfies readonly Route[];
