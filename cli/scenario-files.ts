/** `windtunnel validate`, `schema` and `new`: scenario files before they fly. */
import { existsSync } from 'node:fs';
import { describe, scenarioJsonSchema, scenarioTemplate } from '../sim/index.js';
import { CliError, EXIT, type ExitCode } from './exit.js';
import { createOutput, readScenario } from './files.js';

/** Reads every file and says what would fly, or all that is wrong with all of them. */
export function validate(files: readonly string[], sets: readonly string[]): ExitCode {
  const problems: string[] = [];
  for (const file of files) {
    try {
      const scenario = readScenario(file, sets);
      process.stdout.write(`${file}: ok, ${scenario.name}: ${describe(scenario).join('; ')}\n`);
    } catch (error) {
      if (!(error instanceof CliError)) throw error;
      problems.push(...error.lines);
    }
  }
  if (problems.length > 0) throw new CliError(problems);
  return EXIT.fine;
}

/** Prints the JSON Schema of scenario files. */
export function printSchema(): ExitCode {
  process.stdout.write(`${JSON.stringify(scenarioJsonSchema(), null, 2)}\n`);
  return EXIT.fine;
}

/** Writes a commented scenario to start from; never over a file that is there. */
export function createScenario(file: string): ExitCode {
  if (existsSync(file)) throw new CliError([`${file}: exists already`]);
  const output = createOutput(file, 'new');
  output.write(scenarioTemplate());
  output.commit();
  process.stdout.write(`${file}: written; fly it with: windtunnel run ${file}\n`);
  return EXIT.fine;
}
