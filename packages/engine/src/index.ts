/** @packageDocumentation Use cases and loops of Conveyor against ports. */
export * from "./create-engine.ts";
export * from "./engine.ts";
export * from "./ports/index.ts";
export { Histogram, type HistogramFigures } from "./runtime/histogram.ts";
export { createSchemaValidator, type SchemaValidator } from "./schema/validator.ts";
