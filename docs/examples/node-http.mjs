// Windtunnel behind node:http, with paths of one's own.
// RUNNERS=127.0.0.1:9190,127.0.0.1:9191 PORT=8080 node docs/examples/node-http.mjs
import { createServer } from 'node:http';
import {
  createBalancer,
  createSystemClock,
  nodeHandler,
  seededRng,
  staticFunctions,
} from 'windtunnel';
import { grpcPool } from 'windtunnel/grpc';

const { PORT = '8080', RUNNERS = '127.0.0.1:9190' } = process.env;
const clock = createSystemClock();
const pool = grpcPool(clock, RUNNERS.split(','));
const data = staticFunctions({ hello: { timeoutMs: 30_000 } });
const balancer = createBalancer({ clock, rng: seededRng(Date.now()), pool, data });

// GET or POST /fn/hello; what it leaves undefined is looked for under /invoke/:fn, or is 404.
function route(url) {
  const [, fn] = /^\/fn\/(\w+)(?:\?|$)/.exec(url) ?? [];
  return fn === undefined ? undefined : { fn };
}
const server = createServer(nodeHandler(balancer, { route }));
server.listen(Number(PORT), () => console.log(`http://127.0.0.1:${PORT}/fn/hello`));
// New calls are refused, those in flight are answered; then nothing keeps the process alive.
process.once('SIGTERM', () => balancer.close().subscribe({ complete: () => server.close() }));
