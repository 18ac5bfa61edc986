/** What is sent of a notebook? Its cells as they stand on the page, without outputs. */

import type { SentCell } from '../wire/contract.js';
import type { CellDirective } from '../wire/directive.js';
import { isRecord } from '../wire/fault.js';

/** What is needed of a cell's model; JupyterLab's own has it. */
export interface ReadableCell {
  readonly id: string;
  readonly type: string;
  readonly sharedModel: { getSource(): string };
  getMetadata(key: string): unknown;
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
