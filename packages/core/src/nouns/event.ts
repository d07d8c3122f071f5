/** What happened to a resource. */
export type EventName = "create" | "update" | "delete";

export const EVENT_NAMES: readonly EventName[] = ["create", "update", "delete"];

/** What a driver or pipeline that names no events gets: `delete` must be named. */
export const DEFAULT_EVENTS: readonly EventName[] = ["create", "update"];
