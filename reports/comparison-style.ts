/** The look of a comparison: what changed and is not noise stands out, noise steps back. */
export const COMPARISON_STYLE = `
:root {
  --sure-1: rgba(86, 165, 216, 0.22); --sure-2: rgba(18, 86, 143, 0.2);
  --sure-3: rgba(213, 94, 0, 0.18); --sure-4: rgba(0, 134, 106, 0.18);
  --sure-5: rgba(181, 103, 155, 0.2); --sure-6: rgba(185, 133, 0, 0.2);
}
@media (prefers-color-scheme: dark) {
  :root {
    --sure-1: rgba(79, 158, 211, 0.25); --sure-2: rgba(169, 213, 245, 0.2);
    --sure-3: rgba(240, 138, 75, 0.22); --sure-4: rgba(79, 201, 167, 0.2);
    --sure-5: rgba(210, 149, 189, 0.22); --sure-6: rgba(224, 182, 77, 0.2);
  }
}
.change { color: var(--muted); font-size: 0.8125rem; }
.change.better { color: var(--good); } .change.worse { color: var(--bad); }
.change b { font-weight: 400; } .change.better b, .change.worse b { font-weight: 600; }
/* Six sides fit on a screen and on paper where a change breaks between its parts. */
.comparison :is(th, td):not(:last-child) { padding-right: 14px; }
.comparison th.number, .comparison .change { white-space: normal; }
.comparison .change i, .comparison .change b { display: inline-block; white-space: nowrap; }
.comparison th[scope=row] { position: sticky; left: 0; background: var(--bg); }
@media print {
  .comparison, .comparison .change { font-size: 0.6875rem; }
  .comparison :is(th, td):not(:last-child) { padding-right: 8px; }
}
.change i { font-style: normal; opacity: 0.85; }
.change i::before { content: "("; } .change i::after { content: ")"; }
`;
