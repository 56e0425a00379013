/** Laws of a connection that breaks and comes back: who is told, and when. */
import { describe, expect, it } from 'vitest';
import { START, TRY, type Opened } from '../test/conformance/wire-rig.js';
import {
  ONE_WAY_US,
  RECONNECT_US,
  linkEnds,
  type LinkEnds,
  type Taken,
} from '../test/support/link-ends.js';
import { SECOND, advance, drain } from '../test/support/virtual.js';

const lost = (cause: string) => [{ kind: 'lost', cause }];
const DEAD = lost('connection reset');
const REFUSED = [{ kind: 'refused', cause: 'no connection' }];

/** So many streams that both ends hold. */
function served(ends: LinkEnds, count: number): { clients: Opened[]; servers: Taken[] } {
  const before = ends.taken.length;
  const clients = Array.from({ length: count }, () => ends.open());
  drain(ends.clock);
  return { clients, servers: ends.taken.slice(before) };
}

const endsOf = (of: readonly { readonly ear: { readonly ends: readonly unknown[] } }[]) =>
  of.map(({ ear }) => ear.ends);

describe('a crash', () => {
  it('resets every stream: at the runner now, at the LB one way later', () => {
    const ends = linkEnds();
    const { clients, servers } = served(ends, 2);
    ends.crash();
    advance(ends.clock, ONE_WAY_US - 1);
    expect([endsOf(servers), endsOf(clients)]).toEqual([
      [DEAD, DEAD],
      [[], []],
    ]);
    expect([ends.link.open, ends.link.channel.ready]).toEqual([2, true]);
    advance(ends.clock, 1);
    expect(endsOf(clients)).toEqual([DEAD, DEAD]);
    expect([ends.link.open, ends.link.channel.ready]).toEqual([0, false]);
  });

  it('reaches an offer that is on its way, but no runner hears of it', () => {
    const ends = linkEnds();
    const client = ends.open();
    ends.crash();
    ends.back();
    drain(ends.clock);
    expect([client.ear.ends, ends.taken, ends.link.open]).toEqual([DEAD, [], 0]);
  });

  it('that the LB has not heard of answers a new stream by a reset of its own', () => {
    const ends = linkEnds();
    ends.crash();
    advance(ends.clock, ONE_WAY_US - 1);
    const client = ends.open();
    advance(ends.clock, 2 * ONE_WAY_US - 1);
    expect([client.ear.told, ends.link.open]).toEqual([0, 1]);
    advance(ends.clock, 1);
    expect([client.ear.ends, ends.taken, ends.link.open]).toEqual([DEAD, [], 0]);
  });

  it('breaks no stream that is newer, even when it is told of later', () => {
    const ends = linkEnds();
    const [old] = served(ends, 1).clients;
    ends.crash();
    ends.back();
    advance(ends.clock, 1);
    const client = ends.open();
    drain(ends.clock);
    expect([old?.ear.ends, client.ear.told]).toEqual([DEAD, 0]);
    expect([ends.taken[1]?.ear.messages, ends.link.open]).toEqual([[TRY], 1]);
  });

  it('leaves a link that refuses streams, never within open, and has no status', () => {
    const ends = linkEnds();
    ends.crash();
    drain(ends.clock);
    const client = ends.open();
    expect([client.ear.told, ends.link.open]).toEqual([0, 0]);
    advance(ends.clock, 0);
    expect([client.ear.ends, ends.clock.pending]).toEqual([REFUSED, 0]);
    client.wire.cancel();
    drain(ends.clock);
    expect([client.ear.told, ends.taken, ends.link.open]).toEqual([1, [], 0]);
  });

  it('is over a reconnect after the return, at once for what is opened then', () => {
    const ends = linkEnds();
    ends.crash();
    drain(ends.clock);
    ends.back();
    advance(ends.clock, RECONNECT_US - 1);
    expect(ends.link.channel.ready).toBe(false);
    const early = ends.open();
    advance(ends.clock, 1);
    expect([early.ear.ends, ends.link.channel.ready]).toEqual([REFUSED, true]);
    const [next] = served(ends, 1).servers;
    expect(next?.ear.messages).toEqual([TRY]);
  });

  it('on top of a return keeps the link down until a reconnect after the last return', () => {
    const ends = linkEnds();
    ends.crash();
    drain(ends.clock);
    ends.back();
    advance(ends.clock, RECONNECT_US / 2);
    ends.crash();
    advance(ends.clock, RECONNECT_US / 4);
    ends.back();
    advance(ends.clock, RECONNECT_US - 1);
    expect(ends.link.channel.ready).toBe(false);
    advance(ends.clock, 1);
    expect(ends.link.channel.ready).toBe(true);
  });

  it('is over a reconnect after the return, whatever breaks in between', () => {
    const ends = linkEnds();
    ends.crash();
    // The LB has not heard of it: these arrive at the new process, and are too many resets there.
    advance(ends.clock, ONE_WAY_US - 1);
    for (let i = 0; i <= 1000; i += 1) ends.open().wire.cancel();
    advance(ends.clock, 1);
    ends.back();
    advance(ends.clock, RECONNECT_US);
    expect(ends.link.channel.ready).toBe(true);
  });
});

