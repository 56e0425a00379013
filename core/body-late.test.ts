/** The law of an upload that ends with its deadline. */
import { Subject } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { createService } from '../test/support/service.js';
import { SECOND, drain } from '../test/support/virtual.js';

describe('at the deadline', () => {
  it('an upload that breaks at that instant was late', () => {
    const service = createService();
    const body = new Subject<Uint8Array>();
    // Set before the deadline's own timer, so it comes before that.
    service.clock.after(10 * SECOND, () => body.error(new Error('timed out')));
    const visit = service.call({ body });
    drain(service.clock);
    expect(visit.verdict).toMatchObject({ outcome: 'expired', code: 'body_late', status: 408 });
    expect(service.idle()).toBe(true);
  });
});
