/**
 * Laws of the Status RPC over real HTTP/2 on the loopback, and of the service's other methods: what
 * this runner does not have it says, and stays whole.
 */
import { Client, credentials, status as grpcStatus, type ServiceError } from '@grpc/grpc-js';
import { NEVER, Observable, Subject, of, throwError } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { createSystemClock } from '../../core/clock.js';
import type { RunnerStatus } from '../../core/runner.js';
import { DONE, START } from '../../test/support/scripted-runner.js';
import { serve } from '../session.js';
import { createStatus, type StatusCheck } from '../status.js';
import { same } from './bytes.js';
import { createGrpcChannel } from './channel.js';
import { after, opened, rig, roundTrip, SECOND_US, TRY, untilReady } from './grpc.test.rig.js';
import { createGrpcServer, defaultGrpcServerLimits, type GrpcServerParts } from './server.js';

async function served(parts: Pick<GrpcServerParts, 'status'> & Partial<GrpcServerParts>) {
  const server = createGrpcServer({
    onEngage: (wire) => wire.cancel(),
    dialect: 'head',
    limits: defaultGrpcServerLimits,
    ...parts,
  });
  const port = await new Promise<number>((resolve, reject) => {
    server.listen('127.0.0.1:0', (got) => (typeof got === 'number' ? resolve(got) : reject(got)));
  });
  const channel = createGrpcChannel(`127.0.0.1:${port}`);
  after(() => {
    channel.close();
    server.forceClose();
  });
  await untilReady(channel, true);
  return channel;
}

const STILL: RunnerStatus = { active: 0, requestsReceived: 0, requestsHandled: 0 };

describe('the status of a runner', () => {
  it('is what its sessions have told', async () => {
    const clock = createSystemClock();
    const status = createStatus(clock);
    const executor = { execute: () => of(START, DONE) };
    const limits = { bodyMaxBytes: 10, responseMaxBytes: 10 };
    const channel = await served({
      onEngage: (wire) => serve({ clock, executor, counter: status, ...limits }, wire),
      status: () => status.read(),
    });
    const [wire, events] = opened(channel);
    wire.send(TRY);
    await events.until(() => events.ends.length > 0);
    const answer = await roundTrip(channel);
    expect(answer).toMatchObject({ active: 0, requestsReceived: 1, requestsHandled: 1 });
    expect(answer).toMatchObject({ customStatus: { latency_count: '1' } });
  });

  it('holds a check that all who ask share', async () => {
    const results = new Subject<StatusCheck>();
    let runs = 0;
    const check = () => {
      runs += 1;
      return results;
    };
    const status = createStatus(createSystemClock(), { check });
    let asked = 0;
    let askedThrice = (): void => undefined;
    const all = new Promise<void>((resolve) => (askedThrice = resolve));
    const channel = await served({
      status: () => {
        asked += 1;
        if (asked === 3) askedThrice();
        return status.read();
      },
    });
    const answers = [1, 2, 3].map(() => roundTrip(channel) as Promise<RunnerStatus>);
    await all;
    results.next({ ok: false, details: 'no disk', code: 450 });
    const tests = (await Promise.all(answers)).map(({ selfTest }) => selfTest);
    expect(tests.map((test) => test?.cached).sort()).toEqual([false, true, true]);
    expect(tests[0]).toMatchObject({ failed: true, errorCode: 450, errorStr: 'no disk' });
    expect(runs).toBe(1);
  });

  it('that errs or never comes is an error to who asks, and only to him', async () => {
    let next: () => Observable<RunnerStatus> | RunnerStatus = () =>
      throwError(() => new Error('x'));
    const channel = await served({ status: () => next() });
    expect(await roundTrip(channel)).toBe('13: x');
    next = () => of();
    expect(await roundTrip(channel)).toBe('13: the runner has no status');
    next = () => {
      throw new Error('bug');
    };
    expect(await roundTrip(channel)).toBe('13: bug');
    next = () => STILL;
    expect(await roundTrip(channel)).toEqual(STILL);
  });

  it('is let go of when who asked has left, or his time is up', async () => {
    let left = (): void => undefined;
    const channel = await served({
      status: () =>
        new Observable<RunnerStatus>(() => {
          cancel?.();
          return () => left();
        }),
    });
    let cancel: (() => void) | undefined;
    const canceled = new Promise<void>((resolve) => (left = resolve));
    cancel = channel.status(SECOND_US, () => undefined);
    await canceled;
    cancel = undefined;
    const expired = new Promise<void>((resolve) => (left = resolve));
    channel.status(20_000, () => undefined);
    await expired;
  });
});

describe('a method of the service that this runner does not have', () => {
  const raw = (port: number): Client => {
    const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
    after(() => client.close());
    return client;
  };

  it.each(['Status2', 'ConfigureRunner', 'Nonsense'])('%s is UNIMPLEMENTED', async (method) => {
    const { channel, port } = await rig((wire) => wire.cancel());
    const error = await new Promise<ServiceError | null>((resolve) => {
      const path = `/RunnerProtocol/${method}`;
      raw(port).makeUnaryRequest(path, same, same, Buffer.from('0a00', 'hex'), resolve);
    });
    expect(error?.code).toBe(grpcStatus.UNIMPLEMENTED);
    expect(await roundTrip(channel)).toMatchObject({ active: 2 });
  });

  it('StreamLogs is UNIMPLEMENTED, whatever is said on it', async () => {
    const { channel, port } = await rig((wire) => wire.cancel());
    const stream = raw(port).makeBidiStreamRequest('/RunnerProtocol/StreamLogs', same, same);
    const ended = new Promise<ServiceError>((resolve) => stream.once('error', resolve));
    stream.write(Buffer.from('0a00', 'hex'));
    stream.resume();
    expect((await ended).code).toBe(grpcStatus.UNIMPLEMENTED);
    expect(await roundTrip(channel)).toMatchObject({ active: 2 });
  });
});

it('a status that never comes is an error after the time of who asks', async () => {
  const channel = await served({ status: () => NEVER });
  const answer = await new Promise((resolve) => channel.status(20_000, resolve));
  expect(answer).toMatch(/^4: |^no answer in 20 ms$/);
});
