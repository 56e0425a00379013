/** A roster against an array that does the same. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Roster, type Listed } from './roster.js';

class Member implements Listed<Member> {
  earlier: Member | undefined;
  later: Member | undefined;
}

describe('a roster', () => {
  it('is an array that members join at its end and leave from anywhere', () => {
    const moves = fc.array(fc.record({ join: fc.boolean(), which: fc.nat({ max: 9 }) }), {
      maxLength: 60,
    });
    fc.assert(
      fc.property(moves, (steps) => {
        const members = Array.from({ length: 10 }, () => new Member());
        const roster = new Roster<Member>();
        const model: Member[] = [];
        for (const { join, which } of steps) {
          const member = members[which]!;
          const at = model.indexOf(member);
          if (!join) {
            expect(roster.leave(member)).toBe(at !== -1);
            if (at !== -1) model.splice(at, 1);
          } else if (at === -1) {
            roster.join(member);
            model.push(member);
          }
          expect(roster.all().map((one) => members.indexOf(one))).toEqual(
            model.map((one) => members.indexOf(one)),
          );
          expect([roster.size, roster.first]).toEqual([model.length, model[0]]);
        }
      }),
    );
  });

  it('holds nobody through one that has left', () => {
    const [a, b, c] = [new Member(), new Member(), new Member()];
    const roster = new Roster<Member>();
    for (const member of [a, b, c]) roster.join(member);
    roster.leave(b);
    expect([b.earlier, b.later]).toEqual([undefined, undefined]);
  });

  it('lets all of a list leave while it is gone through', () => {
    const roster = new Roster<Member>();
    for (let i = 0; i < 5; i++) roster.join(new Member());
    for (const member of roster.all()) roster.leave(member);
    expect([roster.size, roster.first, roster.all()]).toEqual([0, undefined, []]);
  });
});
