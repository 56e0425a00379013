/**
 * Counters, gauges and histograms, and their text in Prometheus' exposition format 0.0.4. No
 * registry, no clock, no promise: `render` is a function of what was counted until now.
 */

/** The media type of what is rendered. */
export const EXPOSITION_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** One metric with all its series. */
export interface Family {
  /** Its lines, the last one ended like the others. */
  render(): string;
}

export interface Counter extends Family {
  /** One more. */
  count(): void;
}

export interface Gauge extends Family {
  add(by: 1 | -1): void;
}

export interface Histogram extends Family {
  observe(value: number): void;
}

export interface HistogramOptions {
  /** Upper bounds of the buckets, inclusive, ascending. The last bucket, `+Inf`, is implied. */
  readonly bounds: readonly number[];
  /** What is observed is so many times finer than what is shown: 1000 for µs shown as ms. */
  readonly scale: number;
}

export function createCounter(name: string, help: string): Counter {
  let value = 0;
  return {
    count: () => void (value += 1),
    render: () => `${opening(name, help, 'counter')}${name} ${value}\n`,
  };
}

export function createGauge(name: string, help: string): Gauge {
  let value = 0;
  return {
    add: (by) => void (value += by),
    render: () => `${opening(name, help, 'gauge')}${name} ${value}\n`,
  };
}

export function createHistogram(name: string, help: string, options: HistogramOptions): Histogram {
  const series = new Series(options);
  return {
    observe: (value) => series.observe(value),
    render: () => opening(name, help, 'histogram') + series.render(name, ''),
  };
}

/** A histogram for each value of one label. The values are given: no call can add another. */
export interface Histograms<V extends string> extends Family {
  observe(label: V, value: number): void;
}

export function createHistograms<V extends string>(
  name: string,
  help: string,
  label: { readonly name: string; readonly values: readonly V[] },
  options: HistogramOptions,
): Histograms<V> {
  const all = new Map(label.values.map((value) => [value, new Series(options)]));
  return {
    observe: (value, observed) => all.get(value)?.observe(observed),
    render: () =>
      [...all].reduce(
        (text, [value, series]) => text + series.render(name, `${label.name}="${value}"`),
        opening(name, help, 'histogram'),
      ),
  };
}

/** One histogram's numbers. Whole numbers go in, so that the sum stays exact for years of µs. */
class Series {
  private readonly bounds: readonly number[];
  private readonly counts: number[];
  private sum = 0;
  private total = 0;

  constructor(private readonly options: HistogramOptions) {
    this.bounds = options.bounds.map((bound) => bound * options.scale);
    this.counts = this.bounds.map(() => 0);
  }

  observe(value: number): void {
    this.sum += value;
    this.total += 1;
    const { bounds, counts } = this;
    for (let i = 0; i < bounds.length; i++) {
      if (value > bounds[i]!) continue;
      counts[i]! += 1;
      return;
    }
  }

  render(name: string, label: string): string {
    const and = label === '' ? '' : `,${label}`;
    const of = label === '' ? '' : `{${label}}`;
    let text = '';
    let below = 0;
    this.options.bounds.forEach((bound, i) => {
      below += this.counts[i]!;
      text += `${name}_bucket{le="${bound}"${and}} ${below}\n`;
    });
    text += `${name}_bucket{le="+Inf"${and}} ${this.total}\n`;
    text += `${name}_sum${of} ${this.sum / this.options.scale}\n`;
    return `${text}${name}_count${of} ${this.total}\n`;
  }
}

const opening = (name: string, help: string, type: string): string =>
  `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`;
