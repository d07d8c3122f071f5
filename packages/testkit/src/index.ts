/** @packageDocumentation What tests of Conveyor and of drivers stand on; never shipped with them. */
export * from "./manual-clock.ts";
export { MemoryStorage, type MemoryStorageOptions } from "./memory-storage.ts";
