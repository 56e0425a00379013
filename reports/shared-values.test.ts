import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Json, JsonObject } from './charts/figure.js';
import { packFigures, type Packed } from './shared-values.js';

/** As the page's script does it: the references are back before the figures are used. */
function unpack(packed: Packed): unknown {
  const text = JSON.stringify(packed);
  const { shared } = packed;
  const whole = JSON.parse(text, (_, value: Json) => {
    const refers = value !== null && typeof value === 'object' && 'same' in value;
    return refers ? shared[value.same as number] : value;
  }) as Packed;
  return whole.figures;
}

const list = fc.oneof(
  fc.array(fc.integer({ min: 1e6, max: 1e7 }), { maxLength: 20 }),
  fc.constant(Array.from({ length: 20 }, (_, i) => i * 1000)),
);
const figures = fc.array(fc.record({ id: fc.string(), x: list, y: fc.array(list) }));

describe('lists that figures have in common', () => {
  it('are back where they were', () => {
    fc.assert(
      fc.property(figures, (some) => {
        expect(unpack(packFigures(some as readonly JsonObject[]))).toEqual(some);
      }),
    );
  });

  it('are written once, however many figures have them, and the rest as it is', () => {
    const x = Array.from({ length: 200 }, (_, i) => i);
    const many = Array.from({ length: 50 }, (_, i) => ({ id: `f${i}`, x, y: [i, 1] }));
    const packed = packFigures(many);
    expect(packed.shared).toEqual([x]);
    expect(packed.figures[7]).toEqual({ id: 'f7', x: { same: 0 }, y: [7, 1] });
  });
});
