/**
 * The part of the page's script that links the charts over time of one flight: zooming one zooms
 * the others, hovering one marks the same instant on the others. Text, for `script.ts`.
 */
export const TIME_LINKS = `
  // Zooming one chart over time zooms the others of its flight.
  let following = false;
  const follow = (figure, others) => plotOf(figure).on('plotly_relayout', async (change) => {
    const from = change['xaxis.range[0]'];
    const whole = change['xaxis.autorange'] === true;
    if (following || (from === undefined && !whole)) return;
    following = true;
    for (const other of others) {
      const range = whole ? other.layout.xaxis.range : [from, change['xaxis.range[1]']];
      await Plotly.relayout(plotOf(other), { 'xaxis.range': [...range] });
    }
    following = false;
  });
  // Where an instant is in a chart only its inner layout knows; the library is in this very file.
  const mark = (plot, at) => {
    let line = plot.querySelector(':scope > .instant');
    if (line === null) {
      line = document.createElement('div');
      line.className = 'instant';
      plot.append(line);
    }
    const inner = plot._fullLayout;
    const x = at === undefined || inner === undefined ? -1 : inner.xaxis.d2p(at);
    line.hidden = !(x >= 0 && x <= inner.xaxis._length);
    if (line.hidden) return;
    const { t, h } = inner._size;
    const left = inner.xaxis._offset + x;
    Object.assign(line.style, { left: left + 'px', top: t + 'px', height: h + 'px' });
  };
  const linkTime = (figure, figures) => {
    if (!figure.time) return;
    const others = figures.filter((other) => other !== figure && other.time === figure.time);
    const markAll = (at) => others.forEach((other) => mark(plotOf(other), at));
    follow(figure, others);
    plotOf(figure).on('plotly_hover', ({ xvals, points }) => markAll(xvals?.[0] ?? points[0]?.x));
    plotOf(figure).on('plotly_unhover', () => markAll(undefined));
  };`;
