/**
 * Certificates out of files that are watched, so that they are rotated without a restart: new
 * connections use what is there now, those that are open go on. Files that do not fit together, or
 * cannot be read, change nothing: the last good ones hold.
 */
import { X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import { experimental, type ChannelCredentials, type ServerCredentials } from '@grpc/grpc-js';
import { Subject, combineLatest, of, type Observable } from 'rxjs';
import { watchedFile, type Reading, type WatchOptions } from './watched-file.js';

/** Paths of PEM files. */
export interface CertificateFiles {
  /** Whom to trust; none for a server that lets everybody in. */
  readonly ca?: string | undefined;
  /** Who we are; both, or none for a client that needs no certificate. */
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
}

/** What the files hold now. */
export interface Pems {
  readonly ca: string | undefined;
  readonly cert: string | undefined;
  readonly key: string | undefined;
}

export interface CertificatesOptions extends WatchOptions {
  /** Told when the files have become bad; the last good ones hold. */
  readonly problem: (text: string) => void;
}

export interface Certificates {
  readonly now: Pems;
  /** Each time that they are others. */
  readonly changes: Observable<Pems>;
  /** Of a client: trusts only those whose certificate comes from this authority. */
  channelCredentials(): ChannelCredentials;
  /** Of a server; demands a certificate of this authority of whoever connects. */
  serverCredentials(): ServerCredentials;
  /** Watches no more. */
  close(): void;
}

type Update<T> = (update: T | null) => void;

/** Throws an Error that names the file when they are bad to begin with. */
export function watchCertificates(
  files: CertificateFiles,
  options: CertificatesOptions,
): Certificates {
  const { ca, cert, key } = files;
  const file = (path: string | undefined): Observable<Reading | undefined> =>
    path === undefined ? of(undefined) : watchedFile(path, options);
  const changes = new Subject<Pems>();
  let now: Pems | undefined;
  let first: string | undefined;

  const take = (readings: readonly (Reading | undefined)[]): void => {
    const read = pemsOf(readings, files);
    if (typeof read !== 'string') {
      now = read;
      changes.next(read);
    } else if (now === undefined) first = read;
    else options.problem(`${read}: the last good certificates hold`);
  };
  const all = [file(ca), file(cert), file(key)];
  const watching = combineLatest(all).subscribe({ next: take, error: () => undefined });
  if (now === undefined) {
    watching.unsubscribe();
    throw new Error(first);
  }

  /** As the library wants it: told at once, and at each change. */
  const told = <T>(from: (pems: Pems) => T) => {
    const listeners = new Set<Update<T>>();
    const tell = (pems: Pems): void => listeners.forEach((listener) => listener(from(pems)));
    changes.subscribe({ next: tell, error: () => undefined });
    const add = (listener: Update<T>): void => {
      listeners.add(listener);
      process.nextTick(() => listener(from(now as Pems)));
    };
    const remove = (listener: Update<T>): void => void listeners.delete(listener);
    return { add, remove };
  };
  const authority = told((pems) => ({ caCertificate: Buffer.from(pems.ca ?? '') }));
  const identity = told(({ cert: certificate = '', key: privateKey = '' }) => ({
    certificate: Buffer.from(certificate),
    privateKey: Buffer.from(privateKey),
  }));
  const provider = {
    addCaCertificateListener: authority.add,
    removeCaCertificateListener: authority.remove,
    addIdentityCertificateListener: identity.add,
    removeIdentityCertificateListener: identity.remove,
  };
  const {
    createCertificateProviderChannelCredentials,
    createCertificateProviderServerCredentials,
  } = experimental;

  return {
    get now() {
      return now as Pems;
    },
    changes: changes.asObservable(),
    channelCredentials: () =>
      createCertificateProviderChannelCredentials(provider, cert === undefined ? null : provider),
    serverCredentials: () => createCertificateProviderServerCredentials(provider, provider, true),
    close: () => watching.unsubscribe(),
  };
}

/** What the files hold, or what is wrong with them. */
function pemsOf(
  [ca, cert, key]: readonly (Reading | undefined)[],
  files: CertificateFiles,
): Pems | string {
  for (const reading of [ca, cert, key]) if (reading?.ok === false) return reading.why;
  const text = (reading: Reading | undefined): string | undefined =>
    reading?.ok === true ? reading.text : undefined;
  const pems = { ca: text(ca), cert: text(cert), key: text(key) };
  try {
    const flaw = pems.ca === undefined ? undefined : authorityFlaw(pems.ca);
    if (flaw !== undefined) return `${files.ca ?? ''}: ${flaw}`;
    // A certificate and a key that do not belong together throw here.
    createSecureContext({ cert: pems.cert, key: pems.key });
    return pems;
  } catch (error) {
    const of = [files.cert, files.key].filter((path) => path !== undefined).join(', ');
    return `${of === '' ? (files.ca ?? '') : of}: ${(error as Error).message}`;
  }
}

/** Why it is no list of certificates: Node takes what it cannot read for nobody to trust. */
function authorityFlaw(pem: string): string | undefined {
  const begun = pem.split(BEGIN).length - 1;
  if (begun === 0) return 'holds no certificate';
  const whole = pem.match(CERTIFICATE) ?? [];
  if (whole.length < begun) return 'a certificate is cut off';
  try {
    for (const one of whole) new X509Certificate(one);
    return undefined;
  } catch (error) {
    return `a certificate cannot be read, ${(error as Error).message}`;
  }
}

const BEGIN = '-----BEGIN CERTIFICATE-----';
const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;
