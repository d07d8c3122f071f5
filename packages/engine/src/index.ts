/** @packageDocumentation Use cases and loops of Conveyor against ports. */
export * from "./create-engine.ts";
export * from "./engine.ts";
export * from "./ports/index.ts";
export { createSchemaValidator, type SchemaValidator } from "./schema/validator.ts";
