// Windtunnel inside Fastify, beside its other routes: the handler takes the raw request.
// RUNNERS=127.0.0.1:9190,127.0.0.1:9191 PORT=8080 node docs/examples/fastify.mjs
import Fastify from 'fastify';
import { createBalancer, createSystemClock, nodeHandler, seededRng } from 'windtunnel';
import { staticFunctions } from 'windtunnel';
import { grpcPool } from 'windtunnel/grpc';

const { PORT = '8080', RUNNERS = '127.0.0.1:9190' } = process.env;
const clock = createSystemClock();
const pool = grpcPool(clock, RUNNERS.split(','));
const data = staticFunctions({ hello: { timeoutMs: 30_000 } });
const balancer = createBalancer({ clock, rng: seededRng(Date.now()), pool, data });
const handler = nodeHandler(balancer, { route: (url) => ({ fn: url.split(/[/?]/)[2] ?? '' }) });

const app = Fastify();
app.get('/', () => ({ served: 'by Fastify' }));
app.register(async (functions) => {
  // A parser would eat the stream: in this scope, whatever the type, the body is left unread.
  functions.removeAllContentTypeParsers();
  functions.addContentTypeParser('*', (_request, _payload, done) => done(null));
  functions.all('/fn/*', (request, reply) => {
    reply.hijack();
    handler(request.raw, reply.raw);
  });
});
await app.listen({ port: Number(PORT) });
console.log(`http://127.0.0.1:${PORT}/fn/hello`);
process.once('SIGTERM', () => balancer.close().subscribe({ complete: () => app.close() }));
