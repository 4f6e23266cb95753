import { Agent as HttpAgent, get as httpGet } from 'node:http';
import { Agent as HttpsAgent, get as httpsGet } from 'node:https';
import { rootCertificates } from 'node:tls';
import { machineBundle } from './machine-settings.ts';
import { pipValues, readPipSettings } from './pip-settings.ts';

const defaultIndex = 'https://pypi.org/simple';

/**
 * Whether hosts will be able to install Python packages: the sentence that says why not, or undefined. Asks the index
 * that pip is configured for, by way of the configured proxy.
 */
async function whyNoPackageIndex(timeoutSeconds = 10): Promise<string | undefined> {
  const settings = await readPipSettings();
  const links = pipValues(settings, 'find-links');
  if (pipValues(settings, 'no-index').some((value) => /^(1|true|yes|on)$/i.test(value)) && links.length > 0)
    return undefined;
  const index = (pipValues(settings, 'index-url')[0] ?? defaultIndex).replace(/\/*$/, '/');
  const shown = index.replace(/\/\/[^/@]*@/, '//');
  const advice = 'allow it, or point pip at an index that is reachable (pip config set global.index-url …)';
  if (/^https?:\/\/([^/@]*@)?(localhost|127\.|\[::1\])/.test(index))
    return `pip's index ${shown} is on this machine's loopback, which hosts can't reach: ${advice}`;
  const proxy = pipValues(settings, 'proxy')[0];
  try {
    const status = await ask(`${index}pip/`, proxy, timeoutSeconds);
    if (status < 400) return undefined;
    return `the Python package index ${shown} answers ${status}: ${advice}`;
  } catch (error) {
    return `the Python package index ${shown} can't be reached (${error instanceof Error ? error.message : String(error)}): ${advice}`;
  }
}

export async function canReachPackageIndex(timeoutSeconds = 10): Promise<boolean> {
  return (await whyNoPackageIndex(timeoutSeconds)) === undefined;
}

async function ask(url: string, proxy: string | undefined, timeoutSeconds: number): Promise<number> {
  const proxyEnv = proxy === undefined ? process.env : { HTTP_PROXY: proxy, HTTPS_PROXY: proxy };
  const ca = [await machineBundle(), ...rootCertificates].filter((text) => text !== undefined);
  const isSecure = url.startsWith('https:');
  const { username, password } = new URL(url);
  const options = {
    timeout: timeoutSeconds * 1000,
    signal: AbortSignal.timeout(timeoutSeconds * 1000),
    agent: isSecure ? new HttpsAgent({ ca, proxyEnv }) : new HttpAgent({ proxyEnv }),
    ...(username === '' ? {} : { auth: `${decodeURIComponent(username)}:${decodeURIComponent(password)}` }),
  };
  return new Promise((resolve, reject) => {
    const request = (isSecure ? httpsGet : httpGet)(url, options, (response) => {
      response.destroy();
      resolve(response.statusCode ?? 0);
    });
    request.once('error', reject);
  });
}
