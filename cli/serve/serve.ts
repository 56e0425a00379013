/** `windtunnel serve`: the LB as a program, with its signals. */
import { isDeepStrictEqual } from 'node:util';
import { watchedFile } from '../../proto/index.js';
import { stringify } from 'yaml';
import { CliError, EXIT, textOf, type ExitCode } from '../exit.js';
import { quickConfig, readConfig, type ServeConfig } from './config.js';
import { judgeNode } from './node-version.js';
import { isLoopback } from './together.js';
import { serve as start } from './serving.js';

export interface ServeFlags {
  readonly config: string | undefined;
  readonly listen: string | undefined;
  readonly runners: readonly string[];
  readonly sets: readonly string[];
  readonly printConfig: boolean;
}

/** Serves until SIGTERM or SIGINT, and then until its calls have ended. */
export async function serve(flags: ServeFlags): Promise<ExitCode> {
  const config = read(flags);
  if (flags.printConfig) {
    process.stdout.write(stringify(config));
    return EXIT.fine;
  }
  const node = judgeNode(process.version);
  if (node.kind === 'refused') throw new CliError([node.why]);
  if (node.kind === 'risky') process.stderr.write(`warning: ${node.why}\n`);
  // Before anybody can know that it is there.
  const stopped = signaled();
  const serving = await start(config).catch((error: unknown) => {
    throw new CliError([textOf(error)]);
  });
  const { urls, adminUrl } = serving;
  if (flags.config === undefined && ![flags.listen ?? '', ...flags.runners].every(isLoopback)) {
    process.stderr.write('warning: plaintext beyond loopback; a configuration has tls\n');
  }
  const runners = Object.values(config.groups).flatMap((group) => group.runners ?? []).length;
  const files = Object.values(config.groups).flatMap(({ file }) => file ?? []);
  const from = files.length === 0 ? '' : ` and those in ${files.join(', ')}`;
  const fleet = runners === 1 ? '1 runner' : `${runners} runners`;
  process.stderr.write(`serve: ${urls.join(', ')}, admin ${adminUrl ?? 'off'}, ${fleet}${from}\n`);

  const reload = (): void => {
    try {
      serving.reload(read(flags)).catch((error: unknown) => serving.refused([textOf(error)]));
    } catch (error) {
      serving.refused(error instanceof CliError ? error.lines : [textOf(error)]);
    }
  };
  const isAnother = (): boolean => {
    try {
      return !isDeepStrictEqual(read(flags), config);
    } catch {
      return true;
    }
  };
  let seen = false;
  const watching =
    flags.config === undefined
      ? undefined
      : watchedFile(flags.config).subscribe({
          next() {
            // The first look is at what was just read, or at what it has become since.
            if (seen || isAnother()) reload();
            seen = true;
          },
          error: () => undefined,
        });
  const onHangup = (): void => {
    serving.reopenLog();
    if (flags.config !== undefined) reload();
  };
  process.on('SIGHUP', onHangup);
  await stopped;
  // A second signal is for somebody who cannot wait.
  void signaled().then(() => process.exit(EXIT.interrupted));
  watching?.unsubscribe();
  await serving.drain();
  process.off('SIGHUP', onHangup);
  // Whoever reads the log may have stopped to: what is not taken by then is not waited for.
  setTimeout(() => process.exit(EXIT.fine), LAST_LINES_MS).unref();
  // Lines that were lost have been said and counted: they are no failure of a service.
  process.exitCode = EXIT.fine;
  return EXIT.fine;
}

/** For the last lines of the log to go out. */
const LAST_LINES_MS = 1000;

/** Somebody wants it to end. */
const signaled = (): Promise<void> =>
  new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve());
  });

function read({ config, listen, runners, sets }: ServeFlags): ServeConfig {
  if (config !== undefined) {
    if (listen !== undefined || runners.length > 0) {
      throw new CliError(['--config stands alone: --listen and --runners are for a first try']);
    }
    return readConfig(config, sets);
  }
  if (listen === undefined || runners.length === 0) {
    throw new CliError(['serve needs --config, or --listen and --runners for a first try']);
  }
  if (sets.length > 0) throw new CliError(['--set needs --config']);
  return quickConfig(listen, runners);
}
