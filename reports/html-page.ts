/**
 * An HTML file that needs nothing else: style, script, charts and the library that draws them. The
 * policy in its head forbids the browser to load anything, so "offline" is not a mere promise.
 */
import { COMPARISON_STYLE } from './comparison-style.js';
import type { JsonObject } from './charts/figure.js';
import { html, jsonMarkup, trusted, type Markup } from './escape.js';
import { CONTROLS_SCRIPT } from './controls-script.js';
import { packedPlotly } from './plotly.js';
import { PAGE_SCRIPT } from './script.js';
import { packFigures } from './shared-values.js';
import { PAGE_STYLE } from './style.js';
import { WATERFALL_STYLE } from './waterfall-style.js';

const policy = (scripts: string): string =>
  [
    "default-src 'none'",
    `script-src 'unsafe-inline' ${scripts}`,
    "style-src 'unsafe-inline'",
    'img-src data: blob:',
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');

/** Inflated here, or a file beside this one, from a disk or from whoever serves both. */
const INLINE = policy('blob:');
const SHARED = policy("'self' file:");

export interface Page {
  readonly title: string;
  /** The version that made it. */
  readonly windtunnel: string;
  /** Holds an element with the id of each figure. */
  readonly body: Markup;
  /** What the script draws: Plotly's data and layout, with the id of their element. */
  readonly figures: readonly (JsonObject & { readonly id: string })[];
  /** The name of the library beside the page; without one the page carries it. */
  readonly library?: string | undefined;
}

export function renderPage({ title, windtunnel, body, figures, library }: Page): string {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta
          http-equiv="Content-Security-Policy"
          content="${library === undefined ? INLINE : SHARED}"
        />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="generator" content="windtunnel ${windtunnel}" />
        <title>${title} – windtunnel</title>
        <style>
          ${trusted(PAGE_STYLE + WATERFALL_STYLE + COMPARISON_STYLE)}
        </style>
      </head>
      <body>
        ${skipLink(figures)}
        <main>${body}</main>
        <script type="application/json" id="figures">
          ${jsonMarkup(packFigures(figures))}
        </script>
        ${libraryOf(library)}
        <script>
          ${trusted(CONTROLS_SCRIPT + PAGE_SCRIPT)};
        </script>
      </body>
    </html> `.markup;
}

/** The first stop of the keyboard: past tables and links to the first chart. */
function skipLink(figures: Page['figures']): Markup {
  const first = figures[0];
  return first === undefined ? html`` : html`<a class="skip" href="#${first.id}">To the charts</a>`;
}

function libraryOf(name: string | undefined): Markup {
  if (name !== undefined) {
    return html`<script defer id="shared-plotly" src="${name}" data-file="${name}"></script>`;
  }
  return html`<script type="application/octet-stream" id="plotly">
    ${trusted(packedPlotly())}
  </script>`;
}
