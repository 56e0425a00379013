/**
 * Stories of single calls as tables with bars: the slowest, and one of each way to go wrong. Plain
 * HTML, so that they are there without a script, on paper, and for who listens to the page.
 */
import { html, shorten, type Markup } from './escape.js';
import { formatCount, formatMs, formatSeconds } from './format.js';
import type { Stories } from './stories.js';
import type { Step, Story } from './story.js';
import { failureTitle, slowTitle } from './story-title.js';
import { name } from './story-words.js';
import { plural } from './verdict.js';

/** Rows of all stories of a page: some 75 KB. Long stories lose their middle first. */
const ROWS_MAX = 240;
const ROWS_EACH_MIN = 8;
/** Beside other flights only so many of the slowest. */
const SLOWEST_AMONG_SEVERAL = 3;
const NOTHING: Markup = html``;

interface Told {
  readonly title: string;
  readonly story: Story;
  /** Shown without being asked for. */
  readonly open: boolean;
}

/** @param flights Flights on the page, which share its room. */
export function waterfalls(stories: Stories, flights = 1): Markup {
  const { failures, otherFailures, unfollowed } = stories;
  const slowest = flights > 1 ? stories.slowest.slice(0, SLOWEST_AMONG_SEVERAL) : stories.slowest;
  const count = slowest.length + failures.length;
  if (count === 0) return NOTHING;
  const rowsEach = Math.max(ROWS_EACH_MIN, Math.floor(ROWS_MAX / flights / count));
  const wrong = failures.map(({ how, calls, story }, i): Told => {
    return { title: failureTitle(story, how, calls), story, open: i === 0 };
  });
  const slow = slowest.map((story, i): Told => {
    return { title: slowTitle(story, i + 1), story, open: i === 0 };
  });
  return html`<div class="stories">
    <h3>Single calls</h3>
    <p class="note">
      The first call of each way to go wrong, and the slowest that were ok, step by step. Times
      count from the instant the call was meant to be sent; each bar lies where its step does
      between then and the answer.
    </p>
    ${wrong.map((told) => waterfall(told, rowsEach))}
    ${
      otherFailures === 0
        ? NOTHING
        : html`<p class="note">
            … and ${plural(otherFailures, 'call')} that went wrong in further ways
          </p>`
    }
    ${slow.map((told) => waterfall(told, rowsEach))}
    ${
      unfollowed === 0
        ? NOTHING
        : html`<p class="note">
            ${formatCount(unfollowed)} calls were not followed: too many were in flight.
          </p>`
    }
  </div>`;
}

function waterfall({ title, story, open }: Told, rowsMax: number): Markup {
  const { steps, omitted } = story;
  const head = Math.ceil((rowsMax * 2) / 3);
  const cut = steps.length <= rowsMax ? [] : steps.slice(head, steps.length - (rowsMax - head));
  const first = cut.length === 0 ? steps : steps.slice(0, head);
  const rest = cut.length === 0 ? [] : steps.slice(head + cut.length);
  const row = (step: Step): Markup => stepRow(step, story.tookMs);
  return html`<details class="story" ${open ? OPEN : NOTHING}>
    <summary>${shorten(title, 300)}</summary>
    <p class="meta">${facts(story).map((fact) => html`<span>${fact}</span>`)}</p>
    <table class="wide waterfall">
      <caption class="unseen">
        Its steps, in order of time
      </caption>
      <thead>
        <tr>
          <th scope="col">step</th>
          <th scope="col">runner</th>
          <th scope="col">what came of it</th>
          <th scope="col" class="number">from</th>
          <th scope="col" class="number">to</th>
          <th scope="col" aria-hidden="true" class="lane">0 … ${formatMs(story.tookMs)}</th>
        </tr>
      </thead>
      <tbody>
        ${first.map(row)} ${cut.length === 0 ? NOTHING : cutRow(cut, story)} ${rest.map(row)}
      </tbody>
    </table>
    ${
      omitted.attempts + omitted.others === 0
        ? NOTHING
        : html`<p class="note">
            Counted, but not kept: ${plural(omitted.attempts, 'attempt')} before the latest two,
            ${plural(omitted.others, 'other event')}.
          </p>`
    }
  </details> `;
}

const OPEN: Markup = html`open`;

function facts({ call, fn, lb, atMs, attempts, outcome }: Story): readonly string[] {
  return [
    `call ${name(call)}`,
    fn === '' ? '' : `function ${name(fn)}`,
    lb === '' ? '' : `balancer ${name(lb)}`,
    `${formatSeconds(atMs)} into the flight`,
    plural(attempts, 'attempt'),
    outcome ?? 'no end',
  ].filter(Boolean);
}

function stepRow(step: Step, tookMs: number): Markup {
  const { tone, fromMs, untilMs, runner, what, why } = step;
  return html`<tr>
    <th scope="row">${what}</th>
    <td>${name(runner)}</td>
    <td class="why">${why}</td>
    <td class="number">${formatMs(fromMs)}</td>
    <td class="number">${untilMs === null ? '–' : formatMs(untilMs)}</td>
    <td aria-hidden="true" class="lane">${bar(tone, fromMs, untilMs, tookMs)}</td>
  </tr> `;
}

/** What nobody told the end of fades out; nothing is drawn beyond the story. */
function bar(tone: string, fromMs: number, untilMs: number | null, tookMs: number): Markup {
  const from = share(fromMs, tookMs);
  const width = share(untilMs ?? tookMs, tookMs) - from;
  const open = untilMs === null ? ' open' : '';
  // An instant is two pixels wide, also at the very end.
  const place = `left:min(${from.toFixed(2)}%,100% - 2px);width:${width.toFixed(2)}%`;
  return html`<i class="${tone}${open}" style="${place}"></i>`;
}

function share(ms: number, wholeMs: number): number {
  return wholeMs <= 0 ? 0 : (100 * Math.min(wholeMs, Math.max(0, ms))) / wholeMs;
}

function cutRow(cut: readonly Step[], { tookMs }: Story): Markup {
  const nacks = cut.filter(({ tone, phase }) => tone === 'nack' && phase === 'attempt').length;
  const fromMs = cut[0]!.fromMs;
  const untilMs = Math.max(...cut.map((step) => step.untilMs ?? step.fromMs));
  const why = nacks === 0 ? '' : `${formatCount(nacks)} of them NACKed`;
  const what = `… ${plural(cut.length, 'step')}`;
  return stepRow(
    { phase: 'attempt', tone: 'plain', fromMs, untilMs, runner: '', what, why },
    tookMs,
  );
}
