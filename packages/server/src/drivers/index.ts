/**
 * @packageDocumentation The server's words for driver instances, for connections that are not
 * WebSockets.
 */
export { DriverConnection, type DriverConnectionContext } from "./driver-connection.ts";
export { readHello, welcomeOf } from "./hello.ts";
export { viewAssignment } from "./socket-link.ts";
