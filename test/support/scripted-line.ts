/**
 * A line whose two scripted ends are joined by hand: what is sent at one is said at the other in
 * the next turn. No latency, no loss, no limits: the simplest peer that a runner can have.
 */
import type { Clock } from '../../core/clock.js';
import type { Channel, ClientMessage, RunnerMessage, ServerWire } from '../../proto/wire.js';
import { STATUS, type Line } from './carriers.js';
import {
  scriptedClientWire,
  scriptedServerWire,
  type ScriptedClientWire,
  type ScriptedServerWire,
} from './scripted-wire.js';

/** Both ends of one stream. */
interface Joined {
  readonly client: ScriptedClientWire;
  server: ScriptedServerWire | undefined;
  over: boolean;
}

export function scriptedLine(clock: Clock): Line {
  const streams = new Set<Joined>();
  let taker = (wire: ServerWire): void => wire.cancel();
  let ready = true;
  const soon = (work: () => void): void => void clock.after(0, work);

  const lose = (stream: Joined, cause: string): void => {
    if (stream.over) return;
    stream.over = true;
    streams.delete(stream);
    stream.server?.resume();
    stream.server?.peerEnds({ kind: 'lost', cause });
    stream.client.peerEnds({ kind: 'lost', cause });
  };
  const loseAll = (cause: string): void => {
    for (const stream of [...streams]) lose(stream, cause);
  };

  const channel: Channel = {
    get ready() {
      return ready;
    },
    watch: () => () => undefined,
    wire() {
      const client = scriptedClientWire();
      const stream: Joined = { client, server: undefined, over: false };
      const { open, cancel } = client;
      return Object.assign(client, {
        open(...[metadata, remainingUs, listener]: Parameters<typeof open>) {
          open.call(client, metadata, remainingUs, listener);
          if (!ready) {
            return soon(() => client.peerEnds({ kind: 'refused', cause: 'not connected' }));
          }
          const server = joinedServer(stream, { metadata, remainingUs }, soon, streams);
          streams.add(stream);
          soon(() => taker(server));
        },
        send(message: ClientMessage) {
          soon(() => {
            if (!stream.over) stream.server?.peer(message);
          });
          return true;
        },
        cancel() {
          cancel.call(client);
          soon(() => lose(stream, 'canceled'));
        },
      });
    },
    status(_remainingUs, done) {
      const timer = clock.after(0, () => done(ready ? STATUS : 'not connected'));
      return () => timer.cancel();
    },
    close() {
      ready = false;
      loseAll('the channel was closed');
    },
  };

  return {
    channel,
    accept: (next) => void (taker = next),
    resetStreams: () => loseAll('reset'),
    crash() {
      ready = false;
      loseAll('the runner died');
    },
  };
}

function joinedServer(
  stream: Joined,
  given: Parameters<typeof scriptedServerWire>[0],
  soon: (work: () => void) => void,
  streams: Set<Joined>,
): ServerWire {
  const server = scriptedServerWire(given);
  stream.server = server;
  const conclude = (tell: () => void): void => {
    if (stream.over) return;
    stream.over = true;
    streams.delete(stream);
    soon(tell);
  };
  return Object.assign(server, {
    sendMetadata: (metadata: Parameters<ServerWire['sendMetadata']>[0]) =>
      soon(() => stream.client.peerMetadata(metadata)),
    send(message: RunnerMessage) {
      if (!stream.over) soon(() => stream.client.peer(message));
      return true;
    },
    finish: (code: number, message: string) =>
      conclude(() => stream.client.peerEnds({ kind: 'status', code, message })),
    cancel: () =>
      conclude(() => stream.client.peerEnds({ kind: 'lost', cause: 'reset by the runner' })),
  });
}
