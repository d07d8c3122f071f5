/** The ports of the engine, for adapters. */
export * from "./clock.ts";
export * from "./log-store.ts";
export * from "./notifier.ts";
export * from "./storage.ts";
