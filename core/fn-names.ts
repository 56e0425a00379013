/**
 * Every FN_ variable that the original reads as a load balancer, and what becomes of it here. It
 * reads nothing itself: fn-config.ts does.
 */

/**
 * `honoured`: it does here what it does there. `no effect`: it says nothing to a load balancer,
 * there or here. `out`: the original's load balancer uses it, this one does not.
 */
export type Treatment = 'honoured' | 'no effect' | 'out';

/** What a value must be: a base-10 number without sign, whole milliseconds, a port, or anything. */
export type ValueKind = 'uint' | 'ms' | 'port' | 'text';

export interface FnName {
  /** Ends in `*` where it stands for all names that begin like it. */
  readonly name: string;
  readonly treatment: Treatment;
  readonly kind: ValueKind;
  readonly why: string;
}

const names =
  (treatment: Treatment) =>
  (name: string, kind: ValueKind, why: string): FnName =>
    Object.freeze({ name, treatment, kind, why });
const honoured = names('honoured');
const none = names('no effect');
const out = names('out');

const HOT = "the life of hot containers is the runner's affair";
const SIZES = "what a machine has is the runner's affair";
const PREFORK = "containers prepared in advance are the runner's affair";
const MUTUAL = 'mutual TLS with the runners: all three or none; read by whoever opens the channels';
const SPANS = 'spans go through the OpenTelemetry API: its own exporters are set up there';

export const fnNames: readonly FnName[] = Object.freeze([
  honoured('FN_NODE_TYPE', 'text', 'this is a load balancer: any type but `lb` is refused'),
  honoured('FN_MAX_REQUEST_SIZE', 'uint', 'bytes of a request body; must be set, not 0'),
  honoured('FN_MAX_RESPONSE_SIZE', 'uint', 'bytes of a response body; must be set, not 0'),
  honoured('FN_CALL_END_TIMEOUT_MSECS', 'ms', 'how long the end of a call may take; 10 min'),
  honoured('FN_MAX_CALL_END_STACKING', 'uint', 'ends of calls that may be under way; 8192'),
  honoured('FN_RUNNER_ADDRESSES', 'text', 'the runners, host:port, comma-separated; must be set'),
  honoured('FN_PLACER', 'text', '`ch` is the consistent hash, anything else is naive'),
  honoured('FN_PORT', 'port', 'where the HTTP edge listens; 8080'),
  honoured('FN_DB_URL', 'text', 'must not be set: a load balancer has no datastore'),
  honoured('FN_MQ_URL', 'text', 'must not be set: a load balancer has no message queue'),
  honoured('FN_NODE_CERT', 'text', MUTUAL),
  honoured('FN_NODE_CERT_KEY', 'text', MUTUAL),
  honoured('FN_NODE_CERT_AUTHORITY', 'text', MUTUAL),
  honoured('FN_LOG_LEVEL', 'text', 'debug, info, warn, error, …; info'),

  out('FN_RUNNER_API_URL', 'text', 'functions come from the DataAccess given to the balancer'),
  out('FN_LOG_DEST', 'text', 'logs go to standard error, to be collected there'),
  out('FN_LOG_PREFIX', 'text', 'log lines are JSON and have no prefix'),
  out('FN_ZIPKIN_URL', 'text', SPANS),
  out('FN_JAEGER_URL', 'text', SPANS),
  out('FN_API_CORS_*', 'text', 'this edge serves calls and has no API for browsers'),
  out('FN_PROCESS_COLLECTOR_LIST', 'text', 'metrics are those of this process'),

  none('FN_GRPC_PORT', 'port', 'a load balancer listens for no runner protocol'),
  none('FN_ENABLE_NB_RESOURCE_TRACKER', 'text', 'our runner never waits for memory or cpu'),
  none('FN_FREEZE_IDLE_MSECS', 'ms', HOT),
  none('FN_EJECT_IDLE_MSECS', 'ms', HOT),
  none('FN_HOT_POLL_MSECS', 'ms', HOT),
  none('FN_HOT_LAUNCHER_TIMEOUT_MSECS', 'ms', HOT),
  none('FN_ASYNC_CHEW_POLL_MSECS', 'ms', 'there are no queued calls'),
  none('FN_MAX_LOG_SIZE_BYTES', 'uint', 'what functions log stays with their runner'),
  none('FN_MAX_TOTAL_CPU_MCPUS', 'uint', SIZES),
  none('FN_MAX_TOTAL_MEMORY_BYTES', 'uint', SIZES),
  none('FN_MAX_FS_SIZE_MB', 'uint', SIZES),
  none('FN_DOCKER_NETWORKS', 'text', "containers are the runner's affair"),
  none('FN_EXPERIMENTAL_PREFORK_POOL_SIZE', 'uint', PREFORK),
  none('FN_EXPERIMENTAL_PREFORK_IMAGE', 'text', PREFORK),
  none('FN_EXPERIMENTAL_PREFORK_CMD', 'text', PREFORK),
  none('FN_EXPERIMENTAL_PREFORK_USE_ONCE', 'text', PREFORK),
  none('FN_EXPERIMENTAL_PREFORK_NETWORKS', 'text', PREFORK),
]);

/** The entry of a variable, by its name or by the name that it begins with. */
export function fnName(name: string): FnName | undefined {
  return fnNames.find((entry) =>
    entry.name.endsWith('*') ? name.startsWith(entry.name.slice(0, -1)) : entry.name === name,
  );
}
