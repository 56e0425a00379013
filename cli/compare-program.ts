/** The options of `compare`. */
import { Command, Option } from 'commander';
import { collect } from './arguments.js';
import type { Assets } from './assets.js';
import type { ExitCode } from './exit.js';
import { assetsOption } from './formats-program.js';

interface CompareFlags {
  readonly failIf: string[];
  readonly out?: string;
  readonly markdown?: string;
  readonly assets: Assets;
}

export const compareCommand = (done: (code: ExitCode) => void): Command =>
  new Command('compare')
    .description('say how flights differ from the first, and what of it is noise')
    .argument('<file...>', 'records (run --record) or results (run --json), the first is the base')
    .addOption(
      new Option('--fail-if <condition>', 'exit 2 if it holds, such as p99>+5%; may be repeated')
        .argParser(collect)
        .default([], 'none'),
    )
    .option('--out <file.html>', 'write the comparison as a page')
    .option('--markdown <file.md>', 'write it as a comment for a pull request')
    .addOption(assetsOption())
    .action(async (files: string[], { failIf, out, markdown, assets }: CompareFlags) => {
      const { compare } = await import('./compare.js');
      done(compare(files, { failIf, out, markdown, assets }));
    });
