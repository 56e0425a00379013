/** Laws of the simulated network: what a stream carries, what a rule does, and who is told. */
import { describe, expect, it, test } from 'vitest';
import { EOF, OK, START, TRY, failed, frame, piece } from '../test/conformance/wire-rig.js';
import { ONE_WAY_US, linkEnds, type LinkEnds } from '../test/support/link-ends.js';
import { advance, drain } from '../test/support/virtual.js';
import type { Passing, Rule } from './link.js';

const RESET = [{ kind: 'lost', cause: 'stream reset' }];
const CANCELED = [{ kind: 'lost', cause: 'canceled' }];
const FINISHED = [{ kind: 'status', code: 0, message: '' }];
const bytes = (length: number) => new Uint8Array(length);

/** A stream that both ends hold. */
function served(ends: LinkEnds) {
  const client = ends.open();
  drain(ends.clock);
  const server = ends.taken.at(-1);
  if (server === undefined) throw new Error('nobody took it');
  return { client, server };
}

/** While `work` runs, and until all of it has arrived, a rule holds. */
function under(ends: LinkEnds, rule: Rule, work: () => void): void {
  ends.link.rules.add(rule);
  work();
  drain(ends.clock);
  ends.link.rules.delete(rule);
}

describe('a stream', () => {
  it('takes one way each way, and is held until both ends are done', () => {
    const ends = linkEnds();
    const client = ends.open();
    advance(ends.clock, ONE_WAY_US - 1);
    expect([ends.taken.length, ends.link.open]).toEqual([0, 1]);
    advance(ends.clock, 1);
    const { wire, ear } = ends.taken[0]!;
    expect([ear.messages, wire.metadata, wire.remainingUs]).toEqual([
      [TRY],
      { a: '1' },
      30_000_000,
    ]);
    wire.sendMetadata({ b: '2' });
    wire.send(START);
    wire.finish(0, '');
    expect(ends.link.open).toBe(1);
    advance(ends.clock, ONE_WAY_US - 1);
    expect(client.ear.told).toBe(0);
    advance(ends.clock, 1);
    const { metadata, messages, ends: told } = client.ear;
    expect([metadata, messages, told]).toEqual([[{ b: '2' }], [START], FINISHED]);
    expect([ends.link.open, ends.clock.pending]).toEqual([0, 0]);
  });

  it('takes up to the jitter longer, each way', () => {
    const ends = linkEnds({ jitterUs: 1 });
    const arrivals = new Set<number>();
    for (let i = 0; i < 50; i += 1) {
      const sentAt = ends.now();
      ends.open();
      while (ends.taken.length === i) ends.clock.run(1);
      arrivals.add(ends.now() - sentAt);
    }
    expect([...arrivals].sort()).toEqual([ONE_WAY_US, ONE_WAY_US + 1]);
  });

  it('sends messages, and nothing else, through the codec', () => {
    const seen: unknown[] = [];
    const through = <M>(message: M): M => {
      seen.push(message);
      return message;
    };
    const ends = linkEnds({ transcode: { client: through, runner: through } });
    const { client, server } = served(ends);
    server.wire.sendMetadata({ b: '2' });
    server.wire.send(START);
    server.wire.finish(0, '');
    drain(ends.clock);
    expect([seen, client.ear.messages]).toEqual([[TRY, START], [START]]);
  });

  it('tells either end of room, unless that end is done with it', () => {
    for (const canceled of [false, true]) {
      const ends = linkEnds();
      const { client, server } = served(ends);
      server.wire.pause();
      expect(client.wire.send(frame(bytes(65_536)))).toBe(false);
      drain(ends.clock);
      server.wire.resume();
      advance(ends.clock, 0);
      if (canceled) client.wire.cancel();
      drain(ends.clock);
      expect(client.ear.drains).toBe(canceled ? 0 : 1);
    }
    for (const finished of [false, true]) {
      const ends = linkEnds();
      const { client, server } = served(ends);
      client.wire.pause();
      expect(server.wire.send(piece(bytes(65_536)))).toBe(false);
      drain(ends.clock);
      client.wire.resume();
      advance(ends.clock, 0);
      if (finished) server.wire.finish(0, '');
      drain(ends.clock);
      expect(server.ear.drains).toBe(finished ? 0 : 1);
    }
  });

  it('tells a paused runner of the cancel at once, a paused LB of the end in its turn', () => {
    const ends = linkEnds();
    const first = served(ends);
    first.server.wire.pause();
    first.client.wire.send(frame(bytes(1)));
    first.client.wire.cancel();
    advance(ends.clock, ONE_WAY_US);
    expect([first.server.ear.messages, first.server.ear.ends]).toEqual([[TRY], CANCELED]);
    expect(ends.link.open).toBe(0);

    const second = served(ends);
    second.client.wire.pause();
    second.server.wire.send(OK);
    second.server.wire.finish(0, '');
    drain(ends.clock);
    expect([second.client.ear.told, ends.link.open]).toEqual([0, 1]);
    second.client.wire.resume();
    drain(ends.clock);
    expect([second.client.ear.messages, second.client.ear.ends]).toEqual([[OK], FINISHED]);
    expect(ends.link.open).toBe(0);
  });

  it('waits at a stopped process, and is served as it came', () => {
    const ends = linkEnds();
    ends.stop();
    const client = ends.open();
    drain(ends.clock);
    client.wire.send(EOF);
    drain(ends.clock);
    expect(ends.taken).toEqual([]);
    ends.go();
    expect(ends.taken.map(({ ear }) => ear.messages)).toEqual([[TRY, EOF]]);
  });

  it('that is reset while its process is stopped is never served', () => {
    const ends = linkEnds();
    ends.stop();
    const client = ends.open();
    drain(ends.clock);
    ends.link.resetStreams();
    drain(ends.clock);
    ends.go();
    expect([ends.taken, client.ear.ends, ends.link.open]).toEqual([[], RESET, 0]);
  });

  it('of a closed channel is lost to both ends at once', () => {
    const ends = linkEnds();
    const { client, server } = served(ends);
    ends.link.channel.close();
    const lost = [{ kind: 'lost', cause: 'the LB closed the connection' }];
    expect([client.ear.ends, server.ear.ends, ends.link.open]).toEqual([lost, lost, 0]);
    expect([ends.link.channel.ready, ends.clock.pending]).toEqual([false, 0]);
    const late = ends.open();
    drain(ends.clock);
    expect(late.ear.ends).toEqual([{ kind: 'refused', cause: 'no connection' }]);
  });
});

