/**
 * Fewest calls first: the runner that has the least of this LB's calls for its weight, and refuses
 * least. Good with few runners and one or two LBs, when calls take very different times. Its
 * assumption is that calls here tell how busy a runner is: of many LBs each sees its own part.
 *
 * Up to 16 runners it looks at all of them. Above that it draws D, for a look at all costs more
 * the more there are and buys ever less: Mitzenmacher (2001), as `p2c.ts`. Envoy's and gRPC's
 * least-request draw likewise (gRFC A48), two by default. Drawn with the same chance, none of n has
 * more than D/n of the calls, whatever its weight.
 */
import type { Placer, PlacerParts } from '../placer.js';
import { Hands, SCAN_MAX, type Choice } from './choose.js';
import { demand } from './p2c.js';

const D = 5;

export function least({ rng }: Pick<PlacerParts, 'rng'>): Placer {
  const all: Choice = { score: demand, size: SCAN_MAX, chance: rng };
  const some: Choice = { ...all, size: D };
  return {
    order: (_call, runners, now) =>
      new Hands(runners.length <= SCAN_MAX ? all : some, runners, now),
  };
}
