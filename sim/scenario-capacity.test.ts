/** What a fleet can carry, and so what a load in percent means. */
import { expect, test } from 'vitest';
import { scenarioOf as read } from '../test/support/fly.js';
import { smallest } from '../test/support/scenario-texts.js';
import { capacityPerSec } from './scenario.js';

test('capacity is slots by speed over service and round trip', () => {
  const scenario = read(smallest, ['fleet[0]={name: r, count: 50, slots: 4}']);
  expect(capacityPerSec(scenario)).toBeCloseTo(200 / 0.041, 9);
  const load = read(smallest, ['arrivals={kind: poisson, load: 120%}', 'fleet[0].slots=8']);
  expect(load.arrivals.ratePerSec / capacityPerSec(load)).toBeCloseTo(1.2, 12);
});

test('a runner whose slots share cores carries no more than these, and no more than its slots', () => {
  const fleet = (slots: number, cores: string): number =>
    capacityPerSec(
      read(smallest, [`fleet=[{name: r, slots: ${slots}, cores: ${cores}, speed: 3}]`]),
    );
  expect(fleet(100, '2.5')).toBeCloseTo((3 * 2.5) / 0.04, 9);
  expect(fleet(2, '2.5')).toBeCloseTo((3 * 2) / 0.041, 9);
  const others = 'antagonist: {share: 40%, busy: 1s, quiet: 3s}';
  expect(fleet(100, `2.5, ${others}`)).toBeCloseTo((3 * 2.5 * 0.9) / 0.04, 9);
});

test('a lognormal law has mean median · exp(sigma² / 2)', () => {
  const law = 'functions.hello.service={kind: lognormal, median: 20ms, sigma: 1}';
  const scenario = read(smallest, [law, 'network.roundTrip=0ms']);
  expect(capacityPerSec(scenario)).toBeCloseTo(1 / (0.02 * Math.exp(0.5)), 9);
});
