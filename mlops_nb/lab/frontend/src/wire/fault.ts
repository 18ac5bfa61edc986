/** What does a person read when the server refuses? Code, fault and remedy, never a stack. */

export interface Fault {
  readonly code: string;
  readonly message: string;
  readonly place: string;
  readonly remedy: string;
  /** Which field of a form it is about; empty or missing: none. */
  readonly field?: string;
}

/** An answer that is a refusal. */
export class ServerRefusal extends Error {
  constructor(
    readonly fault: Fault,
    readonly status: number
  ) {
    super(fault.message);
    this.name = 'ServerRefusal';
  }
}

const NOT_THERE: Fault = {
  code: '',
  message: 'The Jupyter server has no mlops_nb.',
  place: '',
  remedy: 'Install mlops-nb where the server runs (pip install mlops-nb), then restart the server.'
};

const UNREACHABLE: Fault = {
  code: '',
  message: 'The Jupyter server does not answer.',
  place: '',
  remedy: 'Look whether it still runs; the panel asks again with the next edit.'
};

const NOT_LET: Fault = {
  code: '',
  message: 'The server does not let you do this, or does not know you any more.',
  place: '',
  remedy: 'Reload the page to log in again, or ask whoever runs the server.'
};

/** What codes of ours begin with. */
const OURS = 'MNB';

/** Return the fault that an answer with an error status carries. */
export function readFault(status: number, body: unknown): Fault {
  const said = isRecord(body) ? body : {};
  const code = asText(said.code);
  if (status === 404 && code === '') {
    return NOT_THERE;
  }
  if ((status === 401 || status === 403) && !code.startsWith(OURS)) {
    return NOT_LET; // the web server's own words are of cookies and tokens
  }
  const message = asText(said.message) || `The server answered ${status}.`;
  const remedy = asText(said.remedy);
  return { code, message, place: asText(said.place), remedy, ...fieldOf(said) };
}

function fieldOf(said: Record<string, unknown>): { readonly field?: string } {
  const field = asText(said.field);
  return field === '' ? {} : { field };
}

/** Return the refusal that an answer is, or null. */
export function readRefusal(body: unknown): ServerRefusal | null {
  const refused = isRecord(body) ? body.refused : undefined;
  if (!isRecord(refused)) {
    return null;
  }
  const status = typeof refused.status === 'number' ? refused.status : 500;
  return new ServerRefusal(readFault(status, refused), status);
}

/** Return what to show for anything that was thrown. */
export function toFault(error: unknown): Fault {
  if (error instanceof ServerRefusal) {
    return error.fault;
  }
  if (error instanceof Error && error.name === 'NetworkError') {
    return UNREACHABLE;
  }
  const message = error instanceof Error ? error.message : String(error);
  return { code: '', message, place: '', remedy: '' };
}

/** Return why a server of another version does not fit, or null. */
export function versionFault(server: string, own: string): Fault | null {
  if (minor(server) === minor(own)) {
    return null;
  }
  return {
    code: '',
    message: `The server has mlops_nb ${server}, this page ${own}.`,
    place: '',
    remedy: 'Restart the Jupyter server, then reload the page.'
  };
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function asText(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function minor(version: string): string {
  return version.split('.').slice(0, 2).join('.');
}
