/** The text format of Prometheus. */
import type { HistogramFigures } from "@conveyor-ci/engine";

export interface MetricHead {
  readonly name: string;
  readonly type: "counter" | "gauge" | "histogram";
  readonly help: string;
}

type Labels = Readonly<Record<string, string>>;

/** What a metric is; its samples follow. */
export function headLines({ name, type, help }: MetricHead): string[] {
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`];
}

export function sampleLine(name: string, value: number, labels: Labels = {}): string {
  const texts = Object.entries(labels).map(([label, text]) => `${label}="${escapeLabel(text)}"`);
  return texts.length === 0 ? `${name} ${value}` : `${name}{${texts.join(",")}} ${value}`;
}

/** The samples of one histogram. */
export function histogramLines(
  name: string,
  { buckets, count, seconds }: HistogramFigures,
  labels: Labels = {},
): string[] {
  return [
    ...buckets.map((bucket) =>
      sampleLine(`${name}_bucket`, bucket.count, { ...labels, le: String(bucket.upTo) }),
    ),
    sampleLine(`${name}_bucket`, count, { ...labels, le: "+Inf" }),
    sampleLine(`${name}_sum`, seconds, labels),
    sampleLine(`${name}_count`, count, labels),
  ];
}

function escapeLabel(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}
