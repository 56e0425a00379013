#!/usr/bin/env node
/** The program: commands and options, and nothing else. Each command is a file of its own. */
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { drawScenario } from '../sim/index.js';
import { check } from './check.js';
import { CliError, EXIT, reason, textOf, type ExitCode } from './exit.js';
import { version } from './header.js';
import { run } from './run.js';
import { createScenario, printSchema, validate } from './scenario-files.js';

const SEED_MAX = Number.MAX_SAFE_INTEGER;

function integer(text: string): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value <= SEED_MAX) return value;
  throw new InvalidArgumentError('not a whole number from 0 up.');
}

/** A time to work for. */
function seconds(text: string): number {
  const value = Number(text);
  if (/^\d{1,7}(?:\.\d{1,3})?$/.test(text) && value > 0) return value;
  throw new InvalidArgumentError('not a number of seconds above 0.');
}

/** `7` or `1..20`. */
function seedRange(text: string): { first: number; last: number } {
  const match = /^(\d+)(?:\.\.(\d+))?$/.exec(text);
  const first = integer(match?.[1] ?? '');
  const last = integer(match?.[2] ?? match?.[1] ?? '');
  if (last >= first && last - first < 1_000_000) return { first, last };
  throw new InvalidArgumentError('not a range such as 1..20.');
}

const collect = (value: string, before: string[]): string[] => [...before, value];
const list = (value: string): string[] => value.split(',').filter((part) => part !== '');

/** Names of placers, comma-separated. */
function placers(value: string): string[] {
  const names = list(value);
  if (names.length > 0) return names;
  throw new InvalidArgumentError('names no placer.');
}

/** `host:port`, comma-separated. */
function addresses(value: string): string[] {
  const parts = list(value);
  const bad = parts.find((part) => !/^(?:[\w.-]+|\[[\da-fA-F:.]+\]):\d{1,5}$/.test(part));
  if (bad === undefined && parts.length > 0) return parts;
  throw new InvalidArgumentError(`"${bad ?? value}" is not host:port.`);
}

let unwritable = false;
// Whoever reads our output may stop, as `head` does: what is left of it is for nobody, and the
// flight goes on to write its files. Output that cannot be written otherwise is a failure.
for (const name of ['stdout', 'stderr'] as const) {
  process[name].on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE' || unwritable) return;
    unwritable = true;
    process.exitCode ||= EXIT.usage;
    if (name === 'stdout') process.stderr.write(`stdout: cannot write, ${reason(error)}\n`);
  });
}

let exit: ExitCode = EXIT.fine;

const program = new Command('windtunnel')
  .description('Flies load-balancing scenarios, in a deterministic simulator or over real gRPC.')
  .version(version)
  .addHelpText(
    'after',
    '\nExit codes: 0 fine, 1 usage or invalid file, 2 SLO missed, 3 invariant broken,\n' +
      '4 calls that never end, 5 not deterministic, 6 internal error, 7 inconclusive.',
  );

const setOption = (): Option =>
  new Option('--set <path=value>', 'override a value of the scenario; may be repeated')
    .argParser(collect)
    .default([], 'none');

interface RunFlags {
  readonly on: 'sim' | 'grpc';
  readonly runners: string[];
  readonly dialect: 's' | 'head';
  readonly seed?: number;
  readonly placer: string[];
  readonly set: string[];
  readonly report?: string;
  readonly json?: string;
  readonly record?: string;
}

program
  .command('run')
  .description('fly scenarios, print a summary, write a report')
  .argument('<scenario...>', 'scenario files')
  .addOption(new Option('--on <world>', 'where to fly').choices(['sim', 'grpc']).default('sim'))
  .addOption(
    new Option('--runners <host:port,...>', 'runners to use with --on grpc')
      .argParser(addresses)
      .default([], 'starts its own'),
  )
  .addOption(
    new Option('--dialect <dialect>', 'protocol revision of the runners it starts')
      .choices(['s', 'head'])
      .default('head'),
  )
  .option('--seed <n>', "seed; default: the scenario's", integer)
  .addOption(
    new Option('--placer <p,...>', "placers, one flight each; default: the scenario's")
      .argParser(placers)
      .default([], 'none'),
  )
  .addOption(setOption())
  .option('--report <file.html>', 'write the report')
  .option('--json <file>', 'write the result as JSON; - is stdout')
  .option('--record <file.jsonl>', 'write every event')
  .action(async (files: string[], flags: RunFlags) => {
    exit = await run(files, {
      on: flags.on,
      runners: flags.runners,
      dialect: flags.dialect,
      seed: flags.seed,
      placers: flags.placer,
      sets: flags.set,
      report: flags.report,
      json: flags.json,
      record: flags.record,
    });
  });

interface CheckFlags {
  readonly seeds: { readonly first: number; readonly last: number };
  readonly set: string[];
  readonly time?: number;
}

program
  .command('check')
  .description('fly each seed twice, compare, and check every law')
  .argument('[scenario...]', 'scenario files; without one each seed draws a scenario of its own')
  .addOption(
    new Option('--seeds <a..b>', 'seeds to fly')
      .argParser(seedRange)
      .default({ first: 1, last: 20 }, '1..20'),
  )
  .option('--time <s>', 'begin no seed after so many seconds a scenario', seconds)
  .addOption(setOption())
  .action(async (files: string[], flags: CheckFlags) => {
    if (files.length === 0 && flags.set.length > 0) {
      throw new CliError(['--set needs a scenario: what a seed draws is as it is']);
    }
    const { seeds, set: sets, time } = flags;
    exit = await check(files, { ...seeds, sets, seconds: time });
  });

program
  .command('draw')
  .description('print the scenario that a seed draws for check')
  .argument('<seed>', 'a seed', integer)
  .action((seed: number) => {
    process.stdout.write(drawScenario(seed).text);
  });

program
  .command('validate')
  .description('read scenarios and say what would fly')
  .argument('<scenario...>', 'scenario files')
  .addOption(setOption())
  .action((files: string[], flags: { set: string[] }) => {
    exit = validate(files, flags.set);
  });

program
  .command('schema')
  .description('print the JSON Schema of scenario files')
  .action(() => {
    exit = printSchema();
  });

program
  .command('new')
  .description('write a commented scenario to start from')
  .argument('<file>', 'a file that does not exist yet')
  .action((file: string) => {
    exit = createScenario(file);
  });

/** One problem is one line, the suggestion with it. */
const oneLine = (text: string): string => `${text.trim().replace(/\s*\n\s*/g, ' ')}\n`;

/** What no line can hold, such as a newline in a file's name, is shown escaped. */
const shown = (text: string): string =>
  text.replace(/\p{Cc}/gu, (control) => JSON.stringify(control).slice(1, -1));

for (const command of [program, ...program.commands]) {
  command
    .exitOverride()
    .showSuggestionAfterError()
    .configureOutput({ outputError: (text, write) => write(oneLine(text)) });
}

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) exit = error.exitCode === 0 ? EXIT.fine : EXIT.usage;
  else if (error instanceof CliError) {
    for (const line of error.lines) process.stderr.write(`${shown(line)}\n`);
    exit = error.exit;
  } else {
    process.stderr.write(`internal error: ${textOf(error)}\n`);
    if (error instanceof Error && process.env['DEBUG'] !== undefined) {
      process.stderr.write(`${error.stack ?? ''}\n`);
    }
    exit = EXIT.internal;
  }
}
process.exitCode ??= exit;
