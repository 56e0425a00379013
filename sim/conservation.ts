/**
 * The law of work conservation: no call waits while its LB holds an unspent token for a runner that
 * it may use. A token is the sign that a runner may have room: an attempt ended there, or the LB
 * told so of the runner. Whoever waits and may use it is called up at once, so that the next thing
 * that an LB tells, beside the ends of calls that waited too long, is the attempt there.
 */
import type { ProbeEvent, RunnerChanged } from '../core/probe.js';

export const CONSERVATION = 'no call waits while its LB holds a token for a runner it may use';

export interface Conservation {
  see(event: ProbeEvent): void;
}

/** A call in flight, as far as this law goes. */
interface Looking {
  readonly lb: string;
  group: Group | undefined;
  fn: string;
  waits: boolean;
  /** These broke it: its second chance is elsewhere. */
  spoiled: Set<string> | undefined;
}

/** One LB's view of one group. */
interface Group {
  readonly waiting: Map<string, Looking>;
  /** Runners with an unspent token. */
  readonly tokens: Set<string>;
  /** Not connected, or ejected: what comes free there is no use. */
  readonly lost: Set<string>;
  readonly ejected: Set<string>;
  /** Refused a call since something last came free there: an end of its ejection is no sign. */
  readonly refused: Set<string>;
  /** The least that was too large for what a runner has left, MB, until more comes free there. */
  readonly tooBig: Map<string, number>;
  /** Somebody waits who may use this token, and is to be called up in this instant. */
  due: string | undefined;
  dueAt: number;
}

/**
 * `memoryOf` a function, MB; unknown, one that was too large for a runner says that all are.
 * `exact`: in virtual time, in which what is told at once is told in one instant.
 */
export function createConservation(
  breaks: (law: string, call: string, at: number) => void,
  memoryOf: (fn: string) => number = () => 0,
  exact = false,
): Conservation {
  const calls = new Map<string, Looking>();
  const groups = new Map<string, Group>();

  const groupOf = (lb: string, name: string): Group => {
    const key = `${lb} ${name}`;
    let group = groups.get(key);
    if (group === undefined) {
      group = {
        waiting: new Map(),
        tokens: new Set(),
        lost: new Set(),
        ejected: new Set(),
        refused: new Set(),
        tooBig: new Map(),
        due: undefined,
        dueAt: 0,
      };
      groups.set(key, group);
    }
    return group;
  };

  const mayUse = (group: Group, { fn, spoiled }: Looking, runner: string): boolean =>
    spoiled?.has(runner) !== true && memoryOf(fn) < (group.tooBig.get(runner) ?? Infinity);

  /** Whether somebody waits who may use it. */
  const isWanted = (group: Group, runner: string): boolean => {
    for (const call of group.waiting.values()) if (mayUse(group, call, runner)) return true;
    return false;
  };

  const raise = (group: Group, runner: string, at: number): void => {
    if (group.lost.has(runner) || group.ejected.has(runner)) return;
    group.tokens.add(runner);
    if (!isWanted(group, runner)) return;
    group.due = runner;
    group.dueAt = at;
  };

  /** Something came free there, or may have. */
  const freed = (group: Group, runner: string, at: number): void => {
    group.tooBig.delete(runner);
    group.refused.delete(runner);
    raise(group, runner, at);
  };

  const revoke = (group: Group, runner: string): void => {
    group.tokens.delete(runner);
    if (group.due === runner) group.due = undefined;
  };

  const onRunner = ({ lb, group: name, runner, change, at }: RunnerChanged): void => {
    const group = groupOf(lb, name);
    switch (change) {
      case 'joined':
      case 'ready':
        group.lost.delete(runner);
        return freed(group, runner, at);
      case 'rested':
      case 'asked':
        return freed(group, runner, at);
      case 'lost':
      case 'left':
        group.lost.add(runner);
        return revoke(group, runner);
      case 'ejected':
        group.ejected.add(runner);
        return revoke(group, runner);
      case 'returned':
        group.ejected.delete(runner);
        return;
      case 'unready':
        return revoke(group, runner);
      case 'panic': {
        const lifted = [...group.ejected].filter((one) => !group.refused.has(one));
        group.ejected.clear();
        for (const one of lifted) raise(group, one, at);
        return;
      }
      case 'kept':
        return;
    }
  };

  /** Nothing else happens between a token and the attempt that spends it. */
  const checkDue = (group: Group, event: ProbeEvent): void => {
    const { due, dueAt } = group;
    if (due === undefined) return;
    // Whoever waited too long may end before, if it does so at once.
    if ((!exact || event.at === dueAt) && group.waiting.has(event.call)) return;
    breaks(`${CONSERVATION} (${due})`, event.call, event.at);
    group.due = undefined;
  };

  const stopsWaiting = (call: Looking, id: string): void => {
    call.waits = false;
    const { group } = call;
    if (group === undefined) return;
    group.waiting.delete(id);
    const { due } = group;
    if (due !== undefined && !isWanted(group, due)) group.due = undefined;
  };

  const onCall = (call: Looking, event: ProbeEvent): void => {
    const { group } = call;
    switch (event.kind) {
      case 'cached':
        call.fn = event.fn;
        call.group = groupOf(call.lb, event.group);
        return;
      case 'wait':
        if (group === undefined) return;
        call.waits = true;
        group.waiting.set(event.call, call);
        for (const runner of group.tokens) {
          if (!mayUse(group, call, runner)) continue;
          breaks(`${CONSERVATION} (${runner})`, event.call, event.at);
        }
        return;
      case 'attempt':
        if (!event.token || group === undefined) return;
        if (call.waits) stopsWaiting(call, event.call);
        return revoke(group, event.runner);
      case 'nack':
        if (group === undefined) return;
        if (event.reason !== 'size') {
          group.refused.add(event.runner);
          return revoke(group, event.runner);
        }
        group.tooBig.set(
          event.runner,
          Math.min(memoryOf(call.fn), group.tooBig.get(event.runner) ?? Infinity),
        );
        return raise(group, event.runner, event.at);
      case 'attempt-end':
        if (group === undefined) return;
        if (event.outcome === 'broken') (call.spoiled ??= new Set()).add(event.runner);
        return freed(group, event.runner, event.at);
      case 'end':
        stopsWaiting(call, event.call);
        calls.delete(event.call);
        return;
      default:
        return;
    }
  };

  return {
    see(event) {
      if (event.kind === 'runner') return onRunner(event);
      if (event.kind === 'arrive') {
        const { call, lb } = event;
        const looking = { lb, group: undefined, fn: '', waits: false, spoiled: undefined };
        calls.set(call, looking);
        return;
      }
      const call = calls.get(event.call);
      if (call === undefined) return;
      if (call.group !== undefined) checkDue(call.group, event);
      onCall(call, event);
    },
  };
}
