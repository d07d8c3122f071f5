/** A record's own member: names that users choose may be those that every object inherits. */
export function ownOf<V>(record: Readonly<Record<string, V>>, name: string): V | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}
