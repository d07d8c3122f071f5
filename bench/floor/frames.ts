/** What the driver and the server of the floor say to each other. */
import type { Workload } from "../workload.ts";

export interface AssignFrame {
  readonly type: "assign";
  readonly run: string;
  readonly step: number;
  readonly resource: { readonly name: string; readonly spec: { readonly workload: Workload } };
}

export interface LoggedFrame {
  readonly type: "logged";
  readonly run: string;
  readonly received: number;
}

export interface FloorLine {
  readonly timestamp: string;
  readonly level: string;
  readonly message: string;
  readonly labels: Readonly<Record<string, string>>;
}

export interface LogFrame {
  readonly type: "log";
  readonly run: string;
  readonly first: number;
  readonly lines: readonly FloorLine[];
}

export interface ResultFrame {
  readonly type: "result";
  readonly run: string;
  readonly success: boolean;
  readonly message: string;
  readonly data: unknown;
}

export const DRIVER_PATH = "/drivers/connect";
export const LOG_PATH = "/logs/pipeline/";
