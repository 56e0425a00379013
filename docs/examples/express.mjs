// Windtunnel inside Express, by the promise door: an answer can be looked at before it goes on.
// RUNNERS=127.0.0.1:9190,127.0.0.1:9191 PORT=8080 node docs/examples/express.mjs
import { pipeline } from 'node:stream/promises';
import express from 'express';
import { call, createBalancer, createSystemClock, seededRng, staticFunctions } from 'windtunnel';
import { grpcPool } from 'windtunnel/grpc';

const { PORT = '8080', RUNNERS = '127.0.0.1:9190' } = process.env;
const clock = createSystemClock();
const pool = grpcPool(clock, RUNNERS.split(','));
const data = staticFunctions({ hello: { timeoutMs: 30_000 } });
const balancer = createBalancer({ clock, rng: seededRng(Date.now()), pool, data });

const app = express();
// A parser would eat the stream: `app.use(express.json())` and its like stand below, not above.
app.all('/fn/:fn', (req, res) => {
  const leaving = new AbortController();
  res.once('close', () => leaving.abort());
  const { method, url, params } = req;
  // Express has a list where a name may repeat; here each value is an entry of its own.
  const headers = Object.entries(req.headers).flatMap(([name, values]) =>
    [values].flat().map((value) => [name, value]),
  );
  const asked = { fn: params.fn, method, url, headers, body: req };
  call(balancer, asked, { signal: leaving.signal })
    .then(async (answer) => {
      res.writeHead(answer.status, answer.headers.flat());
      await pipeline(answer.body, res);
    })
    .catch(() => res.destroy()); // The client left, or the answer was cut: no clean end.
});
const server = app.listen(Number(PORT), () => console.log(`http://127.0.0.1:${PORT}/fn/hello`));
process.once('SIGTERM', () => balancer.close().subscribe({ complete: () => server.close() }));
