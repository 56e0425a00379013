/** What the options of `windtunnel runner` ask for: a function, certificates, and a runner. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createSystemClock } from '../../core/index.js';
import { watchCertificates } from '../../proto/index.js';
import { CliError, textOf, type ExitCode } from '../exit.js';
import { isLoopback } from '../serve/together.js';
import { createCommandFunction } from './command-function.js';
import type { FunctionKind } from './function-kind.js';
import { createHttpFunction } from './http-function.js';
import { loadModuleFunction } from './module-function.js';
import type { Flags } from './program.js';
import { runRunner, say, type RunnerOptions } from './runner.js';

/** Runs until it is stopped and has drained. */
export async function runAsAsked(flags: Flags): Promise<ExitCode> {
  const kind = await functionKind(flags);
  return runRunner(
    {
      listen: flags.listen,
      slots: flags.slots,
      memoryMb: flags.memory,
      timeoutS: flags.timeout,
      bodyMaxBytes: flags.bodyMax,
      responseMaxBytes: flags.responseMax,
      graceS: flags.grace,
      logFile: flags.log,
      ...certificatesOf(flags),
    },
    kind,
  );
}

/** TLS in whole or not at all: a part of it would be plaintext where somebody meant otherwise. */
function certificatesOf({
  listen,
  plaintext,
  ca,
  cert,
  key,
}: Flags): Pick<RunnerOptions, 'certificates'> {
  if (ca === undefined && cert === undefined && key === undefined) {
    if (plaintext === true || isLoopback(listen)) return {};
    throw new CliError([
      `${listen} is beyond loopback: it needs --ca, --cert and --key, or --plaintext to go without`,
    ]);
  }
  if (ca === undefined || cert === undefined || key === undefined) {
    throw new CliError(['--ca, --cert and --key go together']);
  }
  try {
    return { certificates: watchCertificates({ ca, cert, key }, { problem: say }) };
  } catch (error) {
    throw new CliError([textOf(error)]);
  }
}

async function functionKind({ http, module, command }: Flags): Promise<FunctionKind> {
  const given = [http, module, command].filter((one) => one !== undefined);
  if (given.length !== 1) {
    throw new CliError(['runner needs exactly one of --http, --module and --command']);
  }
  const clock = createSystemClock();
  if (http !== undefined) return createHttpFunction(clock, http, say);
  if (command !== undefined) return createCommandFunction(command);
  const file = module ?? '';
  const path = resolve(file);
  if (!existsSync(path)) throw new CliError([`${file}: no such file or directory`]);
  return loadModuleFunction(clock, file, pathToFileURL(path).href, say);
}
