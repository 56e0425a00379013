/** PORT DataAccess: where apps and functions are known. And fixed tables of them. */
import { of, throwError, type Observable } from 'rxjs';
import type { FunctionInfo } from './call.js';
import { LONGEST_MS } from './deadline.js';
import { CallError } from './errors.js';
import { checkLimits } from './limits.js';

/** An app: what its functions have in common. */
export interface AppInfo {
  readonly id: string;
  readonly name: string;
  /** Goes to every function of the app; a function's own config wins. */
  readonly config: Readonly<Record<string, string>>;
}

/**
 * Every method is cold and emits; only the first answer is read. Errors are CallErrors:
 * `unknown_app` or `unknown_function` (404), `lookup_failed` (502) for anything else.
 */
export interface DataAccess {
  appByName(name: string): Observable<AppInfo>;
  appById(id: string): Observable<AppInfo>;
  functionById(id: string): Observable<FunctionInfo>;
  /** The function behind a path of an app: a route, or the source of a trigger. */
  functionByRoute(appId: string, path: string): Observable<FunctionInfo>;
}

/** The app of functions that belong to none. */
export const NO_APP: AppInfo = Object.freeze({ id: '', name: '', config: Object.freeze({}) });

/** The parts of a function that have defaults. */
export type FunctionOptions = Partial<Omit<FunctionInfo, 'id' | 'name' | 'appId'>>;

/** The original's defaults for a function (30 s, 128 MB), and the group every runner is in. */
const FUNCTION_DEFAULTS: Omit<FunctionInfo, 'id' | 'name' | 'appId'> = Object.freeze({
  group: 'default',
  timeoutMs: 30_000,
  idempotent: false,
  memoryMb: 128,
  image: '',
  config: Object.freeze({}),
});

/** An app of a fixed table: its functions by name, and the paths that lead to them. */
export interface StaticApp {
  /** Default: the app's name. */
  readonly id?: string;
  readonly config?: Readonly<Record<string, string>>;
  readonly functions: Readonly<Record<string, FunctionOptions>>;
  /** Path → name of one of its functions. Default: each function at `/` and its name. */
  readonly routes?: Readonly<Record<string, string>>;
}

/**
 * Functions known by a fixed table, by names that are their ids. They belong to no app. Throws a
 * RangeError that names a function whose timeout or memory is none.
 */
export function staticFunctions(table: Readonly<Record<string, FunctionOptions>>): DataAccess {
  const functions = new Map<string, FunctionInfo>();
  for (const [name, options] of Object.entries(table)) {
    functions.set(name, functionOf(name, name, '', options));
  }
  return tables(new Map(), functions, new Map());
}

/**
 * Apps known by a fixed table. The id of a function is `app/function`.
 * @example
 * staticApps({ shop: { functions: { pay: { timeoutMs: 5_000 } }, routes: { '/v1/pay': 'pay' } } })
 */
export function staticApps(table: Readonly<Record<string, StaticApp>>): DataAccess {
  const apps = new Map<string, AppInfo>();
  const functions = new Map<string, FunctionInfo>();
  const routes = new Map<string, FunctionInfo>();
  for (const [name, app] of Object.entries(table)) {
    const id = app.id ?? name;
    if ([...apps.values()].some((other) => other.id === id)) {
      throw new Error(`two apps have the id "${id}"`);
    }
    apps.set(name, Object.freeze({ id, name, config: Object.freeze({ ...app.config }) }));
    for (const [fn, options] of Object.entries(app.functions)) {
      const info = functionOf(`${name}/${fn}`, fn, id, options);
      functions.set(info.id, info);
      if (app.routes === undefined) routes.set(routeKey(id, `/${fn}`), info);
    }
    for (const [path, fn] of Object.entries(app.routes ?? {})) {
      const info = functions.get(`${name}/${fn}`);
      if (info === undefined) throw new Error(`route ${path} of ${name}: no function "${fn}"`);
      routes.set(routeKey(id, path), info);
    }
  }
  return tables(apps, functions, routes);
}

function functionOf(
  id: string,
  name: string,
  appId: string,
  options: FunctionOptions,
): FunctionInfo {
  const { timeoutMs, memoryMb } = options;
  checkLimits(`function "${id}"`, { timeoutMs }, LONGEST_MS);
  checkLimits(`function "${id}"`, { memoryMb });
  const config = Object.freeze({ ...options.config });
  return Object.freeze({ ...FUNCTION_DEFAULTS, ...options, config, id, name, appId });
}

/** No name holds a NUL, so no app and path can pass for another. */
const routeKey = (appId: string, path: string): string => `${appId}\0${path}`;

function tables(
  apps: ReadonlyMap<string, AppInfo>,
  functions: ReadonlyMap<string, FunctionInfo>,
  routes: ReadonlyMap<string, FunctionInfo>,
): DataAccess {
  const byId = new Map([...apps.values()].map((app) => [app.id, app]));
  const app = (found: AppInfo | undefined, what: string): Observable<AppInfo> =>
    found === undefined ? missing('unknown_app', `no app ${what}`) : of(found);
  const fn = (found: FunctionInfo | undefined, what: string): Observable<FunctionInfo> =>
    found === undefined ? missing('unknown_function', `no function ${what}`) : of(found);
  return {
    appByName: (name) => app(apps.get(name), `named "${name}"`),
    appById: (id) => app(byId.get(id), `with the id "${id}"`),
    functionById: (id) => fn(functions.get(id), `named "${id}"`),
    functionByRoute: (appId, path) =>
      fn(routes.get(routeKey(appId, path)), `at ${path} of app "${appId}"`),
  };
}

const missing = (code: 'unknown_app' | 'unknown_function', message: string): Observable<never> =>
  throwError(() => new CallError(code, message));
