/** @packageDocumentation What tests of Conveyor and of drivers stand on; never shipped with them. */
export * from "./manual-clock.ts";
export { MemoryStorage, type MemoryStorageOptions } from "./memory-storage.ts";
export {
  createTestControlPlane,
  type TestControlPlane,
  type TestControlPlaneOptions,
} from "./test-control-plane.ts";
export type { TestInstance, TestInstanceOptions } from "./test-instance.ts";
