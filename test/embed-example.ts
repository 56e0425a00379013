/** The program of README.md's "Embed the core": `embed.test.ts` keeps the two equal and runs it. */
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
const server = createServer(nodeHandler(balancer));
server.listen(Number(PORT), () => console.log(`POST http://127.0.0.1:${PORT}/invoke/hello`));
process.once('SIGTERM', () => balancer.close().subscribe({ complete: () => server.close() }));
