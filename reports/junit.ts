/**
 * The verdict on flights as JUnit XML, for whatever shows test results: a case for each limit, for
 * each kind of broken law, and for every call coming to its end.
 */
import { flightNames } from './comparison.js';
import type { Flight } from './flight.js';

interface Case {
  readonly name: string;
  /** What is wrong, first in one line; undefined when nothing is. */
  readonly failure?: readonly [message: string, ...details: string[]];
}

export function renderJunit(flights: readonly Flight[]): string {
  const names = flightNames(flights);
  const suites = flights.map((flight, i) => {
    const { scenario } = flight.header;
    return suite(flights.length === 1 ? scenario : `${scenario} · ${names[i]}`, flight);
  });
  const head = '<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="windtunnel">\n';
  return `${head}${suites.join('')}</testsuites>\n`;
}

function suite(name: string, flight: Flight): string {
  const cases = [...lawCases(flight), livenessCase(flight), ...sloCases(flight)];
  const failed = cases.filter(({ failure }) => failure !== undefined).length;
  const seconds = (flight.result.wallMs / 1000).toFixed(3);
  const counts = `tests="${cases.length}" failures="${failed}" errors="0" skipped="0"`;
  const body = cases.map((each) => testcase(each, name)).join('');
  const replay = `    <system-out>${xml(`replay: ${flight.header.replay}`)}</system-out>\n`;
  const open = `  <testsuite name="${attribute(name)}" ${counts} time="${seconds}">\n`;
  return `${open}${body}${replay}  </testsuite>\n`;
}

function testcase({ name, failure }: Case, suiteName: string): string {
  const open = `    <testcase name="${attribute(name)}" classname="${attribute(suiteName)}"`;
  if (failure === undefined) return `${open}/>\n`;
  const [message] = failure;
  const text = `<failure message="${attribute(message)}">${xml(failure.join('\n'))}</failure>`;
  return `${open}>${text}</testcase>\n`;
}

/** One kind: lines that differ in their numbers only, such as those of calls and runners. */
function lawCases({ end, trouble }: Flight): readonly Case[] {
  if (trouble.violations === 0) return [{ name: 'every law holds' }];
  const kinds = new Map<string, string[]>();
  for (const line of end.violations) {
    const kind = line.replace(/\d+/g, '#');
    const lines = kinds.get(kind);
    if (lines === undefined) kinds.set(kind, [line]);
    else lines.push(line);
  }
  const unseen = trouble.violations - end.violations.length;
  const more = unseen > 0 ? [`and ${unseen} more lines of all kinds`] : [];
  return [...kinds].map(([kind, [first = '', ...rest]]) => {
    return { name: `law: ${kind}`, failure: [first, ...rest, ...more] };
  });
}

function livenessCase({ end, trouble }: Flight): Case {
  const name = 'every call ends';
  if (trouble.stuck === 0) return { name };
  return { name, failure: [`${trouble.stuck} never ended`, ...end.stuck] };
}

function sloCases({ result }: Flight): readonly Case[] {
  return result.slo.map(({ metric, limit, value, ok }) => {
    const name = `SLO ${metric} ${limit}`;
    return ok ? { name } : { name, failure: [`${metric} is ${value ?? 'unknown'}, not ${limit}`] };
  });
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
};

/** XML has no way to write most control characters, nor half a surrogate pair. */
function xml(text: string): string {
  return text
    .replace(/\p{Cs}/gu, '\ufffd')
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\ufffe\uffff]/g, '\ufffd')
    .replace(/[&<>"]/g, (char) => ENTITIES[char]!);
}

/** A parser would make spaces of these. */
function attribute(text: string): string {
  return xml(text).replace(/[\t\n\r]/g, (char) => `&#${char.charCodeAt(0)};`);
}
