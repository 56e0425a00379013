/** Capsules in files: read whole or refused, written whole or not at all. */
import {
  CAPSULE_VERSION,
  capsuleFromJson,
  type Capsule,
  type Failure,
  type Sortie,
} from '../sim/index.js';
import { CliError, textOf } from './exit.js';
import { createOutput, readText } from './files.js';
import { quoted } from './header.js';
import { commitHere, version } from './package.js';

/** Far above any of its own. */
const CAPSULE_MAX_BYTES = 256 * 1024 * 1024;

export function readCapsule(file: string): Capsule {
  const text = readText(file, CAPSULE_MAX_BYTES, 'a capsule');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new CliError([`${file}: is no JSON, ${textOf(error)}`]);
  }
  const parsed = capsuleFromJson(value, file);
  if (!parsed.ok) throw new CliError(parsed.errors);
  return parsed.capsule;
}

export function writeCapsule(file: string, sortie: Sortie, failure: Failure, option: string): void {
  const { fingerprint, complaints, digest, tail } = failure;
  const capsule: Capsule = {
    kind: 'capsule',
    version: CAPSULE_VERSION,
    fingerprint,
    complaints,
    seed: sortie.seed,
    explore: sortie.explore,
    digest,
    windtunnel: version,
    commit: commitHere(),
    node: process.version,
    replay: `windtunnel replay ${quoted(file)}`,
    scenario: sortie.scenario,
    plan: sortie.plan,
    tail,
  };
  const output = createOutput(file, option);
  output.write(textOfCapsule(capsule));
  output.commit();
}

/** One line for each call and event, so that two capsules can be compared by lines. */
function textOfCapsule(capsule: Capsule): string {
  const lines = Object.entries(capsule).map(([name, value]) => {
    const listed = Array.isArray(value) && value.length > 0;
    const text = listed
      ? `[\n${value.map((one) => `    ${JSON.stringify(one)}`).join(',\n')}\n  ]`
      : JSON.stringify(value, undefined, 2).replaceAll('\n', '\n  ');
    return `  ${JSON.stringify(name)}: ${text}`;
  });
  return `{\n${lines.join(',\n')}\n}\n`;
}
