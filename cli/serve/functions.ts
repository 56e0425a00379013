/** What a configuration knows of functions, apps and paths. */
import {
  staticApps,
  staticFunctions,
  type DataAccess,
  type FunctionOptions,
  type RouteTarget,
  type StaticApp,
} from '../../core/index.js';
import type { ServeConfig } from './config.js';

type Declared = ServeConfig['functions'][string];

const optionsOf = ({ timeout, memory, ...others }: Declared): FunctionOptions => ({
  ...others,
  timeoutMs: timeout,
  memoryMb: memory,
});

/** Functions by name, apps by name, and, if the configuration has a "*", any other function. */
export function dataOf(config: ServeConfig): DataAccess {
  const { '*': any, ...named } = config.functions;
  const functions = Object.fromEntries(
    Object.entries(named).map(([name, fn]) => [name, optionsOf(fn)]),
  );
  const apps = Object.fromEntries(
    Object.entries(config.apps).map(([name, app]): [string, StaticApp] => {
      const own = Object.entries(app.functions).map(([fn, of]) => [fn, optionsOf(of)] as const);
      const { routes } = app;
      const rest = { config: app.config, ...(routes === undefined ? {} : { routes }) };
      return [name, { ...rest, functions: Object.fromEntries(own) }];
    }),
  );
  const [table, tree] = [staticFunctions(functions), staticApps(apps)];
  return {
    ...tree,
    functionById(id) {
      if (Object.hasOwn(functions, id)) return table.functionById(id);
      const [app = '', fn = ''] = id.split('/');
      if (Object.hasOwn(apps, app) && Object.hasOwn(apps[app]?.functions ?? {}, fn)) {
        return tree.functionById(id);
      }
      if (any === undefined) return table.functionById(id);
      // Not kept: clients make these names up.
      return staticFunctions({ [id]: optionsOf(any) }).functionById(id);
    },
  };
}

/** Where the configuration's own paths lead: the longest that fits, whatever its query. */
export function routerOf(config: ServeConfig): (url: string) => RouteTarget | undefined {
  const exact = new Map<string, RouteTarget>();
  const below: { readonly start: string; readonly target: RouteTarget }[] = [];
  for (const { path, function: fn } of config.routes) {
    if (path.endsWith('/*')) below.push({ start: path.slice(0, -1), target: { fn } });
    else exact.set(path, { fn });
  }
  below.sort((a, b) => b.start.length - a.start.length);
  return (url) => {
    const path = url.replace(/[?#].*$/s, '');
    return exact.get(path) ?? below.find(({ start }) => `${path}/`.startsWith(start))?.target;
  };
}
