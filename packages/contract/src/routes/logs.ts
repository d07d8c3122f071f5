/** Routes: logs. */
import * as answers from "../answers.ts";
import * as bodies from "../bodies.ts";
import * as queries from "../queries.ts";
import { BODY_ERRORS, EVENT_STREAM, json, type Route } from "./route.ts";

export const LOG_ROUTES = [
  {
    id: "writeLog",
    method: "POST",
    path: "/logs",
    tag: "logs",
    summary: "Stores a line of a run that has not ended",
    body: bodies.LogBody,
    answers: { 201: { description: "the text `Created`", media: ["text/plain"] } },
    errors: [...BODY_ERRORS, "run_not_found", "run_finished"],
  },
  {
    id: "queryLogs",
    method: "GET",
    path: "/logs",
    tag: "logs",
    summary: "Answers all lines that match; `label.<name>=` selects by label",
    query: queries.LogsQuery,
    answers: {
      200: {
        ...json(answers.LogLines, "the lines, in order"),
        media: ["application/json", "application/x-ndjson"],
      },
    },
    errors: [],
  },
  {
    id: "followDriverLogs",
    method: "GET",
    path: "/logs/streams/:driver/:runid",
    tag: "logs",
    summary: "Follows the lines of one driver in one run, by WebSocket or server-sent events",
    query: queries.FollowQuery,
    answers: {
      101: { description: "WebSocket: one line each, then `end`" },
      200: { ...json(answers.LogLine, "events"), media: [EVENT_STREAM] },
      204: { description: "the run has ended, and there is nothing after the last event" },
    },
    errors: ["run_not_found"],
  },
  {
    id: "followRunLogs",
    method: "GET",
    path: "/logs/pipeline/:runid",
    tag: "logs",
    summary: "Follows the lines of all drivers of one run, by WebSocket or server-sent events",
    query: queries.FollowQuery,
    answers: {
      101: { description: "WebSocket: one line each, then `end`" },
      200: { ...json(answers.LogLine, "events"), media: [EVENT_STREAM] },
      204: { description: "the run has ended, and there is nothing after the last event" },
    },
    errors: ["run_not_found"],
  },
] as const satisfies readonly Route[];
