/**
 * What must happen sometimes: laws hold easily where nothing ever goes wrong. A suite in which one
 * of these never came up has proved nothing about it ("sometimes assertions", Antithesis). A runner
 * that is unreachable is missing here: simulated LBs know in time. gRPC flights have it.
 */
import type { FlightEvent } from '../core/record.js';
import { createPace, type Pace } from '../proto/pace.js';

export const SOMETIMES = [
  'a NACK: busy',
  'a NACK: draining',
  'a NACK: size',
  'a NACK led to success elsewhere',
  'a body was offered three times, and read whole',
  'a second chance won',
  'a second chance was refused, the budget being spent',
  'a hedge ran',
  'a hedge won',
  'an answer was lost after the work was done',
  'a half-open runner was cut by the deadline',
  'a call waited for a runner, and got one',
  'a call waited in vain',
  'a client left while its call waited',
  'a client left while its call was at a runner',
  'a cancel was paced: told by a message, not by a reset',
  'a token went on to another function after a refusal for size',
  'a round of polling ended in vain',
  'a runner was ejected',
  'an ejected runner came back',
  'the floor kept a failing runner',
  'a panic lifted all ejections',
  'a runner that was not ready was passed over',
  'a connection was lost, and came back',
  'a runner began to drain with calls in flight',
  'a runner crashed with calls in flight',
  'a cold start',
  'every slot of a runner was taken',
  'a call was refused at the gate',
  'a body was too large',
  'a response was too large',
  'a deadline passed at a runner',
  'a response was cut short',
] as const;

export type Sometimes = (typeof SOMETIMES)[number];

export interface Coverage {
  see(event: FlightEvent): void;
  readonly seen: ReadonlySet<Sometimes>;
}

/** What is known of one call. */
class Story {
  nacks = 0;
  attempts = 0;
  hedge = 0;
  committed = 0;
  waits = false;
  atRunner = '';
  broke = false;
  readWhole = 0;
  worked = false;
  lb = '';
}

/** The runner's words. */
const TOO_LARGE = 'function response body too large';

