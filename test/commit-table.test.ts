/**
 * The table that decides "refused, or maybe executed?", row by row as the original has it, with our
 * changes: in both dialects, over the simulated wire and over real gRPC, through a whole balancer.
 * Runner a does what the row says; runner b would answer whatever it is offered.
 *
 * Every row is played on every carrier. Where a carrier cannot fail that way, the row says what the
 * same deed comes to there, and that is held as well.
 */
import fc from 'fast-check';
import { describe, expect, expectTypeOf, test } from 'vitest';
import type { Sink } from '../core/sink.js';
import { encodeClientMessage } from '../proto/codec.js';
import { callModel } from '../proto/model.js';
import { OK, START, piece } from './conformance/wire-rig.js';
import { testCall, utf8 } from './support/calls.js';
import { CARRIERS, carriers, type Carrier, type CarrierName } from './support/carriers.js';
import { ELSEWHERE, ROWS, says, type Comes, type Row } from './support/commit-rows.js';
import { createStage } from './support/table-stage.js';
import { createVirtualClock } from './support/virtual.js';

async function play(row: Row, comes: Comes, carrier: Carrier): Promise<void> {
  const { does = says([START, piece(utf8('a')), OK]), timeoutMs = 10_000, channel, sink } = row;
  const stage = await createStage(carrier, {
    does,
    timeoutMs,
    ...(channel === undefined ? {} : { channel }),
    ...(sink === undefined ? {} : { sink }),
  });
  await row.before?.(stage, carrier);
  stage.call(row.request ?? {});
  await carrier.until(() => stage.end !== undefined);
  await carrier.settle();

  const { end, tries, sink: client, balancer } = stage;
  expect({ status: end?.status, outcome: end?.outcome }).toEqual({
    status: comes.status,
    outcome: comes.outcome,
  });
  expect(tries).toEqual({ a: comes.tries ?? 1, b: comes.next ? 1 : 0 });
  const how = client.ended ? 'ended' : client.cutFor === undefined ? 'left' : 'cut';
  expect(how).toBe(comes.how ?? 'ended');
  if (comes.how !== 'left') expect(client.status).toBe(comes.status);
  if (comes.body !== undefined) expect(Buffer.from(client.body).toString()).toBe(comes.body);
  expect(balancer.held).toMatchObject({ calls: 0, bodyBytes: 0, responseBytes: 0 });
  await carrier.until(() => carrier.open() === 0);
}

/** The carriers that cannot fail as the row does. */
const without = (row: Row): CarrierName[] =>
  CARRIERS.filter((name) => row.cannot?.on.test(name) === true);

for (const name of CARRIERS) {
  describe(`over ${name}`, () => {
    for (const row of ROWS) {
      const { point, cannot } = row;
      const here = cannot === undefined || !without(row).includes(name);
      test(here ? point : `${point}: not here, ${cannot.why}`, async () => {
        const carrier = carriers[name]();
        try {
          await play(row, here ? row : cannot.comes, carrier);
        } finally {
          await carrier.close();
        }
      });
    }
  });
}

test('every row fails as it says on some carrier, and elsewhere not so', () => {
  for (const row of ROWS) {
    if (row.cannot === undefined) continue;
    expect(without(row).length).toBeGreaterThan(0);
    expect(without(row).length).toBeLessThan(CARRIERS.length);
    expect(row.cannot.comes).not.toMatchObject({ status: row.status, outcome: row.outcome });
  }
  const points = [...ROWS.map(({ point }) => point), ...ELSEWHERE];
  expect(new Set(points).size).toBe(points.length);
});

test(ELSEWHERE[0], () => {
  const call = testCall(createVirtualClock());
  // Lone halves of surrogate pairs too: they are strings, and no text.
  const text = fc.string({ unit: 'binary' });
  const texts = fc.dictionary(text, text);
  const drawn = fc.record({
    memoryMb: fc.double(),
    timeoutMs: fc.double(),
    image: text,
    config: texts,
    headers: fc.array(fc.tuple(text, text)),
    extensions: texts,
    slotHashId: text,
  });
  fc.assert(
    fc.property(drawn, text, text, (changes, url, method) => {
      const spec = { ...call.spec, ...changes };
      const model = callModel({ ...call, spec, url, method });
      const { slotHashId, extensions } = spec;
      const bytes = encodeClientMessage({ kind: 'try', model, slotHashId, extensions });
      expect(bytes.length).toBeGreaterThan(0);
    }),
  );
});

test(ELSEWHERE[1], () => {
  // Whatever a write says, the bytes are taken; what can go wrong is a client that leaves.
  expectTypeOf<ReturnType<Sink['write']>>().toEqualTypeOf<boolean>();
});
