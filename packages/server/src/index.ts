/** @packageDocumentation Conveyor's control plane over HTTP, WebSocket and server-sent events. */
export type { Principal } from "@conveyor-ci/engine";
export { type ControlPlane, createControlPlane } from "./control-plane.ts";
export type {
  Address,
  Authenticate,
  ControlPlaneOptions,
  LogThreshold,
  ServerLogger,
} from "./control-plane-options.ts";
