/** @packageDocumentation What tests of Conveyor and of drivers stand on; never shipped with them. */
export * from "./manual-clock.ts";
export { type Mark, MemoryStorage, type MemoryStorageOptions } from "./memory-storage.ts";
export type { Written } from "./memory-tables.ts";
export {
  createTestControlPlane,
  type TestControlPlane,
  type TestControlPlaneOptions,
} from "./test-control-plane.ts";
export type { TestInstance, TestInstanceOptions } from "./test-instance.ts";
