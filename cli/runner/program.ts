/** The command `windtunnel runner`: its options. */
import { Command, InvalidArgumentError, Option } from 'commander';
import { balancerDefaults } from '../../core/options.js';
import { addresses, integer, seconds } from '../arguments.js';
import type { ExitCode } from '../exit.js';
import type { HttpTarget } from './http-function.js';

export interface Flags {
  readonly http?: HttpTarget;
  readonly module?: string;
  readonly command?: string;
  readonly listen: string;
  readonly slots: number;
  readonly memory?: number;
  readonly timeout: number;
  readonly bodyMax: number;
  readonly responseMax: number;
  readonly log?: string;
  readonly grace: number;
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly plaintext?: true;
}

/** Each may be a thread, or a process with three pipes. */
const SLOTS_MAX = 1024;
/** What a call takes is in memory for a while. */
const BYTES_MAX = 1024 * 1024 * 1024;
const MEMORY_MAX_MB = 1024 * 1024 * 1024;

/** `done` is told the exit code once it has drained. */
export function runnerCommand(done: (exit: ExitCode) => void): Command {
  return new Command('runner')
    .description('run functions: a local HTTP server, a module or a command, behind gRPC')
    .addOption(
      new Option('--http <url>', 'a server: http://host:port, or unix:/path/to.sock').argParser(
        httpTarget,
      ),
    )
    .option('--module <file>', 'a JavaScript module, its default export or "handler" in threads')
    .option('--command <command>', 'a command of the shell a call: stdin is the request')
    .addOption(
      new Option('--listen <host:port>', 'where LBs find it; port 0 takes a free one')
        .argParser(listenAddress)
        .default('127.0.0.1:9190'),
    )
    .addOption(
      new Option('--slots <n>', 'calls at once; more are NACKed')
        .argParser(amount(SLOTS_MAX))
        .default(8),
    )
    .addOption(
      new Option(
        '--memory <MB>',
        'sum of what calls at once may ask for; default: no limit',
      ).argParser(amount(MEMORY_MAX_MB)),
    )
    .addOption(
      // The longest that the original lets a function run.
      new Option('--timeout <s>', 'a call has at most so many seconds')
        .argParser(seconds)
        .default(300),
    )
    .addOption(
      new Option('--body-max <bytes>', 'of a request')
        .argParser(amount(BYTES_MAX))
        .default(balancerDefaults.bodyMaxBytes),
    )
    .addOption(
      new Option('--response-max <bytes>', 'of a response')
        .argParser(amount(BYTES_MAX))
        .default(balancerDefaults.responseMaxBytes),
    )
    .option('--log <file.jsonl>', 'append a line before each start and behind each end')
    .addOption(
      // As long as most who stop processes wait before they kill them.
      new Option('--grace <s>', 'after SIGTERM or SIGINT, seconds for calls to end')
        .argParser(seconds)
        .default(30),
    )
    .option('--plaintext', 'go without TLS where it listens beyond loopback')
    .option('--ca <file.pem>', 'mutual TLS: whose certificates LBs need; watched, as the others')
    .option('--cert <file.pem>', 'mutual TLS: the certificate of the runner')
    .option('--key <file.pem>', 'mutual TLS: its key')
    .addHelpText('after', `\n${LAST_WORDS}`)
    .action(async (flags: Flags) => {
      const { runAsAsked } = await import('./asked.js');
      done(await runAsAsked(flags));
    });
}

const LAST_WORDS = `Exactly one of --http, --module and --command. SIGTERM and SIGINT drain: new calls are NACKed,
those in flight may end within the grace, exit code 0. A second signal ends it at once.`;

const amount =
  (most: number) =>
  (text: string): number => {
    const value = integer(text);
    if (value >= 1 && value <= most) return value;
    throw new InvalidArgumentError(`not from 1 to ${most}.`);
  };

function listenAddress(text: string): string {
  const [address = '', ...more] = addresses(text);
  const port = Number(/\d+$/.exec(address)?.[0]);
  if (more.length === 0 && port <= 65_535) return address;
  throw new InvalidArgumentError('not one host:port.');
}

function httpTarget(text: string): HttpTarget {
  if (text.startsWith('unix:/')) {
    return { words: text, at: { socketPath: text.slice('unix:'.length) }, prefix: '' };
  }
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== 'http:' || url.search !== '' || url.hash !== '' || url.username !== '') {
    throw new InvalidArgumentError('not http://host:port, nor unix:/path/to.sock.');
  }
  return {
    words: text,
    // Within a URL an IPv6 address has brackets.
    at: { host: url.hostname.replace(/^\[|\]$/g, ''), port: Number(url.port || 80) },
    prefix: url.pathname.replace(/\/$/, ''),
  };
}
