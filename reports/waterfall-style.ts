/** The look of the stories of single calls; its colours are those of the page's style. */
export const WATERFALL_STYLE = `
.stories { margin-top: 48px; }
details.story { margin-top: 10px; border-top: 1px solid var(--line); padding-top: 8px; }
details.story summary { font-size: 0.9rem; overflow-wrap: anywhere; }
details.story table { margin: 8px 0 4px; font-size: 0.8125rem; }
.waterfall th, .waterfall td { padding: 3px 14px 3px 0; }
.waterfall th[scope=row] { white-space: nowrap; }
.waterfall .why { overflow-wrap: anywhere; }
.waterfall .lane { width: 38%; padding-right: 0; font-weight: 400; }
.waterfall td.lane { position: relative; background: var(--panel); }
.waterfall i {
  position: absolute; top: calc(50% - 6px); height: 12px; min-width: 2px; max-width: 100%; border-radius: 2px;
  background: var(--line-2); print-color-adjust: exact; -webkit-print-color-adjust: exact;
}
.waterfall i.idle { background: var(--faint); } .waterfall i.work { background: var(--busy); }
.waterfall i.plain { background: var(--muted); } .waterfall i.good { background: var(--ok); }
.waterfall i.nack { background: var(--refused); } .waterfall i.bad { background: var(--failed); }
.waterfall i.open { opacity: 0.45; }
@media (max-width: 760px) {
  .waterfall tbody tr { position: relative; }
  .waterfall th, .waterfall td { padding: 3px 8px 13px 0; }
  .waterfall th[scope=row] { white-space: normal; }
  .waterfall th.lane { display: none; }
  .waterfall td.lane {
    position: absolute; left: 0; right: 0; bottom: 3px; width: auto; height: 7px; padding: 0;
    border: 0;
  }
  .waterfall i { top: 0; height: 7px; }
}
@media print {
  details.story::details-content { content-visibility: visible; display: block; height: auto; }
  details.story { break-inside: avoid; }
}
`;
