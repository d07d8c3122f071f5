/** The figures of a soak over time, as SVG: a panel for each, time to the right, values from 0 up. */
import { median } from "../../bench/percentiles.ts";
import { type Sample, SOAK_FIGURES, type SoakFigure } from "./figures.ts";
import { numberText } from "./soak-report.ts";

const COLUMNS = 3;
const PANEL = { width: 330, height: 150 } as const;
/** Where values stand within a panel; around it are its title and its axes. */
const AREA = { left: 48, top: 26, width: 268, height: 90 } as const;
/** The times below a panel, from its left edge to its right one; none of them stands out of it. */
const TIME_ANCHORS = ["start", "middle", "end"];
/** Points of a curve; each is the median of its share of the time. */
const POINTS = 120;

interface Point {
  readonly second: number;
  readonly value: number;
}

export function plotOf(samples: readonly Sample[], title: string): string {
  const end = samples.at(-1)?.second ?? 1;
  const figures = SOAK_FIGURES.filter(({ id }) => samples.some(({ values }) => id in values));
  const width = COLUMNS * PANEL.width;
  const height = 40 + Math.ceil(figures.length / COLUMNS) * PANEL.height;
  const panels = figures.map((figure, index) => {
    const x = (index % COLUMNS) * PANEL.width;
    const y = 40 + Math.floor(index / COLUMNS) * PANEL.height;
    return `<g transform="translate(${x} ${y})">${panelOf(figure, { samples, end })}</g>`;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="sans-serif" font-size="11" fill="#333">`,
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    `<text x="12" y="24" font-size="15">${escapeXml(title)}</text>`,
    ...panels,
    "</svg>",
    "",
  ].join("\n");
}

function panelOf(
  figure: SoakFigure,
  { samples, end }: { readonly samples: readonly Sample[]; readonly end: number },
): string {
  const points = pointsOf(figure.id, samples, end);
  const top = niceTop(Math.max(...points.map(({ value }) => value)));
  const x = (second: number): string => (AREA.left + (second / end) * AREA.width).toFixed(1);
  const y = (value: number): string =>
    (AREA.top + AREA.height - (value / top) * AREA.height).toFixed(1);
  const curve = points.map(({ second, value }) => `${x(second)},${y(value)}`).join(" ");
  const unit = figure.unit === "" ? "" : ` (${figure.unit})`;
  const marks = [0, top / 2, top].map(
    (value) =>
      `<path d="M${AREA.left} ${y(value)}h${AREA.width}" stroke="#ddd"/><text x="${AREA.left - 5}" y="${Number(y(value)) + 4}" text-anchor="end">${axisText(value)}</text>`,
  );
  const times = TIME_ANCHORS.map((anchor, index) => {
    const second = (index / (TIME_ANCHORS.length - 1)) * end;
    return `<text x="${x(second)}" y="${AREA.top + AREA.height + 15}" text-anchor="${anchor}">${minutesText(second)}</text>`;
  });
  return [
    `<text x="${AREA.left}" y="16" font-weight="bold">${escapeXml(figure.title + unit)}</text>`,
    ...marks,
    ...times,
    `<polyline points="${curve}" fill="none" stroke="#1668b8" stroke-width="1.3"/>`,
  ].join("");
}

function pointsOf(id: string, samples: readonly Sample[], end: number): readonly Point[] {
  const shares = new Map<number, number[]>();
  for (const { second, values } of samples) {
    const value = values[id];
    if (value === undefined) continue;
    const share = Math.min(POINTS - 1, Math.floor((second / end) * POINTS));
    shares.set(share, [...(shares.get(share) ?? []), value]);
  }
  return [...shares].map(([share, values]) => ({
    second: ((share + 0.5) / POINTS) * end,
    value: median(values),
  }));
}

/** The next of 1, 2, 4, 5, 8 times a power of ten. */
export function niceTop(value: number): number {
  if (!(value > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  const factor = [1, 2, 4, 5, 8, 10].find((one) => one * power >= value) ?? 10;
  return factor * power;
}

function axisText(value: number): string {
  if (value === 0) return "0";
  return value >= 10 ? Math.round(value).toLocaleString("en") : numberText(value);
}

function minutesText(second: number): string {
  return second >= 120 ? `${Math.round(second / 60)} min` : `${Math.round(second)} s`;
}

function escapeXml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
