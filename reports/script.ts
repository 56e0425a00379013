/**
 * The browser's part of a report, as text: waits for plotly, gives the figures their colours and
 * draws them. All that can be read without it is in the HTML already.
 */
import { LIBRARY_SCRIPT } from './library-script.js';
import { TIME_LINKS } from './time-links.js';

export const PAGE_SCRIPT = `(async () => {
  const read = (id) => document.getElementById(id).textContent;
${LIBRARY_SCRIPT}
  performance.mark('library-ready');

  // Colours are names of CSS properties; only values of colour keys are looked up, never texts.
  const themed = (text) => {
    const css = getComputedStyle(document.documentElement);
    const of = (name) => css.getPropertyValue('--' + name).trim();
    let shared = [];
    return JSON.parse(text, (key, value) => {
      // It stands before the figures, so it is whole when they refer to it.
      if (key === 'shared') shared = value;
      if (value !== null && typeof value === 'object' && 'same' in value) {
        return shared[value.same];
      }
      if (!/color(scale)?$/.test(key) || typeof value !== 'string') return value;
      if (value[0] !== '$') return value;
      const found = of(value.slice(1));
      if (key !== 'colorscale') return found;
      const steps = found.split(/\\s*,\\s*/);
      return steps.map((step, i) => [i / (steps.length - 1), step]);
    });
  };
  const touch = matchMedia('(pointer: coarse)').matches;
  const config = {
    responsive: true,
    displaylogo: false,
    displayModeBar: touch ? false : 'hover',
    modeBarButtons: [['toImage', 'zoomIn2d', 'zoomOut2d', 'resetScale2d']],
  };
  const plotOf = (figure) => document.getElementById(figure.id);
${TIME_LINKS}
  // Counts travel as they are: a cell of no call is empty, and a log scale is made here.
  const spreadOut = (trace) => {
    if (trace.meta !== 'counts' && trace.meta !== 'log-counts') return trace;
    const shown = (n) => (n === 0 ? null : trace.meta === 'counts' ? n : Math.log10(n));
    return { ...trace, z: trace.z.map((row) => row.map(shown)), customdata: trace.z };
  };
  const drag = touch ? { dragmode: false } : {};
  const put = async (figure, figures, more) => {
    const plot = plotOf(figure);
    const layout = { ...figure.layout, ...drag, ...more };
    const data = figure.data.map(spreadOut);
    if (plot.classList.contains('js-plotly-plot')) {
      await Plotly.react(plot, data, layout, config);
    } else {
      plot.textContent = '';
      await Plotly.newPlot(plot, data, layout, config);
      linkTime(figure, figures);
    }
  };
  // What is looked at comes first, wherever the page was opened or has been scrolled to.
  const next = (left) => {
    const seen = left.findIndex((figure) => {
      const { top, bottom } = plotOf(figure).getBoundingClientRect();
      return bottom > 0 && top < innerHeight;
    });
    return left.splice(Math.max(seen, 0), 1)[0];
  };
  const draw = async () => {
    const { figures } = themed(read('figures'));
    const left = [...figures];
    while (left.length > 0) {
      await put(next(left), figures);
      // Lets the page breathe between charts.
      await new Promise((resolve) => setTimeout(resolve));
      performance.mark('chart-drawn');
    }
    document.documentElement.dataset.drawn = figures.length;
  };
  // Paper is white, and narrower than most windows; all of it is drawn before the browser prints.
  const PAPER_PX = 680;
  const toPaper = (printing) => {
    document.documentElement.toggleAttribute('data-paper', printing);
    const width = printing ? { width: PAPER_PX } : {};
    const { figures } = themed(read('figures'));
    for (const figure of figures) void put(figure, figures, width);
  };
  addEventListener('beforeprint', () => toPaper(true));
  addEventListener('afterprint', () => toPaper(false));
  await draw();
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', draw);
})().catch((error) => {
  for (const plot of document.querySelectorAll('.plot:not(.js-plotly-plot)')) {
    plot.textContent = 'This browser could not draw the chart: ' + error;
  }
  console.error(error);
});`;
