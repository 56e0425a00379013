/**
 * One group of runners as one LB sees it: what it believes of each (`standing.ts`), who waits for
 * one (`room.ts`), and the tokens between them. A token is the sign that one runner may have room
 * for one call: an attempt of ours ended there, it joined, its channel came up, its push-back or
 * ejection is over. It calls up one waiter; nobody is waiting, it is kept as "not busy".
 *
 * What other LBs' calls set free raises no sign here. So a room in which somebody waits asks one
 * runner a tick: constant and jittered, for a tick that grows starves one LB of two (measured on a
 * toy: 9.8 % of its calls served, the other's all).
 */
import type { Call } from './call.js';
import { Discoveries } from './discoveries.js';
import { eject, loses, type Verdicts } from './health.js';
import { inTurn } from './in-turn.js';
import { guarded } from './invariant.js';
import { Members } from './members.js';
import { atMost, type Order, type Placer } from './placer.js';
import type { RunnerChange } from './probe.js';
import type { Rng } from './rng.js';
import { Room, type Seat } from './room.js';
import type { Nack } from './runner.js';
import type { GroupParts, Seeker } from './seeker.js';
import { memoryOf, type HeldStanding } from './standing.js';
import { Tick } from './tick.js';

export class Group {
  /** Calls that look for a runner here, or have one. */
  calls = 0;
  private readonly room: Room<Seeker>;
  private readonly chance: Rng;
  private readonly members: Members;
  private readonly tick: Tick;
  private readonly discoveries: Discoveries;

  constructor(
    readonly name: string,
    readonly placer: Placer,
    private readonly parts: GroupParts,
  ) {
    const { options, rng } = parts;
    const limits = { perFunctionMax: options.waitingPerFunctionMax, totalMax: options.waitingMax };
    this.room = new Room(limits, () => this.atRest());
    this.chance = rng.split(`group/${name}`);
    this.tick = new Tick(parts.clock, options.tickMs * 1000, this.chance, () => {
      this.look();
      return this.room.size > 0;
    });
    const more = (standing: HeldStanding, tokens: number): void => this.goOn(standing, tokens);
    this.discoveries = new Discoveries(parts.clock, more);
    this.members = new Members(name, parts.pool, parts.clock, memoryOf(options), {
      joined: (standing) => this.offerMore(standing, 'joined'),
      left: (standing) => this.left(standing),
      connected: (standing) => this.connected(standing),
      lost: (standing) => this.lost(standing),
    });
  }

  /** Calls that wait here. */
  get waiting(): number {
    return this.room.size;
  }

  /** What is believed of the runners of the pool's snapshot, in its order. */
  standings(): readonly HeldStanding[] {
    return this.members.all();
  }

  /** A pass over the runners for a call, in its placer's order; each at most once. */
  order(call: Call): Order<HeldStanding> {
    const standings = this.standings();
    return atMost(standings.length, this.placer.order(call, standings, this.parts.clock.now()));
  }

  /** Whether a call that comes may be offered there: it overtakes nobody who waits for it. */
  admits(standing: HeldStanding, memoryMb: number, now: number): boolean {
    if (!standing.usable(now) || standing.tooBigNow(memoryMb, now)) return false;
    if (this.room.size === 0) return true;
    // Its like may wait for just that: until something comes free there.
    return !standing.tooBig(memoryMb) && !this.room.wants(standing);
  }

  /** Whether there is a runner beside this one: else to wait for another would be in vain. */
  hasOther(standing: HeldStanding): boolean {
    return this.standings().some((one) => one !== standing);
  }

  /** A runner with an unspent token that this call may have. */
  unspent(seeker: Seeker): HeldStanding | undefined {
    const now = this.parts.clock.now();
    const fits = (one: HeldStanding): boolean => one.open(now) && !one.tooBig(seeker.memoryMb);
    return this.standings().find((one) => fits(one) && seeker.mayUse(one));
  }

  /** A seat until it is called up, or undefined when the room is full. */
  enter(seeker: Seeker): Seat | undefined {
    const seat = this.room.enter(seeker);
    if (seat === undefined) return undefined;
    this.tick.start();
    const { probe, clock, options } = this.parts;
    probe?.({
      kind: 'wait',
      at: clock.now(),
      call: seeker.callId,
      lb: options.idPrefix,
      group: this.name,
      runners: this.members.size,
      waiting: this.room.size,
    });
    return seat;
  }

  /** An attempt opens; of a call that was called up, or entered, it spends the runner's token. */
  opened(standing: HeldStanding, token: boolean): void {
    const now = this.parts.clock.now();
    standing.inFlight += 1;
    if (standing.returning) this.returned(standing);
    if (!token) return;
    standing.spend(now);
    if (standing.discovering && this.room.size > 0) this.discoveries.goOn(standing);
  }

  /** The attempt was NACKed: nothing ran. `memoryMb`: of its call. */
  nacked(standing: HeldStanding, nack: Nack, tookUs: number, memoryMb: number): void {
    const now = this.parts.clock.now();
    standing.inFlight -= 1;
    if (nack.reason !== 'closed') standing.offered(false, now);
    switch (nack.reason) {
      case 'busy':
      case 'draining':
        return standing.refused(nack.retryAfterUs, tookUs, now);
      case 'unreachable':
        standing.refused(undefined, tookUs, now);
        return this.failed(standing);
      case 'size':
        // It has room for a smaller call: the token goes on to one.
        standing.refusedForSize(memoryMb, nack.retryAfterUs, now);
        return this.callUp(standing);
      case 'closed':
        return standing.refused(undefined, tookUs, now);
    }
  }

