import type { WireDefinition } from "@conveyor-ci/contract";
import type { Definition } from "@conveyor-ci/core";

export function viewDefinition(definition: Definition): WireDefinition {
  const { id, name, description, version, schema } = definition;
  return {
    id,
    name,
    ...(description === null ? {} : { description }),
    ...(version === null ? {} : { version }),
    schema,
  };
}