describe('a rule that drops', () => {
  const drop: Rule = () => 'drop';

  it('an offer silences what follows it, and nobody is told', () => {
    const ends = linkEnds();
    const spared = served(ends);
    let client = spared.client;
    under(ends, drop, () => (client = ends.open()));
    client.wire.send(frame(bytes(1)));
    drain(ends.clock);
    expect([ends.taken.length, client.ear.told, ends.link.open]).toEqual([1, 0, 2]);
    client.wire.cancel();
    expect([client.ear.told, ends.link.open, ends.clock.pending]).toEqual([0, 1, 0]);
    spared.client.wire.send(EOF);
    drain(ends.clock);
    expect(spared.server.ear.messages).toEqual([TRY, EOF]);
  });

  it('an offer and its cancel together leaves nothing held', () => {
    const ends = linkEnds();
    under(ends, drop, () => ends.open().wire.cancel());
    expect([ends.taken, ends.link.open]).toEqual([[], 0]);
  });

  it('a frame leaves a gap that no later byte, nor the cancel, can follow', () => {
    const ends = linkEnds();
    const { client, server } = served(ends);
    under(ends, drop, () => client.wire.send(frame(bytes(1))));
    client.wire.send(EOF);
    drain(ends.clock);
    server.wire.send(START);
    drain(ends.clock);
    // The other direction is as it was.
    expect([server.ear.messages, client.ear.messages]).toEqual([[TRY], [START]]);
    client.wire.cancel();
    drain(ends.clock);
    // The runner works on for nobody, until it is done.
    expect([server.ear.ends, ends.link.open]).toEqual([[], 1]);
    server.wire.finish(0, '');
    expect([client.ear.ends, ends.link.open]).toEqual([[], 0]);
  });

  it('an answer silences the runner, its end included', () => {
    const ends = linkEnds();
    const { client, server } = served(ends);
    under(
      ends,
      ({ toRunner }) => (toRunner ? 'pass' : 'drop'),
      () => server.wire.send(START),
    );
    server.wire.send(OK);
    server.wire.finish(0, '');
    drain(ends.clock);
    expect([client.ear.told, ends.link.open]).toEqual([0, 1]);
    client.wire.cancel();
    expect([client.ear.told, ends.link.open]).toEqual([0, 0]);
  });
});

describe('a rule that breaks', () => {
  const breaks: Rule = () => 'break';

  test.each(['runner', 'LB'])('on the way to the %s resets that stream alone', (to) => {
    const ends = linkEnds();
    const other = served(ends);
    const { client, server } = served(ends);
    under(ends, breaks, () => {
      if (to === 'runner') client.wire.send(EOF);
      else server.wire.send(START);
      advance(ends.clock, ONE_WAY_US);
      expect([client.ear.ends, server.ear.ends]).toEqual([RESET, RESET]);
      server.wire.finish(0, '');
      client.wire.cancel();
    });
    expect([client.ear.ends, server.ear.ends]).toEqual([RESET, RESET]);
    expect([client.ear.messages, server.ear.messages]).toEqual([[], [TRY]]);
    other.client.wire.send(EOF);
    drain(ends.clock);
    expect(other.server.ear.messages).toEqual([TRY, EOF]);
    expect([other.client.ear.told, other.server.ear.ends, ends.link.open]).toEqual([0, [], 1]);
  });

  it('an offer tells the LB alone: no runner has it', () => {
    const ends = linkEnds();
    under(ends, breaks, () => {
      const client = ends.open();
      drain(ends.clock);
      expect([client.ear.ends, ends.taken, ends.link.open]).toEqual([RESET, [], 0]);
    });
  });
});

describe('rules', () => {
  it('are asked in order until one does not pass', () => {
    const ends = linkEnds();
    const asked: string[] = [];
    const rule = (name: string, fate: ReturnType<Rule>): void =>
      void ends.link.rules.add(() => {
        asked.push(name);
        return fate;
      });
    rule('first', 'pass');
    rule('second', 'break');
    rule('third', 'drop');
    const client = ends.open();
    drain(ends.clock);
    expect([asked, client.ear.ends]).toEqual([['first', 'second'], RESET]);
  });

  it('are told where a batch goes, and whether a success is in it', () => {
    const ends = linkEnds();
    const passings: Passing[] = [];
    ends.link.rules.add((passing) => {
      passings.push(passing);
      return 'pass';
    });
    const { server } = served(ends);
    for (const messages of [[START], [failed(500, 'why')], [START, OK]]) {
      for (const message of messages) server.wire.send(message);
      drain(ends.clock);
    }
    server.wire.finish(0, '');
    drain(ends.clock);
    const down = [false, false, true, false].map((verdict) => ({ toRunner: false, verdict }));
    expect(passings).toEqual([{ toRunner: true, verdict: false }, ...down]);
  });
});
