import pc from "picocolors";
import { describe, expect, it } from "vitest";
import { type Column, renderTable } from "./table.ts";

interface Row {
  readonly id: string;
  readonly text: string;
}

const columns: readonly Column<Row>[] = [
  { title: "ID", value: (row) => row.id, whole: true },
  { title: "TEXT", value: (row) => row.text },
];
const plain = { colors: pc.createColors(false), columns: undefined };

describe("a table", () => {
  it("aligns its columns and ends no line with blanks", () => {
    const rows = [
      { id: "1", text: "short" },
      { id: "100", text: "" },
    ];
    expect(renderTable(rows, columns, plain)).toBe("ID   TEXT\n1    short\n100  -\n");
  });

  it("fits the terminal, and cuts nothing that people copy", () => {
    const id = "0123456789".repeat(4);
    const text = renderTable([{ id, text: "x".repeat(80) }], columns, { ...plain, columns: 60 });
    expect(text).toContain(id);
    for (const line of text.trimEnd().split("\n")) expect(line.length).toBeLessThanOrEqual(60);
    expect(text).toContain("…");
  });

  it("is whole where there is no terminal", () => {
    const text = "x".repeat(500);
    expect(renderTable([{ id: "1", text }], columns, plain)).toContain(text);
  });

  it("shows no control characters of others", () => {
    const rows = [{ id: "1", text: "a\u001b[2Jb\nc\u0007" }];
    expect(renderTable(rows, columns, plain)).toBe("ID  TEXT\n1   ab c\n");
  });
});
