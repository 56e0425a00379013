/**
 * The browser's part of a report, as text: inflates plotly, gives the figures their colours and
 * draws them. All that can be read without it is in the HTML already.
 */
export const PAGE_SCRIPT = `(async () => {
  const read = (id) => document.getElementById(id).textContent;
  const packed = Uint8Array.from(atob(read('plotly')), (char) => char.charCodeAt(0));
  const inflated = new Blob([packed]).stream().pipeThrough(new DecompressionStream('gzip'));
  const code = await new Response(inflated).text();
  const url = URL.createObjectURL(new Blob([code], { type: 'text/javascript' }));
  await new Promise((resolve, reject) => {
    const script = document.createElement('script');
    Object.assign(script, { src: url, onload: resolve, onerror: reject });
    document.head.append(script);
  });
  URL.revokeObjectURL(url);

  // Colours are names of CSS properties; only values of colour keys are looked up, never texts.
  const themed = (text) => {
    const css = getComputedStyle(document.documentElement);
    const of = (name) => css.getPropertyValue('--' + name).trim();
    return JSON.parse(text, (key, value) => {
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
  // Zooming one chart over time zooms the others of its flight.
  let following = false;
  const follow = (figure, figures) => plotOf(figure).on('plotly_relayout', async (change) => {
    const from = change['xaxis.range[0]'];
    const whole = change['xaxis.autorange'] === true;
    if (following || (from === undefined && !whole)) return;
    following = true;
    for (const other of figures) {
      if (other === figure || other.time !== figure.time) continue;
      const range = whole ? other.layout.xaxis.range : [from, change['xaxis.range[1]']];
      await Plotly.relayout(plotOf(other), { 'xaxis.range': [...range] });
    }
    following = false;
  });
  const draw = async (how) => {
    const figures = themed(read('figures'));
    for (const figure of figures) {
      const plot = plotOf(figure);
      if (how === 'newPlot') plot.textContent = '';
      const drag = touch ? { dragmode: false } : {};
      await Plotly[how](plot, figure.data, { ...figure.layout, ...drag }, config);
      if (how === 'newPlot' && figure.time) follow(figure, figures);
      // Lets the page breathe between charts.
      await new Promise((resolve) => setTimeout(resolve));
    }
    document.documentElement.dataset.drawn = figures.length;
  };
  await draw('newPlot');
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => draw('react'));
})().catch((error) => {
  for (const plot of document.querySelectorAll('.plot:not(.js-plotly-plot)')) {
    plot.textContent = 'This browser could not draw the chart: ' + error;
  }
  console.error(error);
});`;
