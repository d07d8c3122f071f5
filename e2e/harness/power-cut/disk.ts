/**
 * A disk as POSIX promises it, fed with what a process did to it.
 *
 * D1 What was written to a file is certain once the file was synced, and its name once the directory
 *    was synced in which it stands. Nothing else is.
 * D2 What is not certain may be there in part: each sector of 512 bytes for itself, each name for
 *    itself, each change of a length for itself.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Operation } from "./trace.ts";

const SECTOR_BYTES = 512;

/** Says whether something uncertain is there. */
export type Chance = () => boolean;

export const NEVER: Chance = () => false;

type FileChange =
  | { readonly kind: "write"; readonly at: number; readonly data: Buffer }
  | { readonly kind: "truncate"; readonly sizeBytes: number };

interface FileNode {
  readonly kind: "file";
  certain: Buffer;
  pending: FileChange[];
}

interface DirectoryNode {
  readonly kind: "directory";
  readonly names: Map<string, Node>;
  certain: Map<string, Node>;
}

type Node = FileNode | DirectoryNode;

interface Open {
  readonly node: Node;
  position: number;
}

export class Disk {
  readonly #root: string;
  readonly #top: DirectoryNode = directory();
  readonly #open = new Map<number, Open>();

  /** Knows what is below `root`, which is there from the start. */
  constructor(root: string) {
    this.#root = root;
  }

  /** Whether a descriptor is one of a file below the root. */
  knows(fd: number): boolean {
    return this.#open.has(fd);
  }

  apply(operation: Operation): void {
    switch (operation.kind) {
      case "open":
        this.#opened(operation);
        break;
      case "close":
        this.#open.delete(operation.fd);
        break;
      case "mkdir":
        this.#place(operation.path)?.set(directory());
        break;
      case "unlink":
        this.#place(operation.path)?.remove();
        break;
      case "rename": {
        const from = this.#place(operation.from);
        const node = from?.get();
        if (node !== undefined) this.#place(operation.to)?.set(node);
        from?.remove();
        break;
      }
      case "write":
        this.#written(operation);
        break;
      case "truncate":
        this.#changed(operation.fd, { kind: "truncate", sizeBytes: operation.sizeBytes });
        break;
      case "sync":
        this.#synced(operation.fd);
        break;
      case "exit":
        this.#open.clear();
        break;
    }
  }

  /** Writes what is left after a power cut to a directory; `chance` is asked of all uncertain. */
  writeTo(target: string, chance: Chance): void {
    const write = (node: Node, path: string): void => {
      if (node.kind === "file") {
        writeFileSync(path, changed(node.certain, survivorsOf(node.pending, chance)));
        return;
      }
      mkdirSync(path, { recursive: true });
      for (const [name, child] of namesOf(node, chance)) write(child, join(path, name));
    };
    write(this.#top, target);
  }

  #opened({ fd, path, creates, truncates }: Extract<Operation, { kind: "open" }>): void {
    this.#open.delete(fd);
    if (path === this.#root) {
      this.#open.set(fd, { node: this.#top, position: 0 });
      return;
    }
    const place = this.#place(path);
    if (place === null) return;
    if (place.get() === undefined && creates) {
      place.set({ kind: "file", certain: Buffer.alloc(0), pending: [] });
    }
    const node = place.get();
    if (node === undefined) return;
    this.#open.set(fd, { node, position: 0 });
    if (truncates) this.#changed(fd, { kind: "truncate", sizeBytes: 0 });
  }

  #written({ fd, at, data }: Extract<Operation, { kind: "write" }>): void {
    const open = this.#open.get(fd);
    if (open === undefined) return;
    this.#changed(fd, { kind: "write", at: at ?? open.position, data });
    if (at === null) open.position += data.length;
  }

  #changed(fd: number, change: FileChange): void {
    const node = this.#open.get(fd)?.node;
    if (node?.kind !== "file") return;
    node.pending.push(change);
  }

  /** D1 */
  #synced(fd: number): void {
    const node = this.#open.get(fd)?.node;
    if (node?.kind === "directory") node.certain = new Map(node.names);
    if (node?.kind !== "file") return;
    node.certain = changed(node.certain, node.pending);
    node.pending = [];
  }

  #place(path: string) {
    if (!path.startsWith(`${this.#root}/`)) return null;
    const names = path.slice(this.#root.length + 1).split("/");
    const last = names.pop() ?? "";
    let parent: DirectoryNode = this.#top;
    for (const name of names) {
      const next = parent.names.get(name);
      if (next?.kind !== "directory") return null;
      parent = next;
    }
    return {
      get: () => parent.names.get(last),
      set: (node: Node) => void parent.names.set(last, node),
      remove: () => void parent.names.delete(last),
    };
  }
}

function directory(): DirectoryNode {
  return { kind: "directory", names: new Map(), certain: new Map() };
}

/** D2 */
function namesOf({ names, certain }: DirectoryNode, chance: Chance): ReadonlyMap<string, Node> {
  const left = new Map(certain);
  for (const name of new Set([...names.keys(), ...certain.keys()])) {
    const node = names.get(name);
    if (node === certain.get(name) || !chance()) continue;
    if (node === undefined) left.delete(name);
    else left.set(name, node);
  }
  return left;
}

/** D2: what is left of changes, a write in sectors. */
function survivorsOf(pending: readonly FileChange[], chance: Chance): readonly FileChange[] {
  const left: FileChange[] = [];
  for (const change of pending) {
    if (change.kind === "truncate") {
      if (chance()) left.push(change);
      continue;
    }
    for (let from = 0; from < change.data.length; from += SECTOR_BYTES) {
      const data = change.data.subarray(from, from + SECTOR_BYTES);
      if (chance()) left.push({ kind: "write", at: change.at + from, data });
    }
  }
  return left;
}

function changed(content: Buffer, changes: readonly FileChange[]): Buffer {
  if (changes.length === 0) return content;
  const ends = changes.map((change) =>
    change.kind === "write" ? change.at + change.data.length : change.sizeBytes,
  );
  const room = Buffer.alloc(Math.max(content.length, ...ends));
  content.copy(room);
  let sizeBytes = content.length;
  for (const change of changes) {
    if (change.kind === "write") {
      change.data.copy(room, change.at);
      sizeBytes = Math.max(sizeBytes, change.at + change.data.length);
    } else {
      room.fill(0, change.sizeBytes);
      sizeBytes = change.sizeBytes;
    }
  }
  return room.subarray(0, sizeBytes);
}
