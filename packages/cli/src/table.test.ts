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

  it("leaves columns out before others become unreadable, and none where there is room", () => {
    const more: readonly Column<Row>[] = [
      { title: "ID", value: (row) => row.id, whole: true },
      { title: "FIRST", value: () => "1234567890", leaveOut: 2 },
      { title: "SECOND", value: () => "1234567890", leaveOut: 1 },
      { title: "TEXT", value: (row) => row.text },
    ];
    const rows = [{ id: "0123456789", text: "x".repeat(20) }];
    const titles = (columns: number) =>
      renderTable(rows, more, { ...plain, columns })
        .split("\n")[0]
        ?.split(/ +/);
    expect(titles(80)).toEqual(["ID", "FIRST", "SECOND", "TEXT"]);
    expect(titles(40)).toEqual(["ID", "SECOND", "TEXT"]);
    expect(titles(30)).toEqual(["ID", "TEXT"]);
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
