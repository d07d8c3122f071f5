/**
 * The records that a batch of commands sees: what was loaded, and over it what the commands before
 * wrote. It is memory only: it loads and stores nothing itself.
 *
 * V1 A command's writes are staged: they become visible to the next one when the command is
 *    accepted, and leave no trace when it is refused.
 * V2 A search finds what the storage has and what the commands before added. It may still name what
 *    they deleted or changed; whoever searched looks at the records.
 * V3 Reading what was never loaded throws `NotLoaded`; whoever drives the batch loads it and decides
 *    that command again. Decisions are pure, so that deciding twice is deciding once.
 */
import { assertRule } from "../errors.ts";
import {
  isFoundBy,
  type Load,
  SEARCHED,
  type Search,
  type SearchRequest,
  searchRequest,
} from "./load.ts";
import type { Key, TableName, Tables } from "./records.ts";

/** Thrown by the view when a decision needs something that is not there yet. Never escapes. */
export class NotLoaded extends Error {
  readonly load: Load;

  constructor(load: Load) {
    super("not loaded");
    this.load = load;
  }
}

/** One record to be written; `after` undefined: deleted. */
export interface Write<T extends TableName = TableName> {
  readonly key: Key<T>;
  readonly after: Tables[T] | undefined;
  /** Whether the storage has a record of this key. */
  readonly stored: boolean;
}

interface Entry {
  readonly key: Key;
  readonly stored: boolean;
  value: Tables[TableName] | undefined;
  dirty: boolean;
}

export class View {
  readonly #entries = new Map<string, Entry>();
  readonly #searches = new Map<string, readonly Key[]>();
  /** What the accepted commands wrote, by table. */
  readonly #written = new Map<TableName, Map<string, Entry>>();
  #staged = new Map<string, { readonly key: Key; readonly value: Tables[TableName] | undefined }>();

  /** Takes in a record as the storage has it; one that was taken in before stays as it is. */
  loaded<T extends TableName>(key: Key<T>, value: Tables[T] | undefined): void {
    if (this.#entries.has(key.text)) return;
    this.#entries.set(key.text, { key, stored: value !== undefined, value, dirty: false });
  }

  found(request: SearchRequest, keys: readonly Key[]): void {
    this.#searches.set(request.text, keys);
  }

  has(load: Load): boolean {
    return load.kind === "record"
      ? this.#staged.has(load.key.text) || this.#entries.has(load.key.text)
      : this.#searches.has(load.request.text);
  }

  get<T extends TableName>(key: Key<T>): Tables[T] | undefined {
    const staged = this.#staged.get(key.text);
    if (staged !== undefined) return staged.value as Tables[T] | undefined;
    const entry = this.#entries.get(key.text);
    if (entry === undefined) throw new NotLoaded({ kind: "record", key });
    return entry.value as Tables[T] | undefined;
  }

  /** The record if it happens to be here; undefined says nothing about the storage. */
  peek<T extends TableName>(key: Key<T>): Tables[T] | undefined {
    return this.has({ kind: "record", key }) ? this.get(key) : undefined;
  }

  /** The keys that a search finds: those stored, then those the commands before added (V2). */
  search(ns: string, search: Search): readonly Key[] {
    const request = searchRequest(ns, search);
    const keys = this.#searches.get(request.text);
    if (keys === undefined) throw new NotLoaded({ kind: "search", request });
    const added = this.#added(request, keys);
    if (added.length === 0) return keys;
    return "limit" in search ? [...keys, ...added].slice(0, search.limit) : [...keys, ...added];
  }

  #added({ ns, search }: SearchRequest, stored: readonly Key[]): readonly Key[] {
    const added: Key[] = [];
    if (SEARCHED[search.kind].every((table) => !this.#written.has(table))) return added;
    const known = new Set(stored.map(({ text }) => text));
    for (const table of SEARCHED[search.kind]) {
      for (const { key, value } of this.#written.get(table)?.values() ?? []) {
        if (value === undefined || key.ns !== ns || !isFoundBy(search, { table, value })) continue;
        if (!known.has(key.text)) added.push(key);
      }
    }
    return added;
  }

  put<T extends TableName>(key: Key<T>, value: Tables[T]): void {
    this.#staged.set(key.text, { key, value });
  }

  /** Writes a record that cannot exist yet, without having to load it. */
  insert<T extends TableName>(key: Key<T>, value: Tables[T]): void {
    if (!this.#entries.has(key.text)) this.loaded(key, undefined);
    this.put(key, value);
  }

  delete(key: Key): void {
    this.#staged.set(key.text, { key, value: undefined });
  }

  accept(): void {
    for (const [text, { key, value }] of this.#staged) {
      // A record that is replaced or deleted without being read: it may or may not be stored.
      const entry = this.#entries.get(text) ?? { key, stored: true, value, dirty: true };
      this.#entries.set(text, entry);
      entry.value = value;
      entry.dirty = true;
      this.#writtenOf(key.table).set(text, entry);
    }
    this.#staged.clear();
  }

  #writtenOf(table: TableName): Map<string, Entry> {
    const written = this.#written.get(table) ?? new Map<string, Entry>();
    this.#written.set(table, written);
    return written;
  }

  discard(): void {
    this.#staged = new Map();
  }

  /** What the accepted commands leave to be written; records made and deleted again are not. */
  writes(): Write[] {
    assertRule(this.#staged.size === 0, "writes are read between commands (V1)");
    const writes: Write[] = [];
    for (const entry of this.#entries.values()) {
      if (!entry.dirty || (!entry.stored && entry.value === undefined)) continue;
      writes.push({ key: entry.key, after: entry.value, stored: entry.stored });
    }
    return writes;
  }
}
