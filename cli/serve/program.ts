/** The command `windtunnel serve`: its options. */
import { Command, Option } from 'commander';
import { addresses, collect } from '../arguments.js';
import type { ExitCode } from '../exit.js';

interface Flags {
  readonly config?: string;
  readonly listen?: string;
  readonly runners: string[];
  readonly set: string[];
  readonly printConfig?: boolean;
}

/** `done` is told the exit code once it has drained. */
export function serveCommand(done: (exit: ExitCode) => void): Command {
  return new Command('serve')
    .description('the load balancer, in service')
    .option('--config <lb.yaml>', 'its configuration; read again on SIGHUP, and when it changes')
    .option('--listen <host:port>', 'for a first try, without a configuration')
    .addOption(
      new Option('--runners <host:port,...>', 'for a first try')
        .argParser(addresses)
        .default([], 'none'),
    )
    .addOption(
      new Option('--set <path=value>', 'override a value of the configuration; may be repeated')
        .argParser(collect)
        .default([], 'none'),
    )
    .option('--print-config', 'print what would be used, with all defaults, and end')
    .action(async ({ config, listen, runners, set: sets, printConfig = false }: Flags) => {
      const { serve } = await import('./serve.js');
      done(await serve({ config, listen, runners, sets, printConfig }));
    });
}
