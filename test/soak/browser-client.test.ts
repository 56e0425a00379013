/** A browser as a client of the LB in service: a page of another server that fetches. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type Browser, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { startWeb, type Web } from '../support/web-function.js';

/** A cold start of the browser on a busy machine. */
const PATIENCE_MS = 60_000;
const found = [process.env['CHROMIUM'] ?? '', '/usr/bin/chromium'].find(
  (path) => path !== '' && existsSync(path),
);
const ARGS = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-background-networking'];

const folder = mkdtempSync(join(tmpdir(), 'windtunnel-browser-'));
const pages = createServer((_, response) => {
  response.writeHead(200, { 'Content-Type': 'text/html' }).end('<title>a page</title>');
});
let web: Web;
let browser: Browser | undefined;
let page: Page;

beforeAll(async () => {
  web = await startWeb(folder);
  pages.listen(0, '127.0.0.1');
  await once(pages, 'listening');
  if (found !== undefined) browser = await chromium.launch({ executablePath: found, args: ARGS });
}, PATIENCE_MS);
beforeEach(async (context) => {
  if (browser === undefined) return context.skip('no chromium at $CHROMIUM or /usr/bin/chromium');
  page = await browser.newPage();
  await page.goto(`http://127.0.0.1:${(pages.address() as AddressInfo).port}/`);
});
afterEach(async () => {
  if (browser !== undefined) await page.close();
  await web.nothingIsHeld();
});
afterAll(async () => {
  await browser?.close();
  pages.closeAllConnections();
  pages.close();
  await web.close();
  rmSync(folder, { recursive: true });
});

/** What a piece of JavaScript in the page makes of it; `fn` there is the URL of a function. */
const inPage = (text: string): Promise<unknown> =>
  page.evaluate(`(async () => { const fn = (name) => '${web.lb.url}/invoke/' + name; ${text} })()`);
const NEXT = `const next = async () => new TextDecoder().decode((await reader.read()).value);`;
const OPEN = `window.stop = new AbortController();
  const response = await fetch(fn('stream'), { signal: stop.signal });
  window.reader = response.body.getReader(); ${NEXT}`;

test('reads an answer that is still being written', async () => {
  expect(await inPage(`${OPEN} return [response.status, await next()];`)).toEqual([200, 'first ']);
  web.release();
  const rest = `${NEXT} return [await next(), (await reader.read()).done];`;
  expect(await inPage(rest)).toEqual(['last', true]);
});

test('aborts, and the function is told that nobody waits', async () => {
  const before = web.left;
  await inPage(`${OPEN} await next();`);
  const failing = `stop.abort(); return reader.read().then(() => 'read', (error) => error.name);`;
  expect(await inPage(failing)).toBe('AbortError');
  await vi.waitFor(() => expect(web.left).toBe(before + 1), { timeout: 20_000 });
});

test('uploads, and keeps its connection between calls', async () => {
  const session = await page.context().newCDPSession(page);
  const used: number[] = [];
  session.on('Network.responseReceived', ({ response }) => used.push(response.connectionId));
  await session.send('Network.enable');
  const body = 'x'.repeat(100_000);
  const sum = `${body.length} ${createHash('sha256').update(body).digest('hex')}`;
  const post = `fetch(fn('sum'), { method: 'POST', body: 'x'.repeat(${body.length}) })`;
  const thrice = `const said = [];
    for (let i = 0; i < 3; i++) said.push(await (await ${post}).text());
    return said;`;
  expect(await inPage(thrice)).toEqual([sum, sum, sum]);
  await vi.waitFor(() => expect(used).toHaveLength(3));
  expect(new Set(used).size).toBe(1);
});
