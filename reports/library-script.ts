/**
 * The browser's part that brings in plotly, as text: what the report carries is inflated; of what
 * lies beside it, loaded by an element of the page, it only says when it is missing.
 */
export const LIBRARY_SCRIPT = `  const carried = document.getElementById('plotly');
  if (carried !== null) {
    // A loop: to map over the text is shorter, and keeps the first chart for a third of a second.
    const chars = atob(read('plotly'));
    const packed = new Uint8Array(chars.length);
    for (let i = 0; i < chars.length; i++) packed[i] = chars.charCodeAt(i);
    const inflated = new Blob([packed]).stream().pipeThrough(new DecompressionStream('gzip'));
    const type = { headers: { 'content-type': 'text/javascript' } };
    const url = URL.createObjectURL(await new Response(inflated, type).blob());
    await new Promise((resolve, reject) => {
      const script = document.createElement('script');
      Object.assign(script, { src: url, onload: resolve, onerror: reject });
      document.head.append(script);
    });
    URL.revokeObjectURL(url);
  } else {
    // A deferred script has run, or has failed, by then.
    if (document.readyState === 'loading') {
      await new Promise((resolve) => addEventListener('DOMContentLoaded', resolve));
    }
    const { file } = document.getElementById('shared-plotly').dataset;
    if (window.Plotly === undefined) throw file + ' has to lie beside this report.';
  }
`;