  /** The attempt is over in any other way: what it held there came free. */
  ended(standing: HeldStanding, verdict: Verdicts, tookUs: number): void {
    const now = this.parts.clock.now();
    standing.inFlight -= 1;
    if (verdict === 'healthy') {
      standing.offered(true, now);
      standing.took(tookUs, now);
      standing.failures = 0;
    } else if (verdict === 'failing') {
      this.failed(standing);
    }
    this.raise(standing);
  }

  /** Nobody waits: nothing is to be found out before somebody does. */
  private atRest(): void {
    this.tick.stop();
    this.discoveries.stopAll();
  }

  /** Lets go of everything; nothing is called up afterwards. */
  dispose(): void {
    this.atRest();
    // A placer of somebody else's must not keep the runners from being let go of.
    guarded(
      () => this.placer.close?.(),
      () => undefined,
    );
    this.members.dispose();
  }

  /** A token: the next waiter that may use this runner is called up for it. */
  private raise(standing: HeldStanding): void {
    standing.free();
    if (!standing.runner.ready) return this.tell(standing, 'unready');
    this.callUp(standing);
  }

  /** What it has free is still being found out: the next offers. */
  private goOn(standing: HeldStanding, tokens: number): void {
    for (let i = 0; i < tokens && this.room.size > 0; i++) {
      standing.mayHaveMore();
      this.callUp(standing);
      // Nobody was called up for the token: it is kept.
      if (!standing.busy) return;
    }
  }

  private readonly callUp = inTurn((standing: HeldStanding): void => {
    if (this.room.size === 0 || !standing.open(this.parts.clock.now())) return;
    for (;;) {
      const seeker = this.room.next(standing);
      if (seeker === undefined || seeker.take(standing)) return;
    }
  });

  /** What a runner has free is found out: a token, and another while offers are taken. */
  private offerMore(standing: HeldStanding, change: RunnerChange): void {
    this.tell(standing, change);
    standing.discovering = true;
    this.raise(standing);
  }

  private failed(standing: HeldStanding): void {
    const { clock, options } = this.parts;
    const change = eject(standing, this.standings(), clock.now(), options, this.chance);
    if (change !== undefined) this.tell(standing, change);
  }

  private returned(standing: HeldStanding): void {
    standing.returning = false;
    standing.startSlowly(this.parts.clock.now());
    this.tell(standing, 'returned');
  }

  /**
   * What a tick does: who has rested is back, one runner that refused, as busy or for a size, is
   * asked again, and whoever may have room and raised no token is offered a call.
   */
  private look(): void {
    const now = this.parts.clock.now();
    let asked: HeldStanding | undefined;
    for (const standing of this.standings()) {
      if (!standing.runner.ready || now < standing.ejectedUntil) continue;
      if (now < standing.pushedBackUntil) continue;
      if (standing.returning || standing.pushedBackUntil > 0) {
        if (standing.returning) this.returned(standing);
        this.offerMore(standing, 'rested');
        continue;
      }
      if (!standing.busy) this.callUp(standing);
      const { refusedSince } = standing;
      if (refusedSince !== 0 && refusedSince < (asked?.refusedSince ?? Infinity)) asked = standing;
    }
    if (asked !== undefined && this.room.size > 0) this.offerMore(asked, 'asked');
  }

  /**
   * A call waited in vain: one runner more is asked. An LB that has less than its share of the
   * fleet looks harder for what others' calls left free, so that the shares even out.
   */
  inVain(): void {
    if (this.room.size > 0) this.look();
  }

  private connected(standing: HeldStanding): void {
    if (standing.connected) {
      // It has streams left again.
      this.tell(standing, 'ready');
      return this.raise(standing);
    }
    standing.connected = true;
    standing.startSlowly(this.parts.clock.now());
    this.offerMore(standing, 'ready');
  }

  private lost(standing: HeldStanding): void {
    standing.connected = false;
    this.tell(standing, 'lost');
    this.maybePanic(standing);
  }

  /** Too few are left without it: whoever is ejected may be asked again, from now on. */
  private maybePanic(standing: HeldStanding): void {
    const { clock, options } = this.parts;
    const lifted = loses(this.standings(), clock.now(), options);
    if (lifted.length > 0) this.tell(standing, 'panic');
    for (const one of lifted) this.raise(one);
  }

  private left(standing: HeldStanding): void {
    standing.gone = true;
    this.discoveries.stop(standing);
    this.tell(standing, 'left');
    this.maybePanic(standing);
  }

  private tell(standing: HeldStanding, change: RunnerChange): void {
    const { probe, clock, options } = this.parts;
    const { id: runner } = standing.runner;
    const { idPrefix: lb } = options;
    // No call is to blame for what a probe throws here, and those that wait need their tick.
    guarded(
      () =>
        probe?.({
          kind: 'runner',
          at: clock.now(),
          call: '',
          lb,
          group: this.name,
          runner,
          change,
        }),
      () => undefined,
    );
  }
}
