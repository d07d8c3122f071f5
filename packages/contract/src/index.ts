/** @packageDocumentation The wire of Conveyor as data: routes, bodies, answers, frames, limits. */
export * from "./asyncapi.ts";
export * from "./bodies.ts";
export * from "./frames.ts";
export * from "./headers.ts";
export * from "./labels.ts";
export * from "./limits.ts";
export * from "./openapi.ts";
export * from "./queries.ts";
export * from "./routes.ts";
export * from "./split-message.ts";
export * from "./wire.ts";
