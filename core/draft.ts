/**
 * A call in the making: what options and the overrider may still change, in the original's order:
 * the request's own options first, then the balancer's, so that these win; the overrider last.
 */
import type { FunctionInfo, Request } from './call.js';
import type { AppInfo } from './data-access.js';
import { LONGEST_MS } from './deadline.js';
import { CallError } from './errors.js';
import type { Header } from './runner.js';

/** Everything that may be changed of a call before it is placed. Its own copy: change it freely. */
export interface Draft {
  readonly fn: FunctionInfo;
  readonly app: AppInfo;
  headers: readonly Header[];
  /** App's and function's config as one; what the function sees. */
  config: Readonly<Record<string, string>>;
  /** Travel in TryCall beside the call, for the runner's driver. */
  extensions: Readonly<Record<string, string>>;
  /** Lower-case hex, or '' to let the runner work it out. */
  slotHashId: string;
  /** Travels as `fn_request_id`; '' sends none. */
  requestId: string;
  /** Arrival to end, ms. */
  timeoutMs: number;
  memoryMb: number;
  image: string;
  idempotent: boolean;
  /** The group of runners that serves it. */
  group: string;
}

/** Changes a draft, or says why there must be no call. What it throws is a bug of its own. */
export type CallOption = (draft: Draft, request: Request) => CallError | undefined;

/** The config key by which an app or a function chooses its group of runners. */
const GROUP_KEY = 'FN_LB_GROUP_ID';

/** What a balancer does to every draft. */
export interface DraftRules {
  readonly callOptions: readonly CallOption[];
  /** Runs last. Default none. */
  readonly overrider: CallOption | undefined;
  /** Lower-case name of the request header that declares a call idempotent; '' for none. */
  readonly idempotentHeader: string;
}

/** Makes a draft of what the lookup found, or the first error of an option. */
export function makeDraft(
  rules: DraftRules,
  request: Request,
  app: AppInfo,
  fn: FunctionInfo,
): Draft | CallError {
  const draft: Draft = {
    fn,
    app,
    headers: request.headers,
    config: app.id === '' ? fn.config : { ...app.config, ...fn.config },
    extensions: NONE,
    slotHashId: '',
    requestId: request.requestId ?? '',
    timeoutMs: fn.timeoutMs,
    memoryMb: fn.memoryMb,
    image: fn.image,
    idempotent: fn.idempotent || declares(request.headers, rules.idempotentHeader),
    group: fn.group,
  };
  chooseGroup(draft);
  const { callOptions, overrider } = rules;
  const refused =
    changed(draft, request, request.options) ??
    changed(draft, request, callOptions) ??
    overrider?.(draft, request);
  // They may have written the key themselves.
  chooseGroup(draft);
  return refused ?? impossible(draft) ?? draft;
}

/** What an option or an overrider made of it that no timer could keep. */
function impossible({ timeoutMs }: Draft): CallError | undefined {
  if (timeoutMs > 0 && timeoutMs <= LONGEST_MS) return undefined;
  const range = `a number above 0 and up to ${LONGEST_MS}`;
  return new CallError('rejected', `timeoutMs of the call is ${timeoutMs}, not ${range}`);
}

/** Makes the changes in their order, up to the first that refuses. */
function changed(
  draft: Draft,
  request: Request,
  options: readonly CallOption[] = NO_CHANGE,
): CallError | undefined {
  for (const change of options) {
    const refused = change(draft, request);
    if (refused !== undefined) return refused;
  }
  return undefined;
}

const NO_CHANGE: readonly CallOption[] = [];

const NONE: Readonly<Record<string, string>> = Object.freeze({});

/** The group is the LB's affair: unlike in the original it does not leak into the function. */
function chooseGroup(draft: Draft): void {
  const group = draft.config[GROUP_KEY];
  if (group === undefined) return;
  const { [GROUP_KEY]: _, ...config } = draft.config;
  draft.config = config;
  if (group !== '') draft.group = group;
}

/** Whether the named header is there and does not say no. */
function declares(headers: readonly Header[], name: string): boolean {
  if (name === '') return false;
  const found = headers.find((header) => header[0].toLowerCase() === name);
  return found !== undefined && !/^(?:|0|false|no)$/i.test(found[1].trim());
}
