/**
 * A mutant: one small, named fault of the product, as a patch of its source. It shows that a check
 * can fail: what no mutant makes fail may be no check at all. The build knows nothing of them.
 */
import ts from 'typescript';

export interface Mutant {
  readonly name: string;
  /** The source that is patched, from the root. */
  readonly file: string;
  /** Stands in it exactly once. */
  readonly find: string;
  readonly replace: string;
  /** What goes wrong with it. */
  readonly breaks: string;
  /** The defect of the original that it is, by its number in docs/CONTRACT.md. */
  readonly original?: string;
  /** For what no flight of the simulator can show: the file of tests that fails with it. */
  readonly test?: { readonly file: string; readonly why: string };
}

/** The source with the fault in it. Throws where the patch fits in no place, or in several. */
export function mutated({ name, file, find, replace }: Mutant, source: string): string {
  const count = source.split(find).length - 1;
  if (count !== 1)
    throw new Error(`mutant ${name}: its text is ${count} times in ${file}, not once`);
  // A function: in a text, `$&` and the like would be read as patterns.
  return source.replace(find, () => replace);
}

/** As `tsc` would emit it. Throws where it is no TypeScript; types are not checked. */
export function transpiled(file: string, source: string): string {
  const { outputText, diagnostics = [] } = ts.transpileModule(source, {
    fileName: file,
    reportDiagnostics: true,
    compilerOptions: {
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.ESNext,
      verbatimModuleSyntax: true,
    },
  });
  const [first] = diagnostics;
  if (first === undefined) return outputText;
  throw new Error(`${file}: ${ts.flattenDiagnosticMessageText(first.messageText, '\n')}`);
}
