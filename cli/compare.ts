/**
 * `windtunnel compare`: flights side by side, and which of their differences are more than noise.
 * It flies nothing; `--fail-if` makes it the gate of a change.
 */
import {
  compareMarkdown,
  compareText,
  conditionMetrics,
  judgeCondition,
  parseCondition,
  renderComparison,
  verdictText,
  type Condition,
} from '../reports/index.js';
import { hint } from '../sim/index.js';
import { openLibrary, type Assets } from './assets.js';
import { CliError, EXIT, type ExitCode } from './exit.js';
import { createOutputs, type Output } from './files.js';
import { refuseSameFile } from './flight-files.js';
import { readSides } from './sides.js';

export interface CompareOptions {
  readonly failIf: readonly string[];
  readonly out: string | undefined;
  readonly markdown: string | undefined;
  readonly assets: Assets;
}

export function compare(files: readonly string[], options: CompareOptions): ExitCode {
  const conditions = options.failIf.map(conditionOf);
  refuseSameFile([options.out, options.markdown], files, 'input');
  const outputs = createOutputs();
  try {
    const open = (file: string | undefined, option: string): Output | undefined => {
      if (file === '-') throw new CliError([`${option} -: it cannot go to stdout`]);
      return file === undefined ? undefined : outputs.open(file, option);
    };
    const page = open(options.out, '--out');
    const comment = open(options.markdown, '--markdown');
    const library = openLibrary(outputs, options.assets, options.out);
    const sides = readSides(files);
    const [base, ...others] = sides;
    if (base === undefined) throw new CliError(['no side']);
    const verdicts = conditions.flatMap((condition) =>
      others.map((side) => {
        return { condition, side, judged: judgeCondition(condition, base, side) };
      }),
    );
    const conditionLines = verdicts.map(verdictText);
    page?.write(renderComparison(sides, { ...library?.page, conditions: conditionLines }));
    comment?.write(compareMarkdown(sides, verdicts));
    library?.commit();
    page?.commit();
    comment?.commit();
    const lines = conditionLines.map((line) => `${line}\n`);
    process.stdout.write([compareText(sides), ...lines].join(''));
    for (const file of [options.out, options.markdown]) {
      if (file !== undefined) process.stdout.write(`${file}\n`);
    }
    if (verdicts.some(({ judged }) => judged.holds === true)) return EXIT.slo;
    const unknown = verdicts.some(({ judged }) => judged.holds === null);
    return unknown ? EXIT.inconclusive : EXIT.fine;
  } finally {
    outputs.close();
  }
}

function conditionOf(text: string): Condition {
  const parsed = parseCondition(text, (name) => hint(name, conditionMetrics(), 'known:'));
  if ('problem' in parsed) throw new CliError([`--fail-if ${text}: ${parsed.problem}`]);
  return parsed;
}
