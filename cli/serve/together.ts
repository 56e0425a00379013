/** Mistakes of a configuration that take two fields to see. Reads what it can of a bad one. */
import { hint, type Problem } from '../../sim/index.js';

type Plain = Readonly<Record<string, unknown>>;
type Report = (path: Problem['path'], message: string) => void;

const mapping = (value: unknown): Plain =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Plain) : {};
const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

export function judgeServe(value: unknown): readonly Problem[] {
  const problems: Problem[] = [];
  const report: Report = (path, message) => problems.push({ path, message });
  const file = mapping(value);
  judgeListeners(file, report);
  judgeGroups(mapping(file['groups']), report);
  const groups = Object.keys(mapping(file['groups']));
  const functions = mapping(file['functions']);
  judgeFunctions(functions, groups, ['functions'], report);
  const known = new Set(Object.keys(functions));
  for (const [name, app] of Object.entries(mapping(file['apps']))) {
    const own = mapping(mapping(app)['functions']);
    judgeFunctions(own, groups, ['apps', name, 'functions'], report);
    if (Object.hasOwn(own, '*')) {
      report(['apps', name, 'functions', '*'], 'an app names its functions, each of them');
    }
    for (const fn of Object.keys(own)) known.add(`${name}/${fn}`);
    for (const [path, fn] of Object.entries(mapping(mapping(app)['routes']))) {
      if (typeof fn !== 'string' || Object.hasOwn(own, fn)) continue;
      report(
        ['apps', name, 'routes', path],
        `no function of the app${hint(fn, Object.keys(own), 'there are')}`,
      );
    }
  }
  judgeRoutes(list(file['routes']), known, report);
  return problems;
}

/** Whether traffic to or from there stays on this machine. */
export function isLoopback(address: string): boolean {
  const host = address.replace(/:\d+$/, '');
  return host === 'localhost' || host === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(host);
}

function judgeListeners(file: Plain, report: Report): void {
  const taken = new Map<string, string>();
  const take = (path: Problem['path'], at: unknown, what: string): void => {
    if (typeof at !== 'string' || at.endsWith(':0')) return;
    const other = taken.get(at);
    if (other !== undefined) report(path, `${at} is taken by ${other}`);
    taken.set(at, what);
  };
  list(file['listeners']).forEach((one, index) => {
    const { listen, tls } = mapping(one);
    take(['listeners', index, 'listen'], listen, `listeners[${index}]`);
    if (typeof listen !== 'string' || tls !== undefined || isLoopback(listen)) return;
    report(['listeners', index], 'beyond loopback it needs tls, or tls: off to go without');
  });
  const admin = 'admin' in file ? mapping(file['admin'])['listen'] : '127.0.0.1:9901';
  take(['admin', 'listen'], admin, 'admin');
}

function judgeGroups(groups: Plain, report: Report): void {
  const seen = new Map<string, string>();
  for (const [name, group] of Object.entries(groups)) {
    const { runners, file, tls } = mapping(group);
    if ((runners === undefined) === (file === undefined)) {
      const has = runners === undefined ? 'neither' : 'both';
      report(['groups', name], `needs either runners or a file that names them, has ${has}`);
    }
    list(runners).forEach((address, index) => {
      if (typeof address !== 'string') return;
      const path = ['groups', name, 'runners', index];
      const other = seen.get(address);
      if (other !== undefined) report(path, `${address} is in group ${other} already`);
      seen.set(address, name);
      if (tls !== undefined || isLoopback(address)) return;
      report(path, 'a runner beyond loopback needs tls, or tls: off to go without');
    });
    const { cert, key } = mapping(tls);
    if ((cert === undefined) === (key === undefined)) continue;
    report(['groups', name, 'tls'], 'cert and key go together');
  }
}

function judgeFunctions(
  functions: Plain,
  groups: readonly string[],
  path: Problem['path'],
  report: Report,
): void {
  for (const [name, fn] of Object.entries(functions)) {
    const { group = 'default' } = mapping(fn);
    if (typeof group !== 'string' || groups.includes(group)) continue;
    report(
      [...path, name, 'group'],
      `no group is named "${group}"${hint(group, groups, 'there are')}`,
    );
  }
}

function judgeRoutes(routes: readonly unknown[], known: ReadonlySet<string>, report: Report): void {
  const paths = new Set<string>();
  routes.forEach((route, index) => {
    const { path, function: fn } = mapping(route);
    if (typeof path === 'string') {
      if (paths.has(path)) report(['routes', index, 'path'], `${path} is there already`);
      paths.add(path);
      const star = path.indexOf('*');
      if (star !== -1 && (star !== path.length - 1 || !path.endsWith('/*'))) {
        report(['routes', index, 'path'], 'a "*" stands at the end, after a "/"');
      }
    }
    if (typeof fn !== 'string' || known.has(fn) || known.has('*')) return;
    report(
      ['routes', index, 'function'],
      `no function is named "${fn}"${hint(fn, [...known], 'there are')}`,
    );
  });
}
