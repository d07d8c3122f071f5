/** Routes: drivers. */
import * as answers from "../answers.ts";
import * as bodies from "../bodies.ts";
import { CONNECT_PATH } from "../frames.ts";
import * as queries from "../queries.ts";
import { BODY_ERRORS, json, NO_CONTENT, type Route } from "./route.ts";

export const DRIVER_ROUTES = [
  {
    id: "connectDriver",
    method: "GET",
    path: CONNECT_PATH,
    tag: "drivers",
    summary: "The driver protocol, by WebSocket; see /asyncapi.json",
    answers: { 101: { description: "WebSocket" } },
    errors: ["upgrade_required"],
  },
  {
    id: "broadcastMessage",
    method: "POST",
    path: "/drivers/broadcast-message",
    tag: "drivers",
    summary: "Puts a message into the feed",
    body: bodies.BroadcastBody,
    answers: { 200: json(answers.Message, "published") },
    errors: BODY_ERRORS,
  },
  {
    id: "listDrivers",
    method: "GET",
    path: "/drivers",
    tag: "drivers",
    summary: "Lists drivers with their instances and what is queued for them",
    query: queries.PageQuery,
    answers: { 200: json(answers.listOf(answers.Driver), "one page") },
    errors: ["invalid_cursor"],
  },
  {
    id: "getDriver",
    method: "GET",
    path: "/drivers/:name",
    tag: "drivers",
    summary: "Answers one driver",
    answers: { 200: json(answers.Driver, "the driver") },
    errors: ["driver_not_found"],
  },
  {
    id: "forgetDriver",
    method: "DELETE",
    path: "/drivers/:name",
    tag: "drivers",
    summary: "Forgets a driver and skips what is queued for it",
    answers: { 204: NO_CONTENT },
    errors: ["driver_not_found", "driver_connected"],
  },
] as const satisfies readonly Route[];
