/**
 * The look of a report, light and dark. The colours of charts are properties here too; they are
 * Okabe and Ito's, darkened or lightened, so that colour-blind readers tell them apart.
 */
export const PAGE_STYLE = `
:root {
  color-scheme: light dark;
  --bg: #ffffff; --panel: #f6f7f9; --ink: #1b2430; --muted: #5a6675; --faint: #a9b3bf;
  --line: #dfe4ea; --grid: #ebeef2; --good: #00735c; --good-bg: #e8f5f1; --bad: #b8400e;
  --bad-bg: #fcefe8; --band: rgba(230, 159, 0, 0.13); --band-ink: #8a6100;
  --ok: #56a5d8; --refused: #e69f00; --expired: #b5679b; --failed: #d55e00; --canceled: #a9b3bf;
  --busy: #12568f; --focus: #12568f;
  --line-1: #56a5d8; --line-2: #12568f; --line-3: #d55e00; --line-4: #00866a; --line-5: #b5679b;
  --line-6: #b98500;
  --wide: rgba(86, 165, 216, 0.25); --middle: rgba(18, 86, 143, 0.3);
  --heat: #f1f4f8, #c9dff0, #86bbe0, #3f8ec6, #12568f, #072b4d;
  --counts: #c9dff0, #86bbe0, #3f8ec6, #12568f, #072b4d;
}
@media (prefers-color-scheme: dark) {
  :root:not([data-paper]) {
    --bg: #12161c; --panel: #1a2028; --ink: #e6eaf0; --muted: #9aa6b5; --faint: #66717f;
    --line: #2c3541; --grid: #222a34; --good: #4fc9a7; --good-bg: #122a26; --bad: #ff9560;
    --bad-bg: #33200f; --band: rgba(230, 159, 0, 0.16); --band-ink: #d9a741;
    --ok: #3f87b8; --refused: #e0a526; --expired: #c47fac; --failed: #e8752a; --canceled: #66717f;
    --busy: #2b6f9f; --focus: #a9d5f5;
    --line-1: #4f9ed3; --line-2: #a9d5f5; --line-3: #f08a4b; --line-4: #4fc9a7; --line-5: #d295bd;
    --line-6: #e0b64d;
    --wide: rgba(79, 158, 211, 0.22); --middle: rgba(169, 213, 245, 0.28);
    --counts: #1d4a70, #1f608f, #3f94cc, #8ac6ee, #e3f3ff;
    --heat: #1a2028, #173a57, #1f608f, #3f94cc, #8ac6ee, #e3f3ff;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--bg); color: var(--ink);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif;
  -webkit-text-size-adjust: 100%;
}
main { max-width: 1080px; margin: 0 auto; padding: 40px 28px 72px; }
h1 { font-size: 1.75rem; line-height: 1.2; margin: 0 0 4px; letter-spacing: -0.015em; }
h2 { font-size: 1.3rem; margin: 64px 0 4px; letter-spacing: -0.01em; }
h3 { font-size: 1rem; margin: 0 0 6px; }
h1, h2, h3, p, li { overflow-wrap: anywhere; }
td, th { overflow-wrap: break-word; max-width: 60ch; }
h3.next { margin-top: 22px; }
.meta { color: var(--muted); font-size: 0.875rem; margin: 0; }
.meta div { display: inline; }
.meta dt, .meta dd { display: inline; margin: 0; overflow-wrap: anywhere; }
.meta span { unicode-bidi: isolate; }
.meta div:not(:last-child)::after, .meta span:not(:last-child)::after {
  content: "·"; margin: 0 0.5em; color: var(--faint);
}
.verdict {
  display: flex; gap: 12px; align-items: baseline; margin: 22px 0 18px; padding: 13px 18px;
  border-radius: 10px; font-size: 1.1rem; font-weight: 600; background: var(--panel);
}
.verdict.met { background: var(--good-bg); color: var(--good); }
.verdict.missed, .verdict.broken, .verdict.stuck { background: var(--bad-bg); color: var(--bad); }
.tiles {
  display: grid; grid-template-columns: repeat(auto-fit, minmax(118px, 1fr)); gap: 10px;
  margin: 22px 0; padding: 0; list-style: none;
}
.tiles li { background: var(--panel); border-radius: 10px; padding: 11px 12px; }
.tiles b {
  display: block; font-size: 1.3rem; font-weight: 600; line-height: 1.35; white-space: nowrap;
}
.tiles span, figcaption, .note { color: var(--muted); font-size: 0.8125rem; }
/* Positioned, so that what is unseen within it does not widen the page. */
.scroll { overflow-x: auto; position: relative; }
table { border-collapse: collapse; font-size: 0.9rem; font-variant-numeric: tabular-nums; }
table.wide { width: 100%; }
a { color: inherit; }
/* For those who hear the page. */
.unseen {
  position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%);
  white-space: nowrap;
}
.skip { position: absolute; left: -9999px; top: 8px; z-index: 9; }
.skip:focus { left: 8px; padding: 8px 14px; background: var(--bg); color: var(--ink); }
:focus-visible { outline: 3px solid var(--focus); outline-offset: 2px; border-radius: 4px; }
.copying { display: flex; gap: 12px; align-items: center; margin: 8px 0 0; min-height: 34px; }
button {
  font: inherit; font-size: 0.875rem; padding: 4px 14px; border-radius: 8px; cursor: pointer;
  border: 1px solid var(--muted); background: var(--panel); color: var(--ink);
}
th { text-align: left; font-weight: 500; color: var(--muted); font-size: 0.8125rem; }
th, td { padding: 6px 22px 6px 0; border-bottom: 1px solid var(--line); vertical-align: top; }
th:last-child, td:last-child { padding-right: 0; }
th[scope=row] { color: var(--ink); font-size: inherit; font-weight: 400; }
.number { text-align: right; white-space: nowrap; }
.good { color: var(--good); } .bad { color: var(--bad); }
td.good, td.bad { font-weight: 600; white-space: nowrap; }
.columns { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 380px), 1fr)); }
.columns { gap: 28px 44px; margin: 28px 0; }
.columns > * { min-width: 0; }
ul.plain { margin: 0; padding: 0; list-style: none; font-size: 0.9rem; }
ul.plain li { padding: 3px 0; }
.trouble { margin: 22px 0; }
pre {
  margin: 6px 0 0; padding: 11px 14px; border-radius: 10px; background: var(--panel);
  font: 0.8125rem/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace;
  white-space: pre-wrap; overflow-wrap: anywhere;
}
.charts { display: grid; grid-template-columns: 1fr 1fr; gap: 48px 36px; margin-top: 44px; }
figure { margin: 0; min-width: 0; grid-column: 1 / -1; }
figure.half { grid-column: auto; }
figcaption { margin-top: 6px; max-width: 76ch; }
.plot, .empty { border-radius: 10px; }
.plot { color: var(--muted); font-size: 0.875rem; position: relative; }
.instant {
  position: absolute; width: 1px; background: var(--ink); opacity: 0.55; pointer-events: none;
}
.empty { padding: 28px 18px; background: var(--panel); color: var(--muted); }
details { margin-top: 40px; }
summary { cursor: pointer; font-weight: 600; padding: 4px 0; }
.data { margin-top: 4px; }
.data summary { font-weight: 400; font-size: 0.8125rem; color: var(--muted); }
.data .scroll { max-height: 420px; overflow: auto; }
.data td, .runners td { text-align: right; white-space: nowrap; }
caption { text-align: left; font-size: 0.8125rem; color: var(--muted); padding: 4px 0; }
footer { margin-top: 56px; color: var(--muted); font-size: 0.8125rem; }
.js-plotly-plot .plotly .modebar { top: -30px !important; }
@media (max-width: 760px) {
  main { padding: 22px 16px 48px; }
  h1 { font-size: 1.45rem; }
  .charts { gap: 36px 0; }
  figure.half { grid-column: 1 / -1; }
  th, td { padding-right: 14px; }
  .tiles { grid-template-columns: repeat(4, 1fr); gap: 8px; }
  .tiles b { font-size: 1.1rem; }
}
@media (max-width: 520px) {
  .tiles { grid-template-columns: 1fr 1fr; }
  .word { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  .slo th, .slo td { padding-right: 10px; overflow-wrap: anywhere; }
}
@media (prefers-reduced-motion: reduce) {
  *, *::before, *::after { transition: none !important; animation: none !important; }
}
@page { margin: 14mm 12mm; }
@media print {
  main { max-width: none; padding: 0; }
  .charts { display: block; }
  figure { margin-bottom: 28px; }
  figure, .tiles, .verdict, tr { break-inside: avoid; }
  h2, h3 { break-after: avoid; }
  .scroll, .data .scroll { overflow: visible; max-height: none; }
  /* What is closed on the screen stays out; there is no way to open it on paper. */
  .skip, .copying, .data:not([open]), .modebar-container { display: none !important; }
}
`;