describe('the Status RPC', () => {
  it('takes a round trip, and no answer is told once it is canceled', () => {
    const ends = linkEnds();
    const answers: unknown[] = [];
    ends.link.channel.status(SECOND, (answer) => answers.push(answer));
    ends.link.channel.status(SECOND, (answer) => answers.push(answer))();
    advance(ends.clock, 2 * ONE_WAY_US - 1);
    expect(answers).toEqual([]);
    advance(ends.clock, 1);
    expect(answers).toEqual([{ active: 0, requestsReceived: 1, requestsHandled: 2 }]);
  });

  it.each(['crash', 'reconnecting', 'closed'])('has no connection: %s', (why) => {
    const ends = linkEnds();
    const answers: unknown[] = [];
    if (why === 'reconnecting') {
      ends.crash();
      drain(ends.clock);
      ends.back();
    }
    ends.link.channel.status(SECOND, (answer) => answers.push(answer));
    // The LB has not heard of this crash when it looks at the answer.
    if (why === 'crash') advance(ends.clock, 2 * ONE_WAY_US - 1);
    if (why === 'crash') ends.crash();
    if (why === 'closed') ends.link.channel.close();
    drain(ends.clock);
    expect(answers).toEqual(['no connection']);
  });
});

describe('a reset of all streams', () => {
  it('is told to the runner now, to the LB one way later, and leaves the connection', () => {
    const ends = linkEnds();
    const { clients, servers } = served(ends, 2);
    const offered = ends.open();
    ends.link.resetStreams();
    const next = ends.open();
    const reset = lost('stream reset');
    expect([endsOf(servers), endsOf(clients)]).toEqual([
      [reset, reset],
      [[], []],
    ]);
    advance(ends.clock, ONE_WAY_US);
    expect([endsOf(clients), offered.ear.ends]).toEqual([[reset, reset], reset]);
    expect([next.ear.told, ends.link.open, ends.link.channel.ready]).toEqual([0, 1, true]);
    expect(ends.taken[2]?.ear.messages).toEqual([TRY]);
  });
});

describe('a reset by the runner', () => {
  it('is told to the LB one way later, after what was sent, and to the runner never', () => {
    const ends = linkEnds();
    const { clients, servers } = served(ends, 1);
    servers[0]?.wire.send(START);
    servers[0]?.wire.cancel();
    advance(ends.clock, ONE_WAY_US - 1);
    expect(clients[0]?.ear.told).toBe(0);
    drain(ends.clock);
    expect(clients[0]?.ear.messages).toEqual([START]);
    expect([endsOf(clients), endsOf(servers)]).toEqual([[lost('reset by the runner')], [[]]]);
    expect(ends.link.open).toBe(0);
  });
});

describe('cancels', () => {
  const BURST = 1000;
  const TOO_MANY = lost('connection dropped after too many resets');
  const cancel = (ends: LinkEnds, count: number): void => {
    for (let i = 0; i < count; i += 1) ends.open().wire.cancel();
    advance(ends.clock, ONE_WAY_US);
  };

  it('drop the connection above a burst of 1000, with all its streams', () => {
    const ends = linkEnds();
    const { clients, servers } = served(ends, 2);
    cancel(ends, BURST);
    expect([endsOf(servers), ends.link.open]).toEqual([[[], []], 2]);
    cancel(ends, 1);
    const newer = ends.open();
    expect([endsOf(servers), endsOf(clients)]).toEqual([
      [TOO_MANY, TOO_MANY],
      [[], []],
    ]);
    advance(ends.clock, ONE_WAY_US);
    expect(endsOf(clients)).toEqual([TOO_MANY, TOO_MANY]);
    expect([newer.ear.told, ends.link.open, ends.link.channel.ready]).toEqual([0, 1, true]);
    // The next connection has a burst of its own.
    cancel(ends, BURST);
    drain(ends.clock);
    expect(newer.ear.told).toBe(0);
    cancel(ends, 1);
    advance(ends.clock, ONE_WAY_US);
    expect(newer.ear.ends).toEqual(TOO_MANY);
  });

  it('before a crash count for nothing after it', () => {
    const ends = linkEnds();
    cancel(ends, BURST);
    ends.crash();
    drain(ends.clock);
    ends.back();
    drain(ends.clock);
    const [client] = served(ends, 1).clients;
    cancel(ends, BURST);
    drain(ends.clock);
    expect(client?.ear.told).toBe(0);
  });

  it('are forgiven 33 a second, and no more than there were', () => {
    const ends = linkEnds();
    const [client] = served(ends, 1).clients;
    cancel(ends, BURST);
    advance(ends.clock, SECOND - ONE_WAY_US);
    cancel(ends, 33);
    advance(ends.clock, 100 * SECOND);
    cancel(ends, BURST);
    drain(ends.clock);
    expect(client?.ear.told).toBe(0);
    cancel(ends, 1);
    drain(ends.clock);
    expect(client?.ear.ends).toEqual(TOO_MANY);
  });

  it('one more than were forgiven is too many', () => {
    const ends = linkEnds();
    const [client] = served(ends, 1).clients;
    cancel(ends, BURST);
    advance(ends.clock, SECOND - ONE_WAY_US);
    cancel(ends, 34);
    drain(ends.clock);
    expect(client?.ear.ends).toEqual(TOO_MANY);
  });
});