export function createCoverage(): Coverage {
  const seen = new Set<Sometimes>();
  const stories = new Map<string, Story>();
  /** What each LB may reset at each runner. */
  const paces = new Map<string, Pace>();
  let now = 0;
  const active = new Map<string, number>();
  const lost = new Set<string>();
  const halfOpen = new Map<string, number>();
  let sizeNack = { runner: '', at: -1, call: '' };

  const storyOf = (id: string): Story => {
    let story = stories.get(id);
    if (story === undefined) stories.set(id, (story = new Story()));
    return story;
  };
  const when = (holds: boolean, what: Sometimes): void => {
    if (holds) seen.add(what);
  };

  const onFault = (event: Extract<FlightEvent, { kind: 'fault' }>): void => {
    const targets = event.target.split(',');
    const busy = targets.some((id) => (active.get(id) ?? 0) > 0);
    when(event.fault === 'drain' && busy, 'a runner began to drain with calls in flight');
    when(event.fault === 'crash' && busy, 'a runner crashed with calls in flight');
    if (event.fault === 'half-open') for (const id of targets) halfOpen.set(id, event.until);
    // A process that died takes its executions with it.
    if (event.fault === 'crash') for (const id of targets) active.set(id, 0);
  };

  const onRunner = ({ runner, change }: Extract<FlightEvent, { kind: 'runner' }>): void => {
    when(change === 'ejected', 'a runner was ejected');
    when(change === 'returned', 'an ejected runner came back');
    when(change === 'kept', 'the floor kept a failing runner');
    when(change === 'panic', 'a panic lifted all ejections');
    when(change === 'ready' && lost.has(runner), 'a connection was lost, and came back');
    if (change === 'lost') lost.add(runner);
  };

  const onEnd = (event: Extract<FlightEvent, { kind: 'end' }>, story: Story): void => {
    const { outcome, code } = event;
    const { nacks, waits, atRunner, hedge, committed } = story;
    const ok = outcome === 'ok';
    when(ok && nacks > 0, 'a NACK led to success elsewhere');
    when(ok && story.broke, 'a second chance won');
    when(ok && hedge > 0 && committed === hedge, 'a hedge won');
    when(
      ok && story.attempts >= 3 && story.readWhole > 0,
      'a body was offered three times, and read whole',
    );
    when(outcome === 'failed' && story.worked, 'an answer was lost after the work was done');
    when(code === 'not_placed' && waits, 'a call waited in vain');
    when(outcome === 'canceled' && waits, 'a client left while its call waited');
    when(
      outcome === 'canceled' && atRunner !== '' && !waits,
      'a client left while its call was at a runner',
    );
    when(code === 'full' && story.attempts === 0 && !waits, 'a call was refused at the gate');
    when(code === 'body_too_large', 'a body was too large');
  };

  const onExecutionEnd = (
    event: Extract<FlightEvent, { kind: 'exec-end' }>,
    story: Story,
  ): void => {
    active.set(event.runner, Math.max(0, (active.get(event.runner) ?? 0) - 1));
    if (event.outcome === 'ok') story.worked = true;
  };

  const mayReset = (lb: string, runner: string): boolean => {
    const key = JSON.stringify([lb, runner]);
    const pace = paces.get(key) ?? createPace({ now: () => now });
    paces.set(key, pace);
    return pace.take();
  };

  return {
    seen,
    see(event) {
      now = event.at;
      if (event.kind === 'fault') return onFault(event);
      if (event.kind === 'runner') return onRunner(event);
      const story = storyOf(event.call);
      switch (event.kind) {
        case 'arrive':
          story.lb = event.lb;
          return;
        case 'nack':
          story.nacks += 1;
          story.atRunner = '';
          if (event.reason !== 'closed' && event.reason !== 'unreachable') {
            seen.add(`a NACK: ${event.reason}`);
          }
          if (event.reason === 'size') sizeNack = event;
          return;
        case 'attempt':
          when(story.waits, 'a call waited for a runner, and got one');
          when(event.hedge, 'a hedge ran');
          when(
            event.token &&
              sizeNack.runner === event.runner &&
              sizeNack.at === event.at &&
              sizeNack.call !== event.call,
            'a token went on to another function after a refusal for size',
          );
          story.attempts += 1;
          story.waits = false;
          story.atRunner = event.runner;
          if (event.hedge) story.hedge = event.attempt;
          return;
        case 'commit':
          story.committed = event.attempt;
          return;
        case 'attempt-end':
          if (event.outcome === 'broken') story.broke = true;
          when(
            event.outcome === 'canceled' && !mayReset(story.lb, event.runner),
            'a cancel was paced: told by a message, not by a reset',
          );
          when(event.message === TOO_LARGE, 'a response was too large');
          when(event.outcome === 'expired', 'a deadline passed at a runner');
          when(
            event.outcome === 'expired' && (halfOpen.get(event.runner) ?? -1) >= event.at,
            'a half-open runner was cut by the deadline',
          );
          return;
        case 'wait':
          story.waits = true;
          return;
        case 'round':
          return void seen.add('a round of polling ended in vain');
        case 'skip':
          return void seen.add('a runner that was not ready was passed over');
        case 'over-budget':
          when(
            event.what === 'second-chance',
            'a second chance was refused, the budget being spent',
          );
          return;
        case 'end':
          return onEnd(event, story);
        case 'exec-start':
          active.set(event.runner, event.active);
          when(event.cold, 'a cold start');
          when(event.active === event.slots, 'every slot of a runner was taken');
          return;
        case 'exec-read':
          story.readWhole = event.bytes;
          return;
        case 'exec-end':
          return onExecutionEnd(event, story);
        case 'client':
          return when(event.how === 'cut', 'a response was cut short');
        default:
          return;
      }
    },
  };
}
