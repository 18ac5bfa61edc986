/** What is sent of a notebook? Its cells as they stand on the page, without outputs. */

import type { SentCell, SentMetadata, SentNotebook } from '../wire/contract.js';
import type { CellDirective } from '../wire/directive.js';
import { isRecord } from '../wire/fault.js';

/** What is needed of a cell's model; JupyterLab's own has it. */
export interface ReadableCell {
  readonly id: string;
  readonly type: string;
  readonly sharedModel: { getSource(): string };
  getMetadata(key: string): unknown;
}

/** What is needed of a notebook's model; JupyterLab's own has it. */
export interface ReadableNotebook {
  readonly cells: Iterable<ReadableCell>;
  getMetadata(key: string): unknown;
}

const KEYS = ['kernelspec', 'language_info', 'mlops_nb'] as const;

/** Return a notebook as the server takes it: with its kernel and settings as they stand. */
export function toSentNotebook(notebook: ReadableNotebook): SentNotebook {
  const said = KEYS.map(key => [key, notebook.getMetadata(key)] as const);
  const known = said.filter(([, value]) => value !== undefined && value !== null);
  return { cells: toSentCells(notebook.cells), metadata: Object.fromEntries(known) };
}

/** Return the language that a notebook says it is in, lower case; empty: it says none. */
export function languageOf(metadata: SentMetadata): string {
  const { language_info: info, kernelspec: spec } = metadata;
  const said = (isRecord(info) && info.name) || (isRecord(spec) && spec.language);
  return typeof said === 'string' ? said.toLowerCase() : '';
}

/** Return the cells as the server and the kernel take them. */
export function toSentCells(cells: Iterable<ReadableCell>): SentCell[] {
  return Array.from(cells, cell => {
    const own = cell.getMetadata('mlops_nb');
    return {
      id: cell.id,
      cell_type: cell.type,
      source: cell.sharedModel.getSource(),
      tags: readTags(cell.getMetadata('tags')),
      metadata: isRecord(own) ? { mlops_nb: own as CellDirective } : {}
    };
  });
}

/** Return the tags of a cell; what is no list of texts holds none. */
export function readTags(value: unknown): string[] {
  return Array.isArray(value)
    ? value.filter((tag): tag is string => typeof tag === 'string')
    : [];
}
