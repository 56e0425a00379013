/** Certificates for tests, made by openssl in a folder. Where there is none, tests skip visibly. */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Why tests with certificates cannot run here; undefined where they can. */
export const noOpenssl = ((): string | undefined => {
  try {
    execFileSync('openssl', ['version'], { stdio: 'pipe' });
    return undefined;
  } catch {
    return 'openssl is not installed';
  }
})();

export interface Issued {
  readonly cert: string;
  readonly key: string;
}

export interface Authority {
  /** Path of its certificate. */
  readonly ca: string;
  /** A certificate for 127.0.0.1 and these names, in files of that name; replaces what is there. */
  issue(file: string, options?: { readonly names?: string[]; readonly days?: number }): Issued;
}

const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];

export function createAuthority(folder: string, name: string): Authority {
  const at = (file: string): string => join(folder, file);
  const openssl = (...args: string[]): void =>
    void execFileSync('openssl', args, { stdio: 'pipe', cwd: folder });
  const files = { ca: at(`${name}.pem`), key: at(`${name}.key`) };
  const self = ['-x509', '-subj', `/CN=${name}`, '-days', '2'];
  openssl('req', ...NEW_KEY, ...self, '-keyout', files.key, '-out', files.ca);
  return {
    ca: files.ca,
    issue(file, { names = [], days = 1 } = {}) {
      const issued = { cert: at(`${file}.pem`), key: at(`${file}.key`) };
      const [request, extensions] = [at(`${file}.csr`), at(`${file}.ext`)];
      const alternatives = ['IP:127.0.0.1', ...names.map((one) => `DNS:${one}`)];
      writeFileSync(extensions, `subjectAltName=${alternatives.join(',')}\n`);
      openssl('req', ...NEW_KEY, '-subj', `/CN=${file}`, '-keyout', issued.key, '-out', request);
      const by = ['-CA', files.ca, '-CAkey', files.key, '-CAcreateserial'];
      const how = ['-days', String(days), '-extfile', extensions];
      openssl('x509', '-req', '-in', request, ...by, ...how, '-out', issued.cert);
      return issued;
    },
  };
}
