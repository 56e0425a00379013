/**
 * A source file as the laws of `laws.ts` see it: its code without comments and texts, its imports.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import ts from 'typescript';

export interface Import {
  /** As written, or for a relative one the path of the file from the root. */
  readonly from: string;
  readonly line: number;
  readonly typesOnly: boolean;
}

export interface Source {
  /** From the root, with slashes. */
  readonly path: string;
  readonly text: string;
  /** The text with comments, strings and regular expressions blanked, line by line the same. */
  readonly code: string;
  readonly imports: readonly Import[];
  /** Lines, from 1, that hold a piece of a string, a template or a regular expression. */
  readonly textLines: ReadonlySet<number>;
  /** Lines of each top-level statement that has a name: first and last, from 1. */
  readonly statements: ReadonlyMap<string, readonly [first: number, last: number]>;
}

/** Tests, and what only tests use: neither is part of the product. */
export const isTest = (path: string): boolean => /\.test(?:[.-][a-z]+)?\.ts$/.test(path);

export const folderOf = (path: string): string => path.split('/')[0] ?? '';

const TEXTS = new Set([
  ts.SyntaxKind.StringLiteral,
  ts.SyntaxKind.NoSubstitutionTemplateLiteral,
  ts.SyntaxKind.TemplateHead,
  ts.SyntaxKind.TemplateMiddle,
  ts.SyntaxKind.TemplateTail,
  ts.SyntaxKind.RegularExpressionLiteral,
]);

export function parse(path: string, text: string): Source {
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.ES2022, true);
  const lineOf = (at: number): number => file.getLineAndCharacterOfPosition(at).line + 1;
  const imports: Import[] = [];
  const textLines = new Set<number>();
  const found = (name: ts.Node | undefined, typesOnly: boolean): void => {
    if (name === undefined || !ts.isStringLiteral(name)) return;
    const from = resolved(path, name.text);
    imports.push({ from, line: lineOf(name.getStart()), typesOnly });
  };

  // Only tokens are copied into the blank: comments are none, and texts are left out.
  const blank = [...text.replace(/[^\n]/g, ' ')];
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) found(node.moduleSpecifier, importsTypes(node));
    else if (ts.isExportDeclaration(node)) found(node.moduleSpecifier, node.isTypeOnly);
    else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
      found(node.argument.literal, true);
    } else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      found(node.arguments[0], false);
    }
    if (node.kind >= ts.SyntaxKind.FirstJSDocNode && node.kind <= ts.SyntaxKind.LastJSDocNode) {
      return;
    }
    const children = node.getChildren(file);
    children.forEach(visit);
    if (children.length > 0) return;
    const start = node.getStart(file);
    if (TEXTS.has(node.kind)) {
      for (let line = lineOf(start); line <= lineOf(node.end); line++) textLines.add(line);
      return;
    }
    for (let at = start; at < node.end; at++) blank[at] = text.charAt(at);
  };
  visit(file);

  const statements = new Map<string, readonly [number, number]>();
  for (const statement of file.statements) {
    const lines = [lineOf(statement.getFullStart()), lineOf(statement.end)] as const;
    for (const name of namesOf(statement)) statements.set(name, lines);
  }
  return { path, text, code: blank.join(''), imports, textLines, statements };
}

function resolved(path: string, specifier: string): string {
  if (!specifier.startsWith('.')) return specifier;
  return posix.join(posix.dirname(path), specifier).replace(/\.js$/, '.ts');
}

function importsTypes(node: ts.ImportDeclaration): boolean {
  const clause = node.importClause;
  if (clause === undefined) return false;
  if (clause.phaseModifier === ts.SyntaxKind.TypeKeyword) return true;
  const bindings = clause.namedBindings;
  if (clause.name !== undefined || bindings === undefined) return false;
  return ts.isNamedImports(bindings) && bindings.elements.every((element) => element.isTypeOnly);
}

function namesOf(statement: ts.Statement): string[] {
  if (ts.isFunctionDeclaration(statement)) return [statement.name?.text ?? ''];
  if (!ts.isVariableStatement(statement)) return [];
  return statement.declarationList.declarations.map(({ name }) => name.getText());
}

/**
 * The repository's files below `root` that a reader may meet, installed and built ones left out.
 */
export function listFiles(root: string): string[] {
  const skip = /^(?:node_modules|dist|out|\.git)$/;
  const walk = (folder: string): string[] =>
    readdirSync(posix.join(root, folder), { withFileTypes: true }).flatMap((entry) => {
      if (skip.test(entry.name)) return [];
      const path = posix.join(folder, entry.name);
      return entry.isDirectory() ? walk(path) : [path];
    });
  return walk('.').sort();
}

export const readText = (root: string, path: string): string =>
  readFileSync(posix.join(root, path), 'utf8');
