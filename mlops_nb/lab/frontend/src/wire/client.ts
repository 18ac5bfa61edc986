/** Who asks the server? One object, so that every request carries base address and token alike. */

import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';

import { ServerRefusal, readFault, readRefusal } from './fault.js';

/** Refusals come as answers: a browser writes every other status into its console as an error. */
const TOLD = { 'X-Mlops-Nb-Faults': 'told' } as const;

type Query = Readonly<Record<string, string | number | undefined>>;

export class Client {
  constructor(private readonly settings: ServerConnection.ISettings) {}

  /** Return the JSON at `path` under `mlops-nb/`. */
  get<T>(path: string, query: Query = {}): Promise<T> {
    return this.send<T>('GET', path + toSearch(query));
  }

  post<T>(path: string, body: unknown): Promise<T> {
    return this.send<T>('POST', path, JSON.stringify(body));
  }

  delete<T>(path: string): Promise<T> {
    return this.send<T>('DELETE', path);
  }

  private async send<T>(method: string, path: string, body?: string): Promise<T> {
    const url = URLExt.join(this.settings.baseUrl, 'mlops-nb') + '/' + path;
    const headers = { ...TOLD };
    const init: RequestInit = body === undefined ? { method, headers } : { method, body, headers };
    const response = await ServerConnection.makeRequest(url, init, this.settings);
    const text = await response.text();
    const answer = parse(text);
    if (!response.ok) {
      throw new ServerRefusal(readFault(response.status, answer), response.status);
    }
    const refused = readRefusal(answer);
    if (refused !== null) {
      throw refused;
    }
    return answer as T;
  }
}

/** Return a path segment for a name that may hold anything. */
export function segment(name: string): string {
  return encodeURIComponent(name);
}

function toSearch(query: Query): string {
  const words = Object.entries(query).filter(([, value]) => value !== undefined);
  const search = new URLSearchParams(words.map(([name, value]) => [name, String(value)]));
  return words.length === 0 ? '' : `?${search.toString()}`;
}

function parse(text: string): unknown {
  try {
    return text === '' ? null : JSON.parse(text);
  } catch {
    return null; // a proxy's page: the status says what happened
  }
}
