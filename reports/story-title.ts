/** A story in one line: how long, and what that time went into. It draws nothing. */
import { formatCount, formatMs } from './format.js';
import type { Story } from './story.js';
import { name } from './story-words.js';

/** `NACKed 3 times (busy), waited 400 ms, ran 50 ms on r3`; '' where nothing came of it. */
export function whatCame(story: Story): string {
  const { nacks, reasons, waitedMs, attempts } = story;
  const times = nacks === 1 ? 'once' : nacks === 2 ? 'twice' : `${formatCount(nacks)} times`;
  const why = reasons.length === 0 ? '' : ` (${reasons.join(', ')})`;
  const parts = [
    attempts === 0 ? 'no attempt' : '',
    nacks > 0 ? `NACKed ${times}${why}` : '',
    waitedMs > 0 ? `waited ${formatMs(waitedMs)}` : '',
    ran(story),
  ];
  return parts.filter(Boolean).join(', ');
}

/** Where it ran, or what became of its last attempt that was not NACKed. */
function ran({ steps, outcome }: Story): string {
  const last = steps.filter(({ phase, tone }) => phase === 'attempt' && tone !== 'nack').at(-1);
  const runs = steps.filter(({ phase }) => phase === 'run');
  // Of a hedge and its twin the one that won tells.
  const won = steps.find(({ phase, tone }) => phase === 'attempt' && tone === 'good') ?? last;
  const run = runs.filter(({ runner }) => runner === won?.runner).at(-1);
  const on = won === undefined ? '' : ` on ${name(won.runner)}`;
  const took =
    run === undefined || run.untilMs === null ? '' : `ran ${formatMs(run.untilMs - run.fromMs)}`;
  if (won === undefined) return '';
  if (outcome === 'ok') return took === '' ? `answered${on}` : `${took}${on}`;
  return took === '' ? `${won.why}${on}` : `${took}${on}, ${won.why}`;
}

export function slowTitle(story: Story, rank: number): string {
  const nth = rank === 2 ? '2nd' : rank === 3 ? '3rd' : `${rank}th`;
  const which = rank === 1 ? 'Slowest ok call' : `${nth} slowest ok call`;
  return title(which, story);
}

/** @param calls That went wrong in the same way, this one included. */
export function failureTitle(story: Story, how: string, calls: number): string {
  const which = calls === 1 ? `The one ${how}` : `First of ${formatCount(calls)} ${how}`;
  return title(which, story);
}

function title(which: string, story: Story): string {
  const came = whatCame(story);
  return `${which}, ${formatMs(story.tookMs)}${came === '' ? '' : `: ${came}`}`;
}
