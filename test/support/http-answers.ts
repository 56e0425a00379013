/** What a server wrote on one connection, read byte by byte: a second answer could not hide. */

export interface HttpAnswer {
  readonly status: number;
  readonly body: string;
  /** False: the connection ended within it. */
  readonly whole: boolean;
  /** It says that the connection ends with it. */
  readonly last: boolean;
}

/** All answers in their order. Throws on what cannot become HTTP/1.1 as we write it. */
export function answersOf(text: string): HttpAnswer[] {
  const answers: HttpAnswer[] = [];
  let rest = text;
  while (rest !== '') {
    const headEnd = rest.indexOf('\r\n\r\n');
    // The rest of it may be on its way.
    if (headEnd === -1) return [...answers, { status: 0, body: '', whole: false, last: true }];
    const head = rest.slice(0, headEnd).toLowerCase();
    const status = Number(/^http\/1\.1 (\d{3}) /.exec(head)?.[1]);
    if (Number.isNaN(status)) throw new Error(`no head: ${head.slice(0, 200)}`);
    rest = rest.slice(headEnd + 4);
    const length = /\r\ncontent-length: (\d+)/.exec(head)?.[1];
    const { body, used, whole } = length === undefined ? chunked(rest) : sized(rest, +length);
    rest = rest.slice(used);
    answers.push({ status, body, whole, last: head.includes('\r\nconnection: close') });
  }
  return answers;
}

interface Body {
  readonly body: string;
  readonly used: number;
  readonly whole: boolean;
}

function sized(text: string, length: number): Body {
  const body = text.slice(0, length);
  return { body, used: body.length, whole: body.length === length };
}

function chunked(text: string): Body {
  let body = '';
  let at = 0;
  for (;;) {
    const lineEnd = text.indexOf('\r\n', at);
    if (lineEnd === -1) return { body, used: text.length, whole: false };
    const size = parseInt(text.slice(at, lineEnd), 16);
    if (Number.isNaN(size)) throw new Error(`no chunk: ${text.slice(at, at + 200)}`);
    const start = lineEnd + 2;
    if (text.length < start + size + 2) return { body, used: text.length, whole: false };
    body += text.slice(start, start + size);
    at = start + size + 2;
    if (size === 0) return { body, used: at, whole: true };
  }
}
