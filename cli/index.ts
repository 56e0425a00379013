#!/usr/bin/env node
/**
 * The program: commands and options, and nothing else. Each command is a file of its own, loaded
 * when it is asked for: to load all of them takes longer than most of them work.
 */
import { availableParallelism } from 'node:os';
import { Command, CommanderError, Option } from 'commander';
import {
  addresses,
  collect,
  integer,
  jobCount,
  overs,
  placers,
  seconds,
  seedRange,
  shard,
  type SeedRange,
} from './arguments.js';
import type { Assets } from './assets.js';
import { compareCommand } from './compare-program.js';
import { CliError, EXIT, reason, textOf, type ExitCode } from './exit.js';
import type { FlightFiles } from './flight-files.js';
import { formatsOf, reportCommand, withFormats } from './formats-program.js';
import { version } from './package.js';
import { runnerCommand } from './runner/program.js';
import { serveCommand } from './serve/program.js';
import type { Over, Shard } from './sweep.js';

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
    '\nExit codes: 0 fine, 1 usage or invalid file, 2 SLO missed or --fail-if, 3 invariant broken,\n' +
      '4 calls that never end, 5 not deterministic, 6 internal error, 7 inconclusive.',
  );

const setOption = (): Option =>
  new Option('--set <path=value>', 'override a value of the scenario; may be repeated')
    .argParser(collect)
    .default([], 'none');

const jobsOption = (): Option =>
  new Option('--jobs <n>', 'threads')
    .argParser(jobCount)
    .default(availableParallelism(), 'one a core');

interface RunFlags extends FlightFiles {
  readonly on: 'sim' | 'grpc';
  readonly runners: string[];
  readonly dialect: 's' | 'head';
  readonly seed?: number;
  readonly placer: string[];
  readonly set: string[];
  readonly record?: string;
  readonly trace?: string;
  readonly traceCalls: number;
  readonly assets: Assets;
}

withFormats(program.command('run'))
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
  .option('--record <file.jsonl>', 'write every event')
  .action(async (files: string[], flags: RunFlags) => {
    const { run } = await import('./run.js');
    exit = await run(files, {
      on: flags.on,
      runners: flags.runners,
      dialect: flags.dialect,
      seed: flags.seed,
      placers: flags.placer,
      sets: flags.set,
      record: flags.record,
      trace: flags.trace,
      traceCalls: flags.traceCalls,
      files: { ...formatsOf(flags), report: flags.report },
      assets: flags.assets,
    });
  });

interface CheckFlags {
  readonly seeds: SeedRange;
  readonly set: string[];
  readonly time?: number;
  readonly jobs: number;
  readonly swarm?: true;
  readonly explore?: true;
  readonly coverage?: true;
  readonly capsules: string;
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
  .option('--swarm', 'let each seed draw its scenario; the default without a scenario')
  .option('--explore', 'let the seed also draw the order of what happens in one instant')
  .option('--coverage', 'print what came up that must come up sometimes; inconclusive without all')
  .option('--time <s>', 'begin no seed after so many seconds a scenario', seconds)
  .addOption(jobsOption())
  .option('--capsules <folder>', 'where failures are kept, to be flown again', 'out/capsules')
  .addOption(setOption())
  .action(async (files: string[], flags: CheckFlags) => {
    if (files.length === 0 && flags.set.length > 0) {
      throw new CliError(['--set needs a scenario: what a seed draws is as it is']);
    }
    if (files.length > 0 && flags.swarm === true) {
      throw new CliError(['--swarm takes no scenario: each seed draws its own']);
    }
    const { seeds, set: sets, time, jobs, capsules } = flags;
    const { explore = false, coverage = false } = flags;
    const { check } = await import('./check.js');
    exit = await check(files, { ...seeds, sets, seconds: time, jobs, explore, coverage, capsules });
  });

program
  .command('replay')
  .description('fly a capsule again, and say whether it fails as it did')
  .argument('<capsule>', 'a file that check wrote')
  .option('--record <file.jsonl>', 'write every event')
  .option('--report <file.html>', 'write the report')
  .action(async (file: string, { record, report }: { record?: string; report?: string }) => {
    const { replay } = await import('./replay.js');
    exit = await replay(file, { record, report });
  });

program
  .command('shrink')
  .description('make a capsule smaller while it fails in the same way')
  .argument('<capsule>', 'a file that check wrote')
  .option('--out <file>', 'the smaller capsule; default: beside the other, as .small.json')
  .addOption(new Option('--time <s>', 'seconds to work for').argParser(seconds).default(60))
  .action(async (file: string, { out, time }: { out?: string; time: number }) => {
    const { shrinkCapsule } = await import('./shrink.js');
    exit = await shrinkCapsule(file, { out, seconds: time });
  });

interface SweepFlags {
  readonly over: Over[];
  readonly seeds: SeedRange;
  readonly set: string[];
  readonly jobs: number;
  readonly shard?: Shard;
  readonly out: string;
  readonly csv?: string;
}

program
  .command('sweep')
  .description('fly scenarios over values of their paths and over seeds')
  .argument('<scenario...>', 'scenario files')
  .addOption(
    new Option('--over <path=a,b,c>', 'values of a path, each flown; may be repeated')
      .argParser(overs)
      .default([], 'none'),
  )
  .addOption(
    new Option('--seeds <a..b>', 'seeds to fly each with')
      .argParser(seedRange)
      .default({ first: 1, last: 5 }, '1..5'),
  )
  .addOption(setOption())
  .addOption(jobsOption())
  .option('--shard <k/n>', 'fly part k of n only; merge makes one of all parts', shard)
  .option('--out <file.jsonl>', 'the rows', 'out/sweep.jsonl')
  .option('--csv <file.csv>', 'the rows as a table as well')
  .action(async (files: string[], { set: sets, shard, csv, ...flags }: SweepFlags) => {
    const { sweep } = await import('./sweep.js');
    exit = await sweep(files, { ...flags, sets, shard, csv });
  });

program
  .command('merge')
  .description('make one sweep of all its parts')
  .argument('<part...>', 'files that sweep --shard wrote')
  .requiredOption('--out <file.jsonl>', 'the whole')
  .action(async (files: string[], { out }: { out: string }) => {
    const { merge } = await import('./merge.js');
    exit = merge(files, out);
  });

program
  .command('draw')
  .description('print the scenario that a seed draws for check')
  .argument('<seed>', 'a seed', integer)
  .action(async (seed: number) => {
    const { drawScenario } = await import('../sim/index.js');
    process.stdout.write(drawScenario(seed).text);
  });

program
  .command('validate')
  .description('read scenarios and say what would fly')
  .argument('<scenario...>', 'scenario files')
  .addOption(setOption())
  .action(async (files: string[], flags: { set: string[] }) => {
    const { validate } = await import('./scenario-files.js');
    exit = validate(files, flags.set);
  });

program
  .command('schema')
  .description('print the JSON Schema of scenario files')
  .action(async () => {
    const { printSchema } = await import('./scenario-files.js');
    exit = printSchema();
  });

program
  .command('new')
  .description('write a commented scenario to start from')
  .argument('<file>', 'a file that does not exist yet')
  .action(async (file: string) => {
    const { createScenario } = await import('./scenario-files.js');
    exit = createScenario(file);
  });

for (const command of [reportCommand, serveCommand, runnerCommand, compareCommand]) {
  program.addCommand(command((code) => void (exit = code)));
}

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
