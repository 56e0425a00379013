/** Words that make a flight depend on the real world, each with what stands in its place. */

export interface Ban {
  readonly word: RegExp;
  readonly instead: string;
}

/** In core, proto and sim, outside the rim. */
export const BANNED: readonly Ban[] = [
  {
    word: /\b(?:setTimeout|setInterval|setImmediate|queueMicrotask|nextTick)\b/,
    instead: 'clock.after(us, work)',
  },
  {
    word: /\bDate\b/,
    instead: 'clock.now() for arithmetic, clock.wall() and isoDate() for dates on the wire',
  },
  { word: /\b(?:performance|hrtime)\b/, instead: 'clock.now()' },
  {
    word: /\bMath\.random\b|\b(?:randomUUID|getRandomValues|randomBytes)\b/,
    instead: 'a named stream of the Rng port; a counter for ids',
  },
  {
    word: /\bMath\.pow\b|\*\*/,
    instead: 'a literal, multiplication, or Math.exp: powers differ between Node versions',
  },
  {
    word: /\b(?:async|await|Promise|toPromise|firstValueFrom|lastValueFrom)\b/,
    instead: 'an Observable, or a callback told once: virtual time lets no microtask in',
  },
  {
    word: /\b(?:asyncScheduler|asapScheduler|animationFrameScheduler)\b/,
    instead: 'asScheduler(clock)',
  },
  {
    word: /\b(?:VirtualTimeScheduler|TestScheduler)\b/,
    instead: 'createVirtualClock(): theirs sorts the whole queue at every schedule',
  },
  { word: /\b(?:AbortController|AbortSignal)\b/, instead: 'unsubscribe, the only cancel' },
  { word: /\bprocess\b/, instead: 'an option, given from outside' },
  { word: /\bconsole\b/, instead: 'the probe' },
];

/** Nowhere in the repository: it speaks of the product alone. In pieces, as this file is in it. */
export const NOWHERE: readonly Ban[] = [
  { word: new RegExp('/wo' + 'rk/'), instead: 'a path from the root of the repository' },
  { word: new RegExp('\\b(?:TO' + 'DO|FIX' + 'ME|X' + 'XX)\\b'), instead: 'do it, or say why not' },
  { word: /\bissue #?\d+/i, instead: 'what the issue is about' },
];
