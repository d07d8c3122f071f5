/** @packageDocumentation The wire of Conveyor as data: bodies, answers, frames, limits. */
export * from "./bodies.ts";
export * from "./frames.ts";
export * from "./limits.ts";
export * from "./wire.ts";
